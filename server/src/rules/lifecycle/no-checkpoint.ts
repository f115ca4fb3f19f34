import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { isSilence, otherRole, type Silence, unless, unlessUnread } from '../silence.js'
import { subjectsOf } from '../subject-view.js'
import { onAccelerator, onGpuJob } from '../training/operation.js'
import { hasUnreadEpochs, mayBeFew } from './unread-epochs.js'

/** So many passes, steps or seconds are too dear to lose. */
const manyEpochs = 10
const manySteps = 5000
const fewEpochs = 30
const longRun = 100
const longSteps = 100_000
const longJob = 7200

export default defineRule({
  name: 'lifecycle/no-checkpoint',
  judges: 'Training',
  checklist: ['rightsize/spot', 'observability/failed-jobs'],
  severity: 'warning',
  measuredBy: 'failures',
  finds: 'long runs that save nothing until the end',
  summary: 'A long run that saves nothing starts over, and is paid for again, when it is interrupted.',
  oncePerProject: true,
  check(view, { report, silent }) {
    const { saves, resumable, resumesWithout } = view.settings
    if (view.subject.evidence.role !== 'training') return silent(otherRole(view))
    // A session at the keyboard keeps its model, and most of them try something out.
    if (view.subject.evidence.notebook) return silent('a notebook keeps its model in memory')
    // Trials are many and short, and the study keeps their results.
    if (subjectsOf(view.run, 'Search').length > 0) return silent('it is the trial of a search')
    const length = lengthOf(view)
    if (isSilence(length)) return silent(length)
    if (saves !== undefined && saves.state !== 'unknown' && saves.value !== 'while it runs') {
      const end = saves.value === 'at the end'
      const asked = saves.overridable ? `nothing is saved unless \`${saves.key}\` is on` : undefined
      report({
        at: saves,
        severity: severityOf(view),
        ...extentOf(view),
        message: `${length}, and ${asked ?? (end ? 'the only save is at the end' : `nothing is saved (\`${saves.key}\`)`)}: after an interruption all of it is paid for again.`,
        confidence: 'medium',
        fixes: [{ set: [{ claim: saves, value: 'while it runs' }] }],
      })
      return
    }
    // What is saved is of no use to a run that never reads it.
    if (effective(saves) === undefined) return silent(unless(view, 'saves', ''))
    const without = resumesWithout === undefined ? undefined : effective(resumesWithout)
    if (resumesWithout !== undefined && without !== undefined)
      return report({
        at: resumesWithout,
        severity: (without === 'the epochs' && onAccelerator(view)) || long(view) ? 'information' : 'hint',
        message: `${length}: ${resumed[without]}.`,
        // A slip, unlike the habit to keep nothing.
        together: without,
        ...extentOf(view),
        confidence: 'medium',
      })
    if (resumable === undefined || effective(resumable) !== false)
      return silent(unlessUnread(view, 'resumable', 'it saves while it runs'))
    report({
      at: resumable,
      severity: onGpuJob(view) || long(view) ? 'information' : 'hint',
      ...extentOf(view),
      message: `${length}: checkpoints are written, but nothing here goes on from them, so an interrupted run starts over.`,
      confidence: 'medium',
    })
  },
})

const resumed = {
  'the epochs':
    'a run that goes on from its checkpoint counts them from the first again, so all of them are paid for again',
  'the optimiser': 'only weights are saved, so a run that goes on from them starts with a fresh optimiser',
}

/** Of several programs it is the longest that loses most. */
function extentOf({ settings }: SubjectView<'Training'>): { extent?: number } {
  const epochs = effective(settings.epochs)
  return epochs === undefined ? {} : { extent: epochs }
}

/** Hours on an accelerator are at stake. */
function long(view: SubjectView<'Training'>): boolean {
  if (!onAccelerator(view) || view.subject.evidence.small !== null) return false
  const { epochs, lightNetwork, maxSteps } = view.settings
  if (effective(lightNetwork) !== undefined) return false
  return (effective(epochs) ?? 0) >= longRun || (effective(maxSteps) ?? 0) >= longSteps
}

/** `50 epochs`, as the beginning of a sentence; else why it is short, or not known. */
function lengthOf(view: SubjectView<'Training'>): string | Silence {
  const { epochs, managed, maxSteps, saves } = view.settings
  const steps = effective(maxSteps)
  if (typeof steps === 'number')
    return steps >= manySteps
      ? `${formatCount(steps)} steps`
      : { text: `the run is short: ${formatCount(steps)} steps` }
  // Whatever their number is, what nobody saves meanwhile, or reads again, is lost.
  // A library's run of a few epochs looks the same.
  if (
    effective(saves) !== undefined &&
    effective(managed) !== true &&
    hasUnreadEpochs(view) &&
    !mayBeFew(view)
  )
    return 'A number of epochs that cannot be read here'
  const count = effective(epochs)
  if (count !== undefined && count >= manyEpochs) return `${formatCount(count)} epochs`
  const job = view.run.job.compute?.settings
  const limit = effective(job?.timeLimit)
  const short = unless(view, 'epochs', `the run is short: ${count} epoch${count === 1 ? '' : 's'}`)
  if (count === undefined || count < 2 || job === undefined || (effective(job.gpus) ?? 0) < 1) return short
  return job.timeLimit?.state === 'known' && typeof limit === 'number' && limit >= longJob
    ? `${formatCount(count)} epochs on a job of up to ${Math.round(limit / 3600)} hours`
    : short
}

/** On capacity that may be taken away, or with retries, it is a matter of time. */
function severityOf(view: SubjectView<'Training'>): Severity {
  const job = view.run.job.compute?.settings
  const trial = effective(job?.trials) === true
  if (!trial && (effective(job?.spot) === true || (effective(job?.retries) ?? 0) > 0)) return 'warning'
  // A few passes over a few narrow layers are done again in minutes.
  const { lightNetwork, epochs } = view.settings
  const few = (effective(epochs) ?? fewEpochs) < fewEpochs
  if (few && effective(lightNetwork) !== undefined && !onGpuJob(view)) return 'hint'
  return onAccelerator(view) || onGpuJob(view) ? 'information' : 'hint'
}
