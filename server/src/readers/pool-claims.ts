/** Pools of machines: what readers of Terraform, eksctl and Karpenter claim alike. */
import { instance } from '../catalog/instances.js'
import { wordsBelow } from '../config/access.js'
import type { ConfigNode } from '../config/node.js'
import type { Location } from '../text/location.js'
import { define } from '../text/records.js'
import { both, convert, derived, orUnknown } from '../values/operations.js'
import { effective, type Given } from '../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'
import { acceleratorModel, acceleratorsInType, uncatalogued } from './machine-claims.js'

export type Pool = SubjectBuilder<'Scaling'>

export interface PoolFacts {
  kind: string
  provider: 'aws' | 'gcp' | 'azure' | 'kubernetes' | 'other'
  /** Null: it cannot be read. */
  name: string | null
  place: Place
  /** Where it stands, if that is another file. */
  elsewhere?: Location
  /** What tells it from others that stand at the same place: the key of a repeated block. */
  copy?: string
  region?: string
  scope: string
  /** Names, labels, taints: what says what it is for. */
  words: string[]
  /** It is made in a notebook. */
  notebook?: boolean
}

const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }

const training =
  /(^|[^a-z])(train|training|trainer|finetun\w*|fine-tun\w*|hpo|batch|experiments?|distributed|dist-train\w*)([^a-z]|$)/i
const serving =
  /(^|[^a-z])(inference|infer|serving|serve|endpoint|triton|vllm|tgi|api|kserve|deploy|production|prod|online)([^a-z]|$)/i

/** A pool with accelerators is never for the pods of the system, whatever it or its folder is called. */
function purposeOf(words: string): 'training' | 'serving' | null {
  if (serving.test(words)) return 'serving'
  if (training.test(words)) return 'training'
  return null
}

export function claimPool(claims: ClaimBuilder, facts: PoolFacts): Pool {
  const pool = claims.subject('Scaling', facts.place, facts.scope, {
    ...evidence,
    notebook: facts.notebook === true,
  })
  const { place, elsewhere } = facts
  if (elsewhere !== undefined) {
    // Entries of one map of another file: each is a subject of its own.
    pool.subject.location = elsewhere
    pool.subject.id = `${pool.subject.id}:${elsewhere.path}`
  }
  if (facts.copy !== undefined) pool.subject.id = `${pool.subject.id}:${facts.copy}`
  if (facts.region !== undefined) pool.known('region', 'region', facts.region, place)
  pool.known('kind', facts.kind, facts.kind, place)
  pool.known('provider', facts.kind, facts.provider, place)
  if (facts.name !== null) pool.known('name', 'name', facts.name, place)
  const words = facts.words.join(' ').slice(0, 2_000)
  // Folders say less than names: `patterns/multi-node-vllm/eks.tf`.
  const folders = claims.path.split('/').slice(0, -1).join(' ')
  const purpose = purposeOf(words) ?? purposeOf(folders) ?? 'other'
  pool.known('purpose', 'name', purpose, place)
  return pool
}

/** False: it has no accelerators, as far as is known. */
export function claimPoolMachine(pool: Pool, key: string, type: Given<string>): boolean {
  pool.say('machine', key, type)
  pool.say('gpus', key, convert(orUnknown(type, 'not given'), acceleratorCount, uncatalogued))
  pool.say('gpuModel', key, derived(type, acceleratorModel))
  return (acceleratorCount(effective(type) ?? '') ?? 0) > 0
}

/**
 * Machines of any of several types, which the platform chooses among: the first stands for them where all have accelerators, or
 * none has. `processors`: the least that the pool keeps, in vCPUs. False: nothing can be said of them.
 */
export function claimAnyOf(
  pool: Pool,
  key: string,
  types: readonly Given<string>[],
  processors: { key: string; least: Given<number> },
): boolean {
  const names = types.map((one) => effective(one))
  const counts = names.map((one) => (one === undefined ? undefined : acceleratorCount(one)))
  const [first] = types
  if (first === undefined || counts.some((one) => one === undefined)) return false
  if (new Set(counts.map((one) => one! > 0)).size > 1) return false
  claimPoolMachine(pool, key, first)
  const sizes = names.map((one) => instance(one!)?.vcpus)
  if (sizes.every((one) => one !== undefined))
    pool.say(
      'minimum',
      processors.key,
      convert(processors.least, (value) => Math.ceil(value / Math.max(...sizes))),
    )
  return true
}

/** Accelerators of a machine; undefined: no such machine is known. */
export function acceleratorCount(type: string): number | undefined {
  return acceleratorsInType(type) ?? (acceleratedFamily.test(type) ? 1 : undefined)
}

/** The pool never changes its size. */
export function claimFixed(pool: Pool, key: string, low: Given<number>, high: Given<number>): void {
  pool.say(
    'fixed',
    key,
    both(low, high, (least, most) => least === most),
  )
}

/**
 * Labels that its machines carry. `given`: those that its author wrote; `implicit`: those that the provider puts on every
 * machine. Empty and undefined values are left out.
 */
export function claimLabels(
  pool: Pool,
  key: string,
  given: Record<string, string>,
  implicit: Record<string, string | undefined>,
  place: Place,
): void {
  const labels: Record<string, string> = {}
  for (const [name, value] of Object.entries(implicit)) if (value) define(labels, name, value)
  Object.assign(labels, given)
  if (Object.keys(labels).length > 0) pool.known('labels', key, labels, place)
}

/** Families of machines that hold accelerators, whatever the size: new sizes come more often than new letters. */
const acceleratedFamily = /^(p\d\w*|g[4-9]\w*|trn\d\w*|inf\d|dl\d\w*)\.|^(a[2-4]|g[24])-|^standard_n[cdv]/i

/** Whether a machine type holds accelerators, as far as its name or the catalogue tells. */
export function isAcceleratedType(type: string): boolean {
  return (acceleratorsInType(type) ?? 0) > 0 || acceleratedFamily.test(type)
}

/** The resource by which pods ask for what the machines of a block hold; a taint of the same name is tolerated by itself. */
export function acceleratorResource(block: ConfigNode | undefined): string {
  const words = block === undefined ? [] : wordsBelow([block])
  if (words.some((one) => /^(trn|inf)\d\w*(\.|$)/i.test(one))) return 'aws.amazon.com/neuron'
  return words.some((one) => /^dl1\w*(\.|$)/i.test(one)) ? 'habana.ai/gaudi' : 'nvidia.com/gpu'
}
