/** Where a value comes from, and what a change of it would edit. */
import type { ChangeTarget } from './change-target.js'
import type { Location, Span } from './location.js'

/** Who gives a value, from strongest to weakest. */
export const channels = [
  'launch flag',
  'launch environment',
  'code',
  'named file',
  'convention',
  'user configuration',
  'library default',
] as const
export type Channel = (typeof channels)[number]

/**
 * What a change would edit: in Python and shell a range of the fragment (a call, a statement, a command), in
 * configuration the path of keys within a document of the fragment. `target` tells which of several changes is meant.
 */
export interface Site {
  fragment: number
  start: number
  end: number
  /** Configuration: index of the document within the fragment, and the keys down to the node. */
  document?: number
  keys?: (string | number)[]
  target?: ChangeTarget
  /** The file that its reader read, where the claim's location is in another one that is laid over it. */
  path?: string
  /** Which of the layouts of that file said it, counted from 0. */
  layout?: number
}

/** An option that takes no value: '--amp', and whether it is on where nobody gives it. */
export interface ProgramSwitch {
  name: string
  on: boolean
}

export interface Origin {
  channel: Channel
  /** A value that a launch could replace (a default in the user's code), and no launch is linked. */
  overridable: boolean
  /** The switch of the command line that a launch could replace it by. */
  option?: ProgramSwitch
  /** The value; where none is written, the call or node that would carry it. */
  location: Location
  site: Site
}

/** Where a value or a subject stands: a span of the fragment and, in configuration, the keys that lead to it. */
export interface Place extends Span {
  document?: number
  keys?: (string | number)[]
  target?: ChangeTarget
}
