/** What a lint is asked for, and what it answers. */
import type { Finding, Fix, KnownFinding } from './finding.js'
import type { Severity } from './rules/rule.js'

export interface LintError {
  path: string
  message: string
  /** 'syntax': the file was read as far as it parses. 'left out': a folder that is a project of its own. */
  kind?: 'syntax' | 'left out'
}

/** A finding that the user has silenced. */
export interface SilencedFinding {
  finding: Finding
  by: 'comment' | 'configuration'
  /** What the user says why. */
  reason: string | null
}

export interface LintResult {
  /** Sorted by path, cell, position, rule. Suppressed findings are already gone, unused suppressions added. */
  findings: Finding[]
  /** Files that could not be read or decoded: an entry each, the exit code stays. */
  errors: LintError[]
  /** Absent: none. */
  silenced?: SilencedFinding[]
  /** Of the paths that were asked for, those that hold no file to report on. Absent: none. */
  unmatched?: string[]
  /** Faults of a rule or of the engine: reported, and exit code 2. */
  faults: LintError[]
  /** Files seen under the given paths, and those that were parsed. */
  files: number
  filesLinted: number
  /** Size of these files: of all that were seen, and of those that were parsed. */
  volume?: { lines: number; bytes: number; linesLinted: number; bytesLinted: number }
  /** What is wrong with the configuration files, by line: wrong usage, and exit code 2. */
  problems?: { path: string; line: number; message: string }[]
  /** `fail-on` of the configuration at the root. */
  failOn?: Severity | 'never'
  /** What a baseline holds back, and its entries that nothing is found for any more; absent: there is none. */
  baseline?: { name: string; known: number; stale: KnownFinding[] }
  /** The file that the configuration names for it, relative to the root. */
  baselineFile?: string
}

export interface Progress {
  /** Files that have been read; while they are being looked for, those that were found. */
  done: number
  /** 0: files are being looked for. */
  total: number
}

export interface LintOptions {
  /** Files and folders to report on, relative to the root; the whole project is always read. Default: all. */
  paths?: string[]
  onProgress?: (progress: Progress) => void
  signal?: AbortSignal
}

/** One notebook cell as an editor holds it. */
export interface CellText {
  kind: 'code' | 'markdown'
  language: string
  text: string
}

/** A refused fix says why. */
export type OfferedFix = Fix | { title: string; refused: string }
