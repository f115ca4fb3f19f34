/** What the command line needs of the linter. Heavy modules are loaded when first used, so that `--version` is quick. */
import type { Choice, FixOptions, FixRun, Project } from '../linter.js'
import type { Rule } from '../rules/rule.js'
import type { SourceFile } from '../text/source-file.js'
import type { Console } from './console.js'
import type { CheckOptions } from './options.js'

export type RuleInfo = Pick<Rule, 'name' | 'severity' | 'summary' | 'checklist' | 'offFor'>

export interface OpenOptions {
  choice: Choice
  /** Relative to the root: read even where the project's ignore files and `exclude` leave them out. */
  explicit: readonly string[]
  /** `exclude` holds for what is explicit, too. */
  respectExclude?: boolean
  /** Relative to the root: projects of their own. */
  apart?: readonly string[]
  /** Files beyond which a lint rejects with `TooManyFiles`. Default: `mostFiles`. */
  maxFiles?: number
  /** Whether what earlier runs found is used, and what this one finds is kept. Default: true. */
  cache?: boolean
}

/** Files that a project has, unless somebody says that it has more. */
export const mostFiles = 200_000

export interface FixRequest extends FixOptions {
  /** Bytes that stand in for a file on disk (standard input). */
  given?: ReadonlyMap<string, Uint8Array>
}

export interface Engine {
  open(root: string, options: OpenOptions): Promise<Project>
  /** Runs a check, and keeps what it prints for the next time. Absent: nothing is kept. */
  kept?(options: CheckOptions, console: Console, run: (console: Console) => Promise<number>): Promise<number>
  /** All rules, by name. */
  rules(): Promise<readonly RuleInfo[]>
  /** The decoded text of a file as the linter sees it. */
  source(path: string, bytes: Uint8Array): Promise<SourceFile>
  /** Works out the fixes of a project and leaves it as if they had been written; writes nothing itself. */
  fix(project: Project, request: FixRequest): Promise<FixRun>
  /** Throws away what runs have kept about the project with this root. False: there was nothing. */
  clean(root: string): Promise<boolean>
  /** The page of each rule (Markdown). */
  pages(): Promise<Readonly<Record<string, string>>>
  /** Serves the language server protocol on the standard streams until the client ends it. */
  serve(): Promise<void>
  /** What serves the Model Context Protocol. */
  mcp(): Promise<typeof import('../mcp/serve.js')>
}
