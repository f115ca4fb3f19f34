/** What the command line needs of the linter. Heavy modules are loaded when first used, so that `--version` is quick. */
import type { LintError, Project } from '../linter.js'
import type { Choice } from '../project/configuration.js'
import type { Rule } from '../rules/rule.js'
import type { SourceFile } from '../text/source-file.js'

export type RuleInfo = Pick<Rule, 'name' | 'severity' | 'summary' | 'checklist' | 'offFor'>

export interface OpenOptions {
  choice: Choice
  /** Relative to the root: read even where the project's ignore files leave them out. */
  explicit: readonly string[]
}

export interface FixOptions {
  /** Relative to the root: files outside them are never edited. */
  paths: readonly string[]
  unsafe: boolean
  signal?: AbortSignal
}

export interface FixRun {
  /** Files whose text changes, as decoded text and as bytes in the encoding that the file has. */
  files: { path: string; before: string; after: string; bytes: Uint8Array }[]
  /** Fixes that were carried out. */
  fixed: number
  /** Fixes that were taken back, because the file would no longer parse. */
  rolledBack: LintError[]
}

export interface Engine {
  open(root: string, options: OpenOptions): Promise<Project>
  /** All rules, by name. */
  rules(): Promise<readonly RuleInfo[]>
  /** The decoded text of a file as the linter sees it. */
  source(path: string, bytes: Uint8Array): Promise<SourceFile>
  /** Works out the fixes of a project and leaves it as if they had been written; writes nothing itself. */
  fix(project: Project, options: FixOptions): Promise<FixRun>
  /** The page of each rule (Markdown). */
  pages(): Promise<Readonly<Record<string, string>>>
  /** Serves the language server protocol on the standard streams until the client ends it. */
  serve(): Promise<void>
}
