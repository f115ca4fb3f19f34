/** Changes a value where a launch gives it: on the command line, or in a variable before it. */
import type { Refusal, Write } from '../edit/write.js'
import { offsetInUnit } from '../text/unit.js'
import type { Claim } from '../workload/claim.js'
import type { UnitFacts } from './reader.js'

/**
 * Replaces the last word of the claim's place (`--workers 0`, `--workers=0`, `PRECISION=no`) by `word`. `facts` are
 * those of the shell text that holds the launch.
 */
export function writeLaunchValue(claim: Claim, word: string, facts: UnitFacts): Write | Refusal {
  const refusal = { reason: `${claim.key} is set by the launch: change it there` }
  if (facts.shell === undefined) return refusal
  const { cell, start, end } = claim.location
  const from = offsetInUnit(facts.unit, cell, start)
  if (from === undefined) return refusal
  const text = facts.unit.text.slice(from, from + end - start)
  const last = /(?:^|[\s=])["']?([\w.+-]+)["']?$/.exec(text)
  if (last === null || last[1]!.startsWith('--')) return refusal
  const at = from + text.lastIndexOf(last[1]!)
  return {
    kind: 'replace text',
    path: facts.path,
    unit: facts.unit.index,
    start: at,
    end: at + last[1]!.length,
    text: word,
  }
}
