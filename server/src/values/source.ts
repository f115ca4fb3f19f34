/** Where readers take values from, whichever language they are written in. */
import type { Refusal, Write } from '../edit/write.js'
import type { Json } from '../text/json.js'
import type { Span } from '../text/location.js'
import type { Channel, Origin, Place } from '../text/origin.js'
import type { Unit } from '../text/unit.js'
import type { Given } from './value.js'

export type Key = string | number

/** Arguments of a call, a dictionary, a map of a configuration file, a block of HCL, the options of a command, directives. */
export interface Source {
  /** What is given at the end of these keys. Absent: the origin tells where it would be written. */
  get(...path: Key[]): Given<Json>
  /** How that value is written there. */
  set(path: readonly Key[], value: Json): Write | Refusal
}

/** Turns places of a unit into places of the project; a `ClaimBuilder` is one. */
export interface Locator {
  readonly path: string
  readonly unit: Unit
  origin(place: Place, options?: OriginOptions): Origin
}

export interface OriginOptions {
  channel?: Channel
  overridable?: boolean
  /** What a change would edit, where it differs from the place that is shown. */
  site?: Place
  /** A place in another file (a flag on the launch line). */
  location?: Origin['location']
}

export const spanOf = ({ start, end }: Span): Place => ({ start, end })
