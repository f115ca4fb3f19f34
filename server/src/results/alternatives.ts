/** Endpoints and jobs that stand in branches of one condition: only one of them is there. */
import { openHull } from '../estimate/bill.js'
import { isViewOf } from '../rules/subject-view.js'
import { sameLocation } from '../text/location.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import type { CostEntry } from './cost-entry.js'

export interface Priced {
  /** Null: a training that no job starts. */
  view: SubjectView<'Serving'> | SubjectView<'Scaling'> | SubjectView<'Compute'> | null
  entry: CostEntry
}

/** One entry for each group of alternatives: at least what the cheapest costs, at most the dearest. */
export function withoutAlternatives(all: readonly Priced[]): CostEntry[] {
  const groups: Priced[][] = []
  for (const one of all) {
    const group = groups.find((others) => others.every((other) => areAlternatives(one, other)))
    if (group === undefined) groups.push([one])
    else group.push(one)
  }
  return groups.map((group) => {
    const entries = group.map(({ entry }) => entry)
    const [first] = entries as [CostEntry]
    if (entries.length === 1) return first
    const unpriced = entries.find(({ usd, state }) => usd === null || state !== 'priced')
    const places = entries.slice(1).map(({ line }) => line)
    return {
      ...(unpriced ?? first),
      ...(unpriced === undefined ? { usd: openHull(entries.map(({ usd }) => usd!)) } : {}),
      ...(entries.every(({ hours }) => hours !== null)
        ? { hours: openHull(entries.map(({ hours }) => hours!)) }
        : {}),
      assumptions: [
        ...first.assumptions,
        `either this or what line ${places.join(' or ')} starts: a condition decides`,
      ],
    }
  })
}

function areAlternatives(a: Priced, b: Priced): boolean {
  const other = branchesOf(b)
  return branchesOf(a).some(({ condition, holds }) =>
    other.some((one) => one.holds !== holds && sameLocation(one.condition, condition)),
  )
}

function branchesOf({ view }: Priced) {
  if (view === null || isViewOf(view, 'Scaling')) return []
  return effective((view as SubjectView<'Serving'>).settings.branches) ?? []
}
