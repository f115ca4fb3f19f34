/** Where readers take values from, whichever language they are written in. */
import type { Refusal, Write } from '../edit/write.js'
import type { Json } from '../text/json.js'
import type { Span } from '../text/location.js'
import type { Channel, Origin, Place, ProgramSwitch } from '../text/origin.js'
import type { SourceFragment } from '../text/source-fragment.js'
import type { Given } from './value.js'

export type Key = string | number

/** Arguments of a call, a dictionary, a map of a configuration file, a block of HCL, the options of a command, directives. */
export interface Source {
  /** What is given at the end of these keys. Absent: the origin tells where it would be written. */
  get(...path: Key[]): Given<Json>
  /** How that value is written there; undefined: how the key is taken out. */
  set(path: readonly Key[], value: Json | undefined): Write | Refusal
}

/** A source whose maps and lists can be gone through. */
export interface TreeSource extends Source {
  /** The keys of the map there; null where they cannot all be known. */
  keysOf(...path: Key[]): string[] | null
  /** How many items the list there has; null: there is none, or that is not known. */
  lengthOf(...path: Key[]): number | null
  /** What is written there, also where it is computed (`image_uris.retrieve('xgboost', …)`); null: nothing is, or not in this file. */
  textOf(...path: Key[]): string | null
}

/** The source as seen from a map in it. */
export function below(source: TreeSource, ...base: Key[]): TreeSource {
  return {
    get: (...path) => source.get(...base, ...path),
    set: (path, value) => source.set([...base, ...path], value),
    keysOf: (...path) => source.keysOf(...base, ...path),
    lengthOf: (...path) => source.lengthOf(...base, ...path),
    textOf: (...path) => source.textOf(...base, ...path),
  }
}

/** Turns places of a fragment into places of the project; a `ClaimBuilder` is one. */
export interface Locator {
  readonly path: string
  readonly fragment: SourceFragment
  origin(place: Place, options?: OriginOptions): Origin
}

export interface OriginOptions {
  channel?: Channel
  overridable?: boolean
  option?: ProgramSwitch
  /** What a change would edit, where it differs from the place that is shown. */
  site?: Place
  /** A place in another file (a flag on the launch line). */
  location?: Origin['location']
}

export const spanOf = ({ start, end }: Span): Place => ({ start, end })
