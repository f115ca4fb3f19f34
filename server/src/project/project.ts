/** A project, as the faces see it. */

import type { Annotation } from '../annotations/annotations.js'
import type { Finding } from '../finding.js'
import type { CellText, LintOptions, LintResult, OfferedFix } from '../lint.js'
import type { CostEntry } from '../results/cost-entry.js'
import type { EstimateOptions, TrainingEstimate } from '../results/estimates.js'
import type { JobGraph } from '../results/graph.js'
import type { SearchSize } from '../results/searches.js'
import type { Survey } from '../results/survey.js'
import type { Explanation, WhyQuery } from '../results/why.js'
import type { Json } from '../text/json.js'

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
  /**
   * What can be said of these files before all of a large project was read: findings that nothing else in it could
   * refute. May be called while `lint` is under way, and sees the present texts. Null: it was read, or it is small.
   */
  preview(paths: readonly string[]): Promise<LintResult | null>
  /** The fixes of a finding, the preferred one first; `edits` of a notebook are per cell. */
  fixes(finding: Finding): Promise<OfferedFix[]>
  /** Prices, sizes of searches: what is shown beside the code of a file, as of the last `lint`. */
  annotations(path: string): Annotation[]
  /** Paths whose findings depend on this one (itself, the jobs that launch it, the scripts that it launches …). */
  relatives(path: string): string[]
  /**
   * What its jobs, services and pools cost, and what following the findings would save of it. `findings`: of the last lint; absent: the
   * project is read first.
   */
  cost(findings?: readonly Finding[]): Promise<CostEntry[]>
  /** How large its searches are, the largest first, as of the last `lint`. */
  searches(): SearchSize[]
  /** All that a lint says of the project, for documents about the whole of it. Reads the project. */
  survey(): Promise<Survey>
  /** Jobs, scripts, and what could not be resolved and why. */
  graph(): Promise<JobGraph>
  /** The memory that each training needs, or why it cannot be told. */
  estimates(options?: EstimateOptions): Promise<TrainingEstimate[]>
  /** What stands at a place, what its settings are taken to be, and why each rule reports it or not. */
  why(query: WhyQuery): Promise<Explanation>
  dispose(): Promise<void>
}
