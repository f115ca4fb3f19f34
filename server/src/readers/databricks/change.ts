/** How Databricks spells what rules ask for. The keys are those of the Jobs and Clusters API 2.1. */
import { instance } from '../../catalog/instances.js'
import { at, entry, text } from '../../config/access.js'
import type { Change, Refusal } from '../../edit/write.js'
import { lookUp } from '../../text/records.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { type KeyWrite, writeKeys } from '../config-change.js'
import type { FragmentFacts } from '../reader.js'

export function changeDatabricks(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined || claim.site.document === undefined)
    return { reason: `${claim.key} is set elsewhere` }
  const root = facts.config?.documents[claim.site.document]?.root
  const has = (sibling: string) => entry(at(root, ...keys.slice(0, -1)), sibling) !== undefined
  const set = (title: string, writes: KeyWrite[]) => writeKeys(claim, facts, title, writes)
  switch (claim.setting) {
    case 'timeLimit':
      return set(`End a run after ${Number(value) / 3600} hours: ${claim.key}: ${value}`, [
        { keys, value: Number(value), ...(has('name') ? { after: 'name' } : {}) },
      ])
    case 'retries':
      return set(`Retry it once: ${claim.key}: ${value}`, [{ keys, value: Number(value) }])
    case 'concurrentRuns':
      return set(`One run at a time: ${claim.key}: ${value}`, [{ keys, value: Number(value) }])
    case 'idleStop': {
      const minutes = Math.max(10, Math.round(Number(value) / 60))
      return set(`Stop after ${minutes} idle minutes: ${claim.key}: ${minutes}`, [{ keys, value: minutes }])
    }
    case 'instanceType':
      if (isVariable(keys)) return { reason: `${claim.key} is set elsewhere` }
      return changeMachine(claim, String(value), facts)
    case 'spot':
      if (isVariable(keys)) return { reason: `${claim.key} is set elsewhere` }
      return changeSpot(claim, facts)
    default:
      return byHand(claim)
  }
}

/** A single value that the bundle declares: what goes with it stands elsewhere. */
function isVariable(keys: readonly (string | number)[]): boolean {
  return keys.length === 3 && keys[0] === 'variables' && keys[2] === 'default'
}

/** The runtime for GPUs starts on machines with GPUs only. */
function changeMachine(claim: Claim, type: string, facts: FragmentFacts): Change | Refusal {
  const keys = claim.site.keys!
  const cluster = keys.slice(0, -1)
  const root = facts.config?.documents[claim.site.document!]?.root
  const writes: KeyWrite[] = [{ keys, value: type }]
  const driver = [...cluster, 'driver_node_type_id']
  if (text(at(root, ...driver)) === text(at(root, ...keys))) writes.push({ keys: driver, value: type })
  if (instance(type)?.gpuCount === 0) {
    const version = at(root, ...cluster, 'spark_version')
    const runtime = text(version)
    if (version !== undefined && runtime === undefined)
      return { reason: 'the runtime, which is one for GPUs, is set elsewhere' }
    if (runtime?.includes('-gpu-'))
      writes.push({ keys: [...cluster, 'spark_version'], value: runtime.replace('-gpu-', '-cpu-') })
  }
  return writeKeys(claim, facts, `Use ${type}`, writes)
}

function changeSpot(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const keys = claim.site.keys!
  // In Terraform the attributes are a block, the first of its kind.
  const where = keys.findIndex((key) => lookUp(spotWords, String(key)) !== undefined)
  const cloud = String(keys[where])
  const spot = lookUp(spotWords, cloud)
  if (where < 0 || spot === undefined) return { reason: 'the cloud is not known' }
  const writes: KeyWrite[] = [{ keys, value: spot }]
  const root = facts.config?.documents[claim.site.document!]?.root
  const workers = at(root, ...keys.slice(0, where), 'num_workers')
  // The only node of a cluster is its first one, which is on demand unless this is 0.
  if (workers?.kind === 'scalar' && workers.value === 0 && cloud !== 'gcp_attributes')
    writes.push({ keys: [...keys.slice(0, -1), 'first_on_demand'], value: 0, after: 'availability' })
  return writeKeys(claim, facts, `Run on spot capacity: availability: ${spot}`, writes)
}

const spotWords: Record<string, string> = {
  aws_attributes: 'SPOT_WITH_FALLBACK',
  azure_attributes: 'SPOT_WITH_FALLBACK_AZURE',
  gcp_attributes: 'PREEMPTIBLE_WITH_FALLBACK_GCP',
}
