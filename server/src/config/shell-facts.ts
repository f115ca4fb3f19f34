/** What a shell script says: commands in order, scheduler directives, variables. Plain JSON. */

import type { TextName } from '../text/named-text.js'

/** A word after quote removal and expansion of the variables that are known; null text: not readable. */
export interface ShellWord {
  text: string | null
  /** As written. */
  raw: string
  start: number
  end: number
  /** Unreadable, and may stand for any number of words, none included (`"$@"`, `$EXTRA_ARGS`). */
  splits?: boolean
  /** The value of a variable from outside where nobody gives it one (`${WORKERS:-0}`). */
  fallback?: true
  /** Where only parts are unreadable: the text with `${?}` in their places (`--lr=${?}`, `${?}/train.py`). */
  outline?: string
}

/** A test that decides whether a command runs, as written; `holds`: it runs where the test succeeds. */
export interface ShellGuard {
  test: string
  holds: boolean
}

export interface ShellCommand {
  words: ShellWord[]
  /** `A=b` before the command, and everything exported before it. */
  environment: { name: string; value: string | null; start: number; end: number; fallback?: true }[]
  start: number
  end: number
  /** Enclosing `for` loops with the number of their words (null: not countable). `numbers`: all are numbers; `fractions`: some with a point. */
  loops: { variable: string; count: number | null; numbers?: true; fractions?: true }[]
  background: boolean
  /** `|| true`: a failure is swallowed. */
  failureIgnored: boolean
  /** What swallows it: `|| true`, from the operator on, or the commands that only say that it has failed. */
  ignoredBy?: { start: number; end: number; text: string }
  /** Its output goes to other commands, which stand at this place, from `|` on; `index`: its number in the pipeline. */
  piped?: { start: number; end: number; text: string; index: number }
  /** Absent: nothing decides whether it runs. Outermost first. */
  guards?: readonly ShellGuard[]
  /** Started again by a `while` or `until` loop: until it succeeds, or whatever happens. */
  repeated?: 'until success' | 'for ever'
  /** Inside a function that nobody calls, or after `exit`. */
  unreachable: boolean
  /**
   * Folder that `cd` changed to, relative to where the script starts ('' when it did not); null: not readable.
   * `$(dirname "$0")` and `$PWD` count as '.', the folder of the script or of its caller.
   */
  folder: string | null
  /** It stands in a function that is called several times; how often it has run before with other words. */
  time?: number
  /** A function of the script itself, whose commands are read as well. */
  own?: true
  /** A function of a script that it has read in: what that runs, with places of that script. */
  lent?: ShellCommand[]
  /** Inside `$( )` or backticks: it answers with a word. */
  captured?: true
  /** It reads in a script of the project that starts programs, which find these variables. */
  sourced?: { variables: Record<string, string | null> }
  /** It is an interpreter that is fed a program of the script itself (`python - <<EOF`), of this name. */
  inline?: string
}

/**
 * `#SBATCH --gres=gpu:4`. `name` without dashes, long form where the scheduler has one; each resource of a PBS `-l` list
 * is a directive of its own (`walltime`, `select`). The range is that of the option, not of the line; that of the value
 * includes its quotes and is empty where there is none.
 */
export interface Directive {
  scheduler: 'SBATCH' | 'PBS' | 'BSUB' | 'SGE'
  name: string
  value: string | null
  start: number
  end: number
  valueStart: number
  valueEnd: number
}

export interface ShellFacts {
  commands: ShellCommand[]
  directives: Directive[]
  variables: Record<string, string | null>
  comments: { start: number; end: number; text: string }[]
  hasErrors: boolean
  /** Scripts that it reads in (`source env.sh`). Absent: none. */
  sources?: TextName[]
  /** Why nothing but directives was read. */
  problem?: string
}
