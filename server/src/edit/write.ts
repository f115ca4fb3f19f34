/**
 * Changes as data. A reader says what to write; `apply.ts` turns all writes of one file into text edits at once, so
 * two changes of one call cannot collide.
 */
import type { Location } from '../text/location.js'

/** Python code or a configuration value, as it will stand in the file. Python: code; configuration: plain data. */
export type PythonWrite =
  /** Give a keyword argument of the call at `call` (replaces its value where it is given). `value` is Python code. */
  | { kind: 'set keyword'; call: PythonRange; name: string; value: string }
  | { kind: 'remove keyword'; call: PythonRange; name: string }
  | { kind: 'rename keyword'; call: PythonRange; name: string; to: string }
  /** Replace what stands before the parenthesis. */
  | { kind: 'rename callee'; call: PythonRange; to: string }
  /** Add an item at the end of a list, tuple or set display, or `key: value` at that of a dictionary. */
  | { kind: 'append item'; list: PythonRange; value: string }
  /** Put the statements from the one at `first` to the one at `last` under a `with …:` header. */
  | {
      kind: 'wrap block'
      first: PythonRange
      last: PythonRange
      header: string
      /** `with` statements inside that have the same header, and lose it. */
      absorbs?: PythonRange[]
    }
  /** Insert lines before or after the statement at `statement`, at its indentation. */
  | { kind: 'insert lines'; where: 'before' | 'after'; statement: PythonRange; lines: string[] }
  /** Remove the statement at `statement` with its line. */
  | { kind: 'remove statement'; statement: PythonRange }
  | { kind: 'replace'; range: PythonRange; text: string }

/** Offsets in the text of a fragment. */
export interface PythonRange {
  fragment: number
  start: number
  end: number
}

export type ConfigurationWrite =
  /** Set the value at `keys` (creates missing maps on the way). `after`: keep order, insert behind this sibling. */
  | {
      kind: 'set key'
      fragment: number
      document: number
      keys: (string | number)[]
      value: unknown
      after?: string
      comment?: string
      within?: Within
    }
  | { kind: 'remove key'; fragment: number; document: number; keys: (string | number)[]; within?: Within }

/** A value that is YAML text itself (a patch in a kustomization): `document` and `keys` of the write lead on in it. */
export interface Within {
  document: number
  keys: (string | number)[]
}

export type ShellWrite =
  /** `#SBATCH --time=24:00:00`: replaces the directive of that name or joins the block of directives. */
  | {
      kind: 'set directive'
      fragment: number
      scheduler: 'SBATCH' | 'PBS' | 'BSUB'
      name: string
      value: string | null
    }
  | { kind: 'replace text'; fragment: number; start: number; end: number; text: string }

export type Write = (PythonWrite | ConfigurationWrite | ShellWrite) & { path: string }

/** An import that the change needs. Reused where the file has it, under the name the file uses. */
export interface Import {
  path: string
  fragment: number
  /** `from module import name`; null: `import module`. */
  module: string
  name: string | null
  /** Must stand before every other import of this module (scikit-learn's experimental switches). */
  first?: boolean
  comment?: string
}

export type Safety = 'safe' | 'unsafe' | 'display'

export interface Change {
  title: string
  safety: Safety
  writes: Write[]
  imports: Import[]
}

/** Why a change cannot be offered. */
export interface Refusal {
  reason: string
}

export interface TextEdit {
  location: Location
  newText: string
}
