/** What a change edits at a site. */
import type { Json } from './json.js'

type Keys = readonly (string | number)[]

/** A change of configuration that is laid out when the file is read; readers carry it out. */
export interface PlannedChange {
  /** `{value}` and `{hours}` stand for the value that the rule asks for. */
  title: string
  /** Absent: unsafe. */
  safety?: 'safe' | 'unsafe' | 'display'
  writes: PlannedWrite[]
}

export interface PlannedWrite {
  /** From the keys of the site. */
  path: Keys
  /** Absent: the value that the rule asks for. */
  value?: Json
  after?: string
}

/** Where the place alone does not tell which change is meant. */
export type ChangeTarget =
  /** It cannot be changed there. */
  | { kind: 'refused'; reason: string }
  /** The pool that a job runs on decides; the job does not. */
  | { kind: 'pool' }
  | { kind: 'plan'; plan: PlannedChange }
  /** Amounts that are the same request: paths from the keys of the site. */
  | { kind: 'amounts'; paths: Keys[] }
  /** One container of a pod, by its index. */
  | { kind: 'container'; index: number }
  /** A command that goes with its line. */
  | { kind: 'command line' }
