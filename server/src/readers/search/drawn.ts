/** What a search draws from: ranges of numbers with their scale, and lists of numbers. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import type { Location, Span } from '../../text/location.js'
import { knownArgument, numberArgument } from '../../values/argument.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { DrawnDimension } from '../../workload/resource-kinds.js'

export type Locate = (span: Span) => Location

/** A keyword with its position, counted from 0. */
type Given = [keyword: string, position: number]

/** A range that a call is given; null: its ends are not numbers. */
export function drawnRange(
  python: PythonModule,
  call: Call,
  name: string,
  [low, high]: [Given, Given],
  scale: DrawnDimension['scale'],
  locate: Locate,
): DrawnDimension | null {
  const from = numberArgument(python.argument(call, ...low))
  const to = numberArgument(python.argument(call, ...high))
  return from === null || to === null ? null : range(name, from, to, scale, call.expr, locate)
}

/** A list of numbers that a call is given; null: it holds something else. */
export function drawnList(
  python: PythonModule,
  call: Call,
  name: string,
  [keyword, position]: Given,
  locate: Locate,
): DrawnDimension | null {
  return listed(name, knownArgument(python.argument(call, keyword, position)), call.expr, locate)
}

export function listed(
  name: string,
  values: Json | undefined,
  span: Span,
  locate: Locate,
): DrawnDimension | null {
  if (!Array.isArray(values) || values.length < 2) return null
  const numbers = values.filter((one): one is number => typeof one === 'number')
  if (numbers.length < values.length) return null
  return range(name, Math.min(...numbers), Math.max(...numbers), 'listed', span, locate)
}

export function range(
  name: string,
  low: number,
  high: number,
  scale: DrawnDimension['scale'],
  { start, end }: Span,
  locate: Locate,
): DrawnDimension | null {
  const span = { start, end }
  return low < high ? { name, low, high, scale, location: locate(span), span } : null
}

/** Says so of a search; of one name that is drawn in several places the first counts. */
export function claimDrawn(
  search: SubjectBuilder<'Search'>,
  key: string,
  found: readonly (DrawnDimension | null)[],
  place: Place,
): void {
  const drawn = new Map<string, DrawnDimension>()
  for (const one of found) if (one !== null && !drawn.has(one.name)) drawn.set(one.name, one)
  if (drawn.size > 0) search.known('drawn', key, [...drawn.values()], place, { site: place })
}
