/**
 * The front door: lint a project, carry out its fixes. The faces (lsp, cli, report) reach the engine only through this
 * file. The engine is loaded when it is first needed, so that `--version` is quick.
 */

import type { Host } from './host/host.js'
import type { ProjectsBelow, SearchOptions } from './host/repositories.js'
import type { Project } from './project/project.js'
import type { OpenProjectOptions } from './project/workspace.js'
import type { FixOptions, FixRun } from './results/apply-fixes.js'

export type { Annotation } from './annotations/annotations.js'
export { type Baseline, readBaseline, writeBaseline } from './host/baseline.js'
export type { Choice } from './host/configuration.js'
export { type FailOn, failOnValues, mentionsConfiguration, severities } from './host/configuration-file.js'
export { isReadableName } from './host/file-kinds.js'
export { type Entry, type EntryKind, type Host, relativeTo } from './host/host.js'
export { suggestion } from './host/nearest.js'
export { budgetRule, ownRules } from './host/own-rules.js'
export { rulePageLink } from './host/rule-links.js'
export { isKnownSelector, matchSelectors, selectorNames } from './host/selector.js'
export { isSkippedFolder } from './host/skipped.js'
export { TooManyFiles } from './host/too-many-files.js'
export type {
  CellText,
  LintError,
  LintOptions,
  LintResult,
  OfferedFix,
  Progress,
  SilencedFinding,
} from './lint.js'
export type { Project } from './project/project.js'
export type { FixOptions, FixRun } from './results/apply-fixes.js'
export type { CostEntry, CostKind, CostState } from './results/cost-entry.js'
export type { TrainingEstimate } from './results/estimates.js'
export type { GraphCost, GraphMachine, JobGraph } from './results/graph.js'
export { compareWith } from './results/known-findings.js'
export type { SearchSize } from './results/searches.js'
export type { PlacedFinding, Survey } from './results/survey.js'
export type {
  ExplainedRule,
  ExplainedSetting,
  ExplainedSubject,
  Explanation,
  WhyQuery,
} from './results/why.js'

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
  const repositories = await import('./host/repositories.js')
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
    import('./results/apply-fixes.js'),
    import('./project/fixable.js'),
  ])
  return applyFixes(fixableProject(project, host, given), options)
}
