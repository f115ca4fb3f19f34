/** What a change adds to the bill, or takes from it: entries of two states of a project, matched by what they are. */
import type { CostEntry } from '../linter.js'

export interface CostChange {
  before: CostEntry | null
  after: CostEntry | null
  /** USD that it costs more, both ends with their own; null: one of the two is not known. */
  usd: { low: number; high: number } | null
}

/** Smaller differences are none: ends are rounded to two digits when they are shown. */
const least = 0.005

/** Entries that came, went or cost something else. */
export function changesBetween(before: readonly CostEntry[], after: readonly CostEntry[]): CostChange[] {
  const old = keyed(before)
  const now = keyed(after)
  const changes = [...new Set([...old.keys(), ...now.keys()])].map((key) =>
    changeOf(old.get(key) ?? null, now.get(key) ?? null),
  )
  return changes.filter(({ before, after, usd }) =>
    before === null || after === null
      ? true
      : usd === null
        ? before.state !== after.state
        : Math.abs(usd.low) > least || Math.abs(usd.high) > least,
  )
}

/** Jobs of one name in one file are told apart by their order. */
function keyed(entries: readonly CostEntry[]): Map<string, CostEntry> {
  const found = new Map<string, CostEntry>()
  for (const entry of entries) {
    for (let ordinal = 0; ; ordinal++) {
      const key = JSON.stringify([entry.kind, entry.path, entry.name, ordinal])
      if (found.has(key)) continue
      found.set(key, entry)
      break
    }
  }
  return found
}

function changeOf(before: CostEntry | null, after: CostEntry | null): CostChange {
  const ends = (entry: CostEntry | null) =>
    entry === null ? { low: 0, high: 0 } : entry.state === 'priced' ? entry.usd : null
  const [from, to] = [ends(before), ends(after)]
  const known = from !== null && to !== null && from.high !== null && to.high !== null
  return {
    before,
    after,
    usd: known ? ordered(to.low - from.low, to.high! - from.high!) : null,
  }
}

function ordered(a: number, b: number): { low: number; high: number } {
  return { low: Math.min(a, b), high: Math.max(a, b) }
}

export function sumOfChanges(
  changes: readonly CostChange[],
  per: 'run' | 'month',
): { low: number; high: number } | null {
  const own = changes.filter(({ before, after, usd }) => (after ?? before)!.per === per && usd !== null)
  if (own.length === 0) return null
  return {
    low: own.reduce((total, { usd }) => total + usd!.low, 0),
    high: own.reduce((total, { usd }) => total + usd!.high, 0),
  }
}
