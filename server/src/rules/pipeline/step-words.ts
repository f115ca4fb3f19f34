/** How rules about pipelines speak of steps. */
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { subjectsOf } from '../subject-view.js'

/** What a step is for. */
export function purposeOf(step: SubjectView<'Step'>): readonly StepWork[] {
  return effective(step.settings.purpose) ?? []
}

/** Everything that it does. */
export function workOf(step: SubjectView<'Step'>): readonly StepWork[] {
  return effective(step.settings.work) ?? []
}

/** Work that makes something out of its inputs; what it makes of the same inputs can be kept. */
export function makes(work: readonly StepWork[]): boolean {
  return work.some((one) => one === 'prepare' || one === 'train' || one === 'tune')
}

/** The same with what is only fetched, which may be newer. */
export function isReusable(work: readonly StepWork[]): boolean {
  return makes(work) || work.includes('download')
}

/** Why a cache is no matter, where `isReusable` is false. */
export const keepsNothing = 'the step makes nothing that could be kept for the next run'

/** The step exists for what it does to something else: it deploys, installs, tells. */
export function actsOnOthers(work: readonly StepWork[]): boolean {
  return work.some((one) => one === 'deploy' || one === 'report')
}

export function nameOf(step: SubjectView<'Step'>): string {
  return effective(step.settings.name) ?? 'step'
}

/** `a, b and c`; at most `limit` of them. */
export function listed(names: readonly string[], limit = 4): string {
  const shown = names.slice(0, limit)
  if (names.length > limit) return `${shown.join(', ')}, …`
  return shown.length < 2 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

/** Steps of the same file, in order of where they stand. */
export function stepsBeside(step: SubjectView<'Step'>): SubjectView<'Step'>[] {
  const { path } = step.subject.location
  return subjectsOf(step.run, 'Step').filter(({ subject }) => subject.location.path === path)
}

/** Runs of a pipeline with the same inputs for each one with new ones, and what that saves. An assumption. */
export const rerunSaving = {
  fraction: [0.5, 0.8] as [number, number],
  usd: null,
  basis:
    'share of the cost of the step: assumes that a pipeline is run two to five times before the inputs of the step change',
}
