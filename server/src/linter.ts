/**
 * The front door: lint a project, carry out its fixes. The faces (lsp, cli, report) reach `project/` only through this
 * file. The engine is loaded when it is first needed, so that `--version` is quick.
 */
import type { FixOptions, FixRun } from './project/apply-fixes.js'
import type { Host } from './project/host.js'
import type { Project } from './project/project.js'
import type { ProjectsBelow, SearchOptions } from './project/repositories.js'
import type { OpenProjectOptions } from './project/workspace.js'

export type { Annotation } from './project/annotations.js'
export type { FixOptions, FixRun } from './project/apply-fixes.js'
export type { Choice } from './project/configuration.js'
export { type FailOn, failOnValues, mentionsConfiguration, severities } from './project/configuration-file.js'
export type { CostEntry, CostKind, CostState } from './project/cost.js'
export type { TrainingEstimate } from './project/estimates.js'
export type { GraphCost, GraphMachine, JobGraph } from './project/graph.js'
export { type Entry, type EntryKind, type Host, relativeTo } from './project/host.js'
export type { CellText, LintError, LintOptions, LintResult, OfferedFix, Progress } from './project/lint.js'
export { suggestion } from './project/nearest.js'
export { budgetRule, ownRules } from './project/own-rules.js'
export type { Project } from './project/project.js'
export { rulePageLink } from './project/rule-links.js'
export { isKnownSelector, selectorNames } from './project/selector.js'
export { TooManyFiles } from './project/too-many-files.js'
export type {
  ExplainedRule,
  ExplainedSetting,
  ExplainedSubject,
  Explanation,
  WhyQuery,
} from './project/why.js'

export async function openProject(root: string, host: Host, options?: OpenProjectOptions): Promise<Project> {
  const workspace = await import('./project/workspace.js')
  return workspace.openProject(root, host, options)
}

/** Projects below a folder that is none itself. Throws `TooManyFiles`. */
export async function projectsBelow(
  host: Host,
  folder: string,
  options: SearchOptions,
): Promise<ProjectsBelow> {
  const repositories = await import('./project/repositories.js')
  return repositories.projectsBelow(host, folder, options)
}

/**
 * Works out the fixes of a project and leaves it as if they had been written; writes nothing itself.
 * `given`: bytes that stand in for a file on disk (standard input).
 */
export async function fixProject(
  project: Project,
  host: Host,
  options: FixOptions,
  given?: ReadonlyMap<string, Uint8Array>,
): Promise<FixRun> {
  const [{ applyFixes }, { fixableProject }] = await Promise.all([
    import('./project/apply-fixes.js'),
    import('./project/fixable.js'),
  ])
  return applyFixes(fixableProject(project, host, given), options)
}
