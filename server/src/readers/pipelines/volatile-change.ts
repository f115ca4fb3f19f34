/** A sketch for an input that is new each time: what it should name instead is for its author to say. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Claim } from '../../workload/claim.js'
import type { FragmentFacts } from '../reader.js'

export function changeVolatile(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  if (python === undefined) return { reason: 'this is not written in Python' }
  const { start, end } = claim.site
  return {
    title: 'Name the version of the data instead of the run or the time',
    safety: 'display',
    writes: [
      { kind: 'replace', path, range: { fragment: fragment.index, start, end }, text: 'data_version' },
    ],
    imports: [],
  }
}
