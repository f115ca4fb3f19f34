/** What a change edits at a site. */
import type { Json } from './json.js'
import type { Span } from './location.js'

type Keys = readonly (string | number)[]

/** A change of configuration that is laid out when the file is read; readers carry it out. */
export interface PlannedChange {
  /** `{value}` and `{hours}` stand for the value that the rule asks for. */
  title: string
  /** Absent: unsafe. */
  safety?: 'safe' | 'unsafe' | 'display'
  writes: PlannedWrite[]
  /** Why zero cannot be written; absent: it can. */
  notZero?: string
  /** What goes with a zero. From the keys of the site. */
  withZero?: Keys[]
}

export interface PlannedWrite {
  /** From the keys of the site. */
  path: Keys
  /** Absent: the value that the rule asks for, which `{value}` stands for in a text. */
  value?: Json
  after?: string
}

/** The next run ends the one before, or waits until that is over. */
export type ParallelRuns = 'cancel' | 'wait'

/** Work in the body of a loop. */
export type OperationTarget =
  | 'synchronise'
  | 'sample reads'
  | 'empty cache'
  | 'detach'
  | 'detach input'
  | 'untrained network'
  | 'repeated pass'
  | 'needless evaluation'
  | 'retain graph'
  | 'gradients'

/** What the call at a site is for. */
export type CallRole =
  | 'autocast'
  | 'configuration'
  | 'executor'
  | 'layers'
  | 'map without state'
  | 'map'
  | 'method'
  | 'parser'
  | 'policy'
  | 'prefetch'
  | 'profiler'
  | 'profiler of steps'
  | 'run'
  | 'trainer'
  | 'uncached steps'

/** Which change is meant, where the place and the setting do not tell. */
export type ChangeTarget =
  /** It cannot be changed there. */
  | { kind: 'refused'; reason: string }
  /** The pool that a job runs on decides; the job does not. `own`: it is the only one there, and the site is that of the pool. */
  | { kind: 'pool'; own?: true }
  // Python.
  /** `older`: the library in use spells it as it was before it changed. */
  | { kind: 'call'; role: CallRole; older?: true }
  | { kind: 'argument'; name: string }
  /** What turns on the early stopping that the program has. */
  | { kind: 'stopping switch' }
  | { kind: 'decorator' }
  | { kind: 'statement' }
  | { kind: 'handler'; start: number }
  | { kind: 'loop' }
  | { kind: 'step' }
  | { kind: 'operation'; name: OperationTarget }
  /** A switch of a library, by its name. */
  | { kind: 'switch'; name: string }
  /** The site is a part of the call that begins there. */
  | { kind: 'enclosing call'; start: number }
  /** The variable that holds a callback which the call at the site is not given. */
  | { kind: 'callback'; name: string }
  // Command lines.
  /** `forOne`: the option as it is for one device; null: nobody knows. */
  | { kind: 'option'; part: 'whole' | 'value' | 'behind'; forOne?: string | null }
  | { kind: 'directive' }
  /** The site is a part of the command that begins there. */
  | { kind: 'command'; start: number }
  /** A command that goes with its line. */
  | { kind: 'command line' }
  /** What follows `||`. `needless`: without it the script stops as well. */
  | { kind: 'fallback'; needless: boolean }
  /** What a script does in place of ending when the program fails: it only says so. */
  | { kind: 'message branch' }
  /** The status that a script ends with. */
  | { kind: 'exit status' }
  /** A pipeline for which `set -e` needs `pipefail`. */
  | { kind: 'pipeline' }
  /** `text`: an option that the command at the site lacks. */
  | { kind: 'missing option'; text: string }
  /** `last`: the last argument that the program is given, in the file of the launch, or the text that holds it. */
  | { kind: 'launch line'; last?: Span; program?: string }
  /** A value of the launch; `text`: what takes its place. */
  | { kind: 'launch value'; text: string }
  // Configuration.
  | { kind: 'plan'; plan: PlannedChange }
  | { kind: 'resource'; name: string }
  /** Amounts that are the same request: paths from the keys of the site. */
  | { kind: 'amounts'; paths: Keys[] }
  /** One container of a pod, by its index. */
  | { kind: 'container'; index: number }
  /** A step whose failure does not count. */
  | { kind: 'ignored failure' }
  /** Runs of a workflow that one change after the other starts. */
  | { kind: 'parallel runs'; until: ParallelRuns }
  /** A job that nothing yet says when to run. */
  | { kind: 'job without rules' }
  /** How often something is done; `steps`: what is often enough. */
  | { kind: 'interval'; steps: number }

/** The value of an option, which may be replaced by itself. */
export const optionValue: ChangeTarget = { kind: 'option', part: 'value' }
