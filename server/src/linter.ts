/**
 * The front door: lint a text, lint a project. The faces (lsp, cli, report) call only this file.
 */
import type { Finding, Fix } from './finding.js'
import type { Annotation } from './project/annotations.js'
import type { EstimateOptions, TrainingEstimate } from './project/estimates.js'
import type { Severity } from './rules/rule.js'
import type { Json } from './text/json.js'

export interface LintError {
  path: string
  message: string
}

export interface LintResult {
  /** Sorted by path, cell, position, rule. Suppressed findings are already gone, unused suppressions added. */
  findings: Finding[]
  /** Files that could not be read or decoded: an entry each, the exit code stays. */
  errors: LintError[]
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
}

export interface Progress {
  done: number
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

/** One project (a root folder): what is on disk, under what the editor has open. */
export interface Project {
  readonly root: string
  /** The editor's text of a file replaces the one on disk, until `close`. `metadata`: that of a notebook. */
  open(path: string, content: string | CellText[], metadata?: Record<string, Json>): void
  close(path: string): void
  /** The file changed (or came, or went) on disk. */
  changedOnDisk(path: string): void
  /** Reads what changed since the last call, joins again, and judges. */
  lint(options?: LintOptions): Promise<LintResult>
  /** The fixes of a finding, the preferred one first; `edits` of a notebook are per cell. */
  fixes(finding: Finding): Promise<OfferedFix[]>
  /** Prices, sizes of searches: what is shown beside the code of a file, as of the last `lint`. */
  annotations(path: string): Annotation[]
  /** Paths whose findings depend on this one (itself, the jobs that launch it, the scripts that it launches …). */
  relatives(path: string): string[]
  /** Jobs, scripts, and what could not be resolved and why. */
  graph(): Promise<JobGraph>
  /** The memory that each training needs, or why it cannot be told. */
  estimates(options?: EstimateOptions): Promise<TrainingEstimate[]>
  dispose(): Promise<void>
}

/** What a job or one machine of a pool runs on; null: not known. */
export interface GraphMachine {
  instanceType: string | null
  region: string | null
  /** Per machine. */
  gpus: number | null
  gpuModel: string | null
}

/** US dollars per hour; null: no such price is known. */
export interface GraphCost {
  onDemand: number | null
  spot: number | null
  /** The machine is not named: the cheapest listed one stands for it. */
  atLeast: boolean
  /** ISO date at which the prices were read; empty: the user's own. */
  asOf: string
  region: string
  assumptions: string[]
}

export interface JobGraph {
  /** One entry for each command that a job starts; a job whose program cannot be read has one as well. */
  jobs: (GraphMachine & {
    /** Entries of one job share it. */
    id: string
    name: string
    path: string
    line: number
    launcher: string | null
    script: string | null
    unresolved: string | null
    nodes: number | null
    /** Asked for; null: not known. */
    spot: boolean | null
    /** Of all machines of the job. */
    cost: GraphCost | null
    pool: { path: string; line: number } | null
  })[]
  pools: (GraphMachine & {
    name: string
    kind: string
    path: string
    line: number
    minimum: number | null
    /** Null: no limit, or not known. */
    maximum: number | null
    /** Of one machine. */
    cost: GraphCost | null
  })[]
}
