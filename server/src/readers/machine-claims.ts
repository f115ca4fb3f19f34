/** A machine or cluster that stays up until something stops it: what readers of several providers claim alike. */
import { gpu } from '../catalog/gpus.js'
import { instance } from '../catalog/instances.js'
import type { PythonModule } from '../python/module.js'
import type { ClaimBuilder, ClaimOptions, Place, SubjectBuilder } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'
import { jobRole } from './job-in-code.js'

export interface MachineFacts {
  provider: 'aws' | 'gcp' | 'azure' | 'kubernetes' | 'other'
  interactive: boolean
  place: Place
  site: Place
  scope: string
}

/** Names of machines that a person works on. */
export const workstation =
  /(^|[^a-z])(notebooks?|jupyter\w*|workstations?|dev|devbox|sandbox|train\w*|gpu|experiments?|research|studio|playground)([^a-z]|$)/i

/** `python`: the program that asks for it; null: a shell script. */
export function claimMachineRequest(
  claims: ClaimBuilder,
  python: PythonModule | null,
  facts: MachineFacts,
): SubjectBuilder<'Compute'> {
  // Neither toy data nor a notebook makes a machine that is left running any cheaper.
  const evidence: Evidence = {
    role: python === null ? 'job' : jobRole(python),
    accelerator: 'maybe',
    small: null,
    notebook: false,
  }
  const compute = claims.subject('Compute', facts.place, facts.scope, evidence)
  compute.known('provider', facts.provider, facts.provider, facts.place)
  compute.known('interactive', 'machine', facts.interactive, facts.place)
  // It is no job that ends.
  compute.known('service', 'machine', true, facts.place)
  return compute
}

export function claimType(
  compute: SubjectBuilder<'Compute'>,
  key: string,
  type: string,
  place: Place,
  site: Place,
  options: ClaimOptions = {},
): void {
  compute.known('instanceType', key, type, place, { ...options, site })
  const machine = instance(type)
  if (machine === undefined) {
    compute.unknown('gpus', key, 'a machine that the catalogue does not know', place, options)
    return
  }
  compute.known('gpus', key, machine.gpuCount, place, options)
  if (machine.gpu !== null) compute.known('gpuModel', key, machine.gpu.name, place, options)
}

/** `A100:8`, `A100`, `8xA100`; null: not readable. */
export function acceleratorsOf(text: string): { model: string | null; count: number } | null {
  const match = /^([A-Za-z][\w-]*)(?::(\d+(?:\.\d+)?))?$/.exec(text.trim())
  if (match === null || /^(tpu|trainium|inferentia|gaudi)/i.test(match[1]!)) return null
  return { model: gpu(match[1]!)?.name ?? null, count: Number(match[2] ?? 1) }
}
