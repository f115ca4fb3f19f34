/** How Databricks spells what rules ask for. The keys are those of the Jobs and Clusters API 2.1. */
import { at } from '../../config/access.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Claim } from '../../workload/claim.js'
import { type KeyWrite, writeKeys } from '../config-change.js'
import type { UnitFacts } from '../reader.js'

export function changeDatabricks(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined || claim.site.document === undefined)
    return { reason: `${claim.key} is set in another place` }
  const root = facts.config?.documents[claim.site.document]?.root
  const set = (title: string, writes: KeyWrite[]) => writeKeys(claim, facts, title, writes)
  switch (claim.setting) {
    case 'timeLimit':
      return set(`End a run after ${Number(value) / 3600} hours: ${claim.key}: ${value}`, [
        { keys, value: Number(value) },
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
      return set(`Use ${value}`, [{ keys, value: String(value) }])
    case 'spot': {
      const attributes = keys.slice(0, -1)
      const cloud = String(attributes.at(-1))
      const spot = spotWords[cloud]
      if (spot === undefined) return { reason: 'the cloud is not known' }
      const writes: KeyWrite[] = [{ keys, value: spot }]
      // The only node of a cluster is its first one, which is on demand unless this is 0.
      const single = at(root, ...attributes.slice(0, -1), 'num_workers')
      if (single?.kind === 'scalar' && single.value === 0 && cloud !== 'gcp_attributes')
        writes.push({ keys: [...attributes, 'first_on_demand'], value: 0, after: 'availability' })
      return set(`Run on spot capacity: availability: ${spot}`, writes)
    }
    default:
      return { reason: `${claim.key} has to be changed by hand here` }
  }
}

const spotWords: Record<string, string> = {
  aws_attributes: 'SPOT_WITH_FALLBACK',
  azure_attributes: 'SPOT_WITH_FALLBACK_AZURE',
  gcp_attributes: 'PREEMPTIBLE_WITH_FALLBACK_GCP',
}
