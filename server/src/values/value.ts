/**
 * What is known of one value: that it is written somewhere, that it is left to the library, that it is one of several,
 * that it lies between bounds, or why it cannot be read. The origin is part of the value, so whoever hands it on hands
 * on where it stands and who gave it.
 */
import type { Origin } from '../text/origin.js'

/** Written somewhere. */
export interface Known<T> {
  state: 'known'
  value: T
}

/** Not written: what the library does by itself in the version in use. */
export interface Default<T> {
  state: 'default'
  value: T
}

/** Given, but nobody can tell from the files what it is. */
export interface Unknown {
  state: 'unknown'
  /** Why: '**kwargs', 'environment variable', 'command line'. */
  because: string
  /** A number of which only the bounds are known. */
  bounds?: Bounds
}

/** Both included; null: no bound on that side. */
export interface Bounds {
  low: number | null
  high: number | null
}

/** One of these, and it is known on what that depends. */
export interface Choice<T> {
  state: 'choice'
  options: Option<T>[]
}

export interface Option<T> {
  value: Settled<T>
  /** When it is this one, as a clause: '`--amp` is passed', '`cfg.fast`'. */
  when: string
  /** It is this one unless somebody decides otherwise. */
  byDefault: boolean
}

/** A number between bounds. */
export interface Range extends Bounds {
  state: 'range'
}

export type Value<T> = Origin & (Known<T> | Default<T> | Choice<T> | Range | Unknown)

/** As a rule sees it: no condition bears on it any more, and a range is an unknown number with bounds. */
export type Settled<T> = Origin & (Known<T> | Default<T> | Unknown)

/** Not given; the origin tells where it would be written. Whoever knows the default makes a value of it. */
export type Absent = Origin & { state: 'absent' }

export type Given<T> = Value<T> | Absent

/** What may hold a plain value: a `Given`, or what folding an expression gave. */
type Holder<T> =
  | { state: 'known' | 'default'; value: T }
  | { state: 'absent' | 'unknown' | 'choice' | 'range' }

/** The value that holds, written or by default; undefined where it is not one that is known. */
export function effective<T>(value: Holder<T> | undefined): T | undefined {
  return value?.state === 'known' || value?.state === 'default' ? value.value : undefined
}

/** Everything that it could be, written or by default; null: that is not all known. */
export function optionsOf<T>(given: Given<T>): T[] | null {
  if (given.state !== 'choice') {
    const value = effective(given)
    return value === undefined ? null : [value]
  }
  const values = given.options.map(({ value }) => effective(value))
  return values.some((one) => one === undefined) ? null : (values as T[])
}

/** What a launch file has by default, which somebody may replace who starts it. */
export function isLaunchDefault(value: { state: string; channel?: string; overridable?: boolean }): boolean {
  return value.state === 'known' && value.channel === 'launch flag' && value.overridable === true
}

/** Something is written there, be it readable or not. */
export function isGiven<T>(given: Given<T>): given is Value<T> {
  return given.state !== 'absent'
}
