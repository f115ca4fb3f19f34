/** What following the findings would save of what each job costs. */
import { month } from '../estimate/bill.js'
import { SavedShares } from '../estimate/saved-shares.js'
import type { Finding } from '../finding.js'
import { budgetRule } from '../host/own-rules.js'
import { rules } from '../rules/index.js'
import type { Saving } from '../rules/rule.js'
import type { CostEntry } from './cost-entry.js'

/** Of what is always on a finding may speak of a part: of the machines that a pool never gives back, not of all that it may have. */
function shareOf({ fraction, usd }: Saving, entry: CostEntry | undefined): readonly [number, number] {
  if (entry?.per !== 'month' || entry.usd?.high == null || usd?.per !== 'hour' || usd.each === 'machine')
    return fraction
  const [low, high] = usd.range
  const of = (hourly: number, bill: number): number => (bill > 0 ? (hourly * month) / bill : 1)
  // Dollars of findings have two digits.
  const least = (share: number, part: number): number => (part > 0.95 * share ? share : part)
  return [least(fraction[0], of(low, entry.usd.low)), least(fraction[1], of(high, entry.usd.high))]
}

const overlaps = new Map(rules.map((rule) => [rule.name, rule.overlaps]))

/** Nothing saves more than the job costs. */
export function withSavings(entries: CostEntry[], findings: readonly Finding[]): CostEntry[] {
  const shares = new Map<string, SavedShares>()
  const byId = new Map(entries.map((one) => [one.id, one]))
  for (const { billed, billedPart, rule, saving } of findings) {
    if (saving === null || billed === undefined) continue
    const own = shares.get(billed) ?? new SavedShares()
    shares.set(billed, own)
    own.add(overlaps.get(rule) ?? rule, shareOf(saving, byId.get(billed)), billedPart)
  }
  const broken = findings.filter(({ rule }) => rule === budgetRule)
  return entries.map((one) => {
    const budget = broken.filter(({ billed }) => billed === one.id).map(({ message }) => message)
    const entry = { ...one, budget }
    const own = shares.get(entry.id)
    if (own === undefined || entry.usd === null || entry.usd.high === null) return entry
    const [low, high] = own.total()
    return { ...entry, saving: { low: low * entry.usd.low, high: high * entry.usd.high } }
  })
}
