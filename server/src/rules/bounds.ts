/** Numbers of which only the bounds are known, for rules that can decide by one of them. */
import { formatCount } from '../estimate/grid.js'
import type { Effective } from '../workload/claim.js'

export interface Bound {
  value: number
  /** False: it is no more than a bound. */
  exact: boolean
  /** As messages say it: '50', 'at least 50'. */
  says: string
}

/** The number itself, or what it is at least; null: neither is known. */
export function atLeast(claim: Effective<number> | undefined): Bound | null {
  return bound(claim, 'low', 'at least')
}

/** The number itself, or what it is at most; null: neither is known. */
export function atMost(claim: Effective<number> | undefined): Bound | null {
  return bound(claim, 'high', 'at most')
}

function bound(claim: Effective<number> | undefined, end: 'low' | 'high', words: string): Bound | null {
  if (claim === undefined) return null
  if (claim.state !== 'unknown') return { value: claim.value, exact: true, says: formatCount(claim.value) }
  const value = claim.bounds?.[end] ?? null
  return value === null ? null : { value, exact: false, says: `${words} ${formatCount(value)}` }
}
