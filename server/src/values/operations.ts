/** What is done with values: each operation keeps the origin. */
import { type Channel, channels, type Origin } from '../text/origin.js'
import { type Absent, effective, type Given, type Option, type Settled, type Value } from './value.js'

const notUnderstood = 'a value that is not understood'

export function originOf({ channel, overridable, option, location, site }: Origin): Origin {
  return { channel, overridable, ...(option === undefined ? {} : { option }), location, site }
}

/** Given at this place, but not readable. */
export function unreadable(from: Origin, because: string): Value<never> {
  return { ...originOf(from), state: 'unknown', because }
}

/** Written at this place. */
export function stated<T>(from: Origin, value: T): Value<T> {
  return { ...originOf(from), state: 'known', value }
}

/** What was read at this place; null: nothing that is understood. */
export function readAs<T>(from: Origin, value: T | null, because: string): Value<T> {
  return value === null ? unreadable(from, because) : stated(from, value)
}

/** The value as the workload means it; where `convert` answers undefined it is given, but not understood. */
export function convert<T, U>(given: Value<T>, to: (value: T) => U | undefined, because?: string): Value<U>
export function convert<T, U>(given: Given<T>, to: (value: T) => U | undefined, because?: string): Given<U>
export function convert<T, U>(
  given: Given<T>,
  to: (value: T) => U | undefined,
  because = notUnderstood,
): Given<U> {
  if (given.state === 'absent' || given.state === 'unknown') return given
  if (given.state === 'range') return unreadable(given, 'a range')
  if (given.state === 'choice') {
    const options = given.options.map((option) => ({ ...option, value: settled(option.value, to, because) }))
    return { ...originOf(given), state: 'choice', options }
  }
  return settled(given, to, because)
}

function settled<T, U>(given: Settled<T>, to: (value: T) => U | undefined, because: string): Settled<U> {
  if (given.state === 'unknown') return given
  const value = to(given.value)
  if (value === undefined) return { ...originOf(given), state: 'unknown', because }
  return { ...originOf(given), state: given.state, value }
}

/** What follows from a value; where nothing follows from it, nothing is given. */
export function derived<T, U>(given: Given<T>, to: (value: T) => U | undefined): Given<U> {
  const converted = convert(given, to)
  const known = given.state === 'known' || given.state === 'default'
  return known && converted.state === 'unknown' ? absent(given) : converted
}

/** As `convert`, for what may be a number: bounds are read as the numbers that they are. */
export function convertBounded<T, U>(given: Given<T>, to: (value: T | number) => U | undefined): Given<U> {
  if (given.state !== 'range') return convert(given, to)
  const end = (bound: number | null): U | number | null | undefined => (bound === null ? null : to(bound))
  const [low, high] = [end(given.low), end(given.high)]
  const isBound = (one: unknown): one is number | null => one === null || typeof one === 'number'
  return isBound(low) && isBound(high) ? { ...given, low, high } : unreadable(given, 'a range')
}

/** Absent becomes what the library does by itself. `overridable`: something that is not linked could still bring another value. */
export function orDefault<T>(given: Given<T>, value: T, overridable?: boolean): Value<T> {
  if (given.state !== 'absent') return given
  const from = originOf(given)
  return {
    ...from,
    channel: 'library default',
    overridable: overridable ?? from.overridable,
    state: 'default',
    value,
  }
}

/** Whatever is given there, nobody can tell what it does. */
export function opaque<T = never>(given: Given<unknown>, because: string): Given<T> {
  return given.state === 'absent' ? given : unreadable(given, because)
}

/** Absent becomes a value that nobody can tell. */
export function orUnknown<T>(given: Given<T>, because: string): Value<T> {
  return given.state === 'absent' ? unreadable(given, because) : given
}

/** The first that is given, be it readable or not: spellings of one setting in the order in which the framework looks. */
export function firstGiven<T>(first: Given<T>, ...others: Given<T>[]): Given<T> {
  return first.state === 'absent' ? (others.find((one) => one.state !== 'absent') ?? first) : first
}

/** A value with the framework's word for it. */
export interface Keyed<T> {
  key: string
  value: Given<T>
}

/** As `firstGiven`, with the word under which it was found. */
export function firstKeyed<T>(first: Keyed<T>, ...others: Keyed<T>[]): Keyed<T> {
  return [first, ...others].find(({ value }) => value.state !== 'absent') ?? first
}

/** The one that ranks highest among those that are known; undefined: none is. */
export function greatest<T>(all: readonly Given<T>[], rank: (value: T) => number): Given<T> | undefined {
  let best: { given: Given<T>; rank: number } | undefined
  for (const given of all) {
    const value = effective(given)
    if (value === undefined) continue
    const own = rank(value)
    if (best === undefined || own > best.rank) best = { given, rank: own }
  }
  return best?.given
}

/** One value made of two. It stands where the first stands, and is as sure as the less sure of them. */
export function both<A, B, C>(a: Value<A>, b: Value<B>, join: (a: A, b: B) => C | undefined): Value<C>
export function both<A, B, C>(a: Given<A>, b: Given<B>, join: (a: A, b: B) => C | undefined): Given<C>
export function both<A, B, C>(a: Given<A>, b: Given<B>, join: (a: A, b: B) => C | undefined): Given<C> {
  if (a.state === 'absent') return a
  if (b.state === 'absent') return absent(a)
  if (a.state === 'unknown') return a
  if (b.state === 'unknown') return unreadable(a, b.because)
  if (a.state === 'range' || b.state === 'range') return unreadable(a, 'a range')
  if (a.state === 'choice') {
    if (b.state === 'choice') return unreadable(a, 'several conditions')
    return chosen(a, a.options, (one) => both(one, b, join))
  }
  if (b.state === 'choice') return chosen(a, b.options, (one) => both(a, one, join))
  const value = join(a.value, b.value)
  if (value === undefined) return unreadable(a, notUnderstood)
  const state = a.state === 'default' && b.state === 'default' ? 'default' : 'known'
  return { ...originOf(a), overridable: a.overridable || b.overridable, state, value }
}

function chosen<T, U>(
  from: Origin,
  options: readonly Option<T>[],
  each: (value: Settled<T>) => Value<U>,
): Value<U> {
  const made: Option<U>[] = []
  for (const option of options) {
    const value = each(option.value)
    if (value.state === 'choice' || value.state === 'range') return unreadable(from, 'several conditions')
    made.push({ ...option, value })
  }
  return { ...originOf(from), state: 'choice', options: made }
}

const rank = new Map<Channel, number>(channels.map((channel, index) => [channel, index]))

/** Negative where `a` is given by a stronger channel than `b`. */
export function compareChannels(a: { channel: Channel }, b: { channel: Channel }): number {
  return rank.get(a.channel)! - rank.get(b.channel)!
}

export function absent(from: Origin): Absent {
  return { ...originOf(from), state: 'absent' }
}

/** The value that all of them are; null: they differ, or one is not known. */
export function agreed<T>(all: readonly Given<T>[]): Given<T> | null {
  const [first] = all
  const value = first === undefined ? undefined : effective(first)
  return value !== undefined && all.every((one) => effective(one) === value) ? first! : null
}
