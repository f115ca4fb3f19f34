import { sameLocation } from '../../text/location.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { Report, Severity } from '../rule.js'
import { defineRule } from '../rule.js'
import { isSilence, type Silence, unless, unlessUnread } from '../silence.js'
import {
  actsOnOthers,
  isReusable,
  keepsNothing,
  listed,
  makes,
  nameOf,
  purposeOf,
  rerunSaving,
  stepsBeside,
} from './step-words.js'

export default defineRule({
  name: 'pipeline/step-cache-disabled',
  judges: 'Step',
  checklist: ['waste/cache-features', 'waste/unchanged-transformations', 'bottleneck/repeated-preprocessing'],
  severity: 'warning',
  finds: 'pipeline steps that recompute what an earlier run has computed',
  summary: 'A step without a cache recomputes what an earlier run of the pipeline has computed.',
  check(step, { report, silent }) {
    const { cached } = step.settings
    if (cached === undefined || effective(cached) !== false)
      return silent(unless(step, 'cached', 'the step is cached'))
    const found =
      cached.state === 'default'
        ? defaultReport(step)
        : effective(step.settings.allSteps) !== undefined
          ? pipelineReport(step)
          : stepReport(step)
    if (isSilence(found)) silent(found)
    else report(found)
  },
})

/** Somebody has switched it off for one step. */
function stepReport(step: SubjectView<'Step'>): Report | Silence {
  const cached = step.settings.cached!
  const work = purposeOf(step)
  if (!isReusable(work)) return unless(step, 'purpose', keepsNothing)
  const wanted = effective(step.settings.uncachedFor)
  if (wanted !== undefined) return { text: `it is not cached on purpose: ${wanted}` }
  const shared = stepsBeside(step).filter(
    ({ settings }) =>
      settings.cached !== undefined && sameLocation(settings.cached.location, cached.location),
  )
  // One configuration object for several steps is one line to change.
  if (shared.length > 1 && shared[0]!.subject.id !== step.subject.id)
    return { text: `it is told at "${nameOf(shared[0]!)}", which shares the setting` }
  const names = shared.map(nameOf)
  const engine = effective(step.settings.engine) ?? 'the orchestrator'
  const what = names.length > 1 ? `${names.length} steps (${listed(names)})` : `"${nameOf(step)}"`
  const message = `Caching is off for ${what}: ${engine} would reuse ${names.length > 1 ? 'their' : 'its'} outputs as long as the inputs are unchanged.`
  return {
    at: cached,
    // What it fetches may have changed where nothing that goes in has.
    severity: actsOnOthers(work) || !makes(work) || isTriedOut(step) ? 'information' : 'warning',
    message,
    saving: rerunSaving,
    // A cache that can never answer saves nothing.
    fixes: shared.some(isNeverSame) ? [] : [{ set: [{ claim: cached, value: true }] }],
  }
}

/** An input that is new in each run keeps the cache from answering. */
function isNeverSame(step: SubjectView<'Step'>): boolean {
  return effective(step.settings.volatileInput) !== undefined
}

/** Somebody has switched it off for all steps of a pipeline. */
function pipelineReport(step: SubjectView<'Step'>): Report | Silence {
  const cached = step.settings.cached!
  const wanted = effective(step.settings.uncachedFor)
  if (wanted !== undefined) return { text: `it is not cached on purpose: ${wanted}` }
  const names = effective(step.settings.allSteps)!
  const work = purposeOf(step)
  const engine = effective(step.settings.engine) ?? 'the orchestrator'
  // A pipeline that only deploys or predicts is run for what it does.
  if (names.length > 0 && work.length > 0 && !makes(work) && !work.every((one) => one === 'download'))
    return { text: keepsNothing }
  const known = names.length > 0 && makes(work)
  const all =
    names.length === 0
      ? 'all steps of this pipeline'
      : names.length === 1
        ? `the only step of this pipeline (${names[0]})`
        : `${names.length === 2 ? 'both' : `all ${names.length}`} steps of this pipeline (${listed(names)})`
  return {
    at: cached,
    severity: known && !isTriedOut(step) ? 'warning' : 'information',
    message: `Caching is off for ${all}: ${engine} would reuse the outputs of ${names.length === 1 ? 'the step while its inputs have' : 'every step whose inputs have'} not changed.`,
    saving: rerunSaving,
    fixes: stepsBeside(step).some((one) => isNeverSame(one) && names.includes(nameOf(one)))
      ? []
      : [{ set: [{ claim: cached, value: true }] }],
  }
}

/** The engine caches on request only, and nobody has asked. Said once for the steps of a file, at the first of them. */
function defaultReport(step: SubjectView<'Step'>): Report | Silence {
  if (!isWorthCaching(step))
    return unlessUnread(step, 'purpose', 'caches are made on request, and this step is hardly worth one')
  const group = stepsBeside(step).filter(
    (one) => one.settings.cached?.state === 'default' && isWorthCaching(one),
  )
  if (group[0]?.subject.id !== step.subject.id)
    return { text: 'it is told at the first step of the pipeline that is worth a cache' }
  // A task among others says little by itself; that the pipeline trains says that its data are worth keeping.
  const trains = (one: SubjectView<'Step'>) =>
    purposeOf(one).some((work) => work === 'train' || work === 'tune')
  if (effective(step.settings.unit) !== 'job' && !stepsBeside(step).some(trains))
    return { text: 'no step of the pipeline is known to train' }
  const names = [...new Set(group.map(nameOf))]
  const job = effective(step.settings.unit) === 'job'
  const many = names.length > 1
  const again = many
    ? `${names.length} steps of this pipeline run again in each execution (${listed(names)})`
    : `Step "${names[0]}" runs again in each execution of the pipeline`
  const request: Report = {
    at: step.settings.cached!,
    severity: job && !isTriedOut(step) ? severityOf(group) : 'information',
    message: `${again}, even if its inputs are unchanged: ${effective(step.settings.engine) ?? 'the orchestrator'} caches a step only on request (${step.settings.cached!.key}).`,
    saving: rerunSaving,
    fixes: [{ set: group.map((one) => ({ claim: one.settings.cached!, value: true })) }],
  }
  if (many)
    request.related = group
      .slice(1)
      .map((one) => ({ location: one.subject.location, message: `"${nameOf(one)}" runs again as well` }))
  return request
}

/** A pipeline that stands in a notebook is still being built; over toy data it computes for a moment. */
function isTriedOut({ subject: { evidence } }: SubjectView<'Step'>): boolean {
  return evidence.notebook || evidence.small !== null
}

function isWorthCaching(step: SubjectView<'Step'>): boolean {
  const work = purposeOf(step)
  if (effective(step.settings.uncachedFor) !== undefined || actsOnOthers(work) || isNeverSame(step))
    return false
  // A machine of its own is worth it for what is not known as well; a task among others only where data are made.
  return effective(step.settings.unit) === 'job' || work.includes('prepare')
}

/** Training may be meant to start anew; data that are prepared again are not. */
function severityOf(group: readonly SubjectView<'Step'>[]): Severity {
  return group.some((one) => !purposeOf(one).every((work) => work === 'train' || work === 'evaluate'))
    ? 'warning'
    : 'information'
}
