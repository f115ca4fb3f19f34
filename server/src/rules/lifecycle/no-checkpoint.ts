import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Report, type Severity } from '../rule.js'
import { isSilence, otherRole, type Silence, unless, unlessUnread } from '../silence.js'
import { subjectIn, subjectsOf } from '../subject-view.js'
import { onGpuJob } from '../training/operation.js'
import { stepsOf } from './passes.js'
import { type Extent, extentOfRun, isLarge, manyDevices, workOf } from './run-extent.js'

export default defineRule({
  name: 'lifecycle/no-checkpoint',
  judges: 'Training',
  checklist: ['rightsize/spot', 'observability/failed-jobs'],
  severity: 'warning',
  measuredBy: 'failures',
  finds: 'long runs that save nothing until the end, or never go on from what they save',
  summary: 'A long run that cannot go on where it was interrupted starts over, and is paid for again.',
  oncePerProject: true,
  losesRun: true,
  check(view, { report, silent }) {
    if (view.subject.evidence.role !== 'training') return silent(otherRole(view))
    // Trials are many and short, and the study keeps their results.
    if (subjectsOf(view.run, 'Search').some((one) => isTrialOf(one, view)))
      return silent('it is the trial of a search')
    const extent = extentOfRun(view)
    const lost = lostWithJob(view, extent)
    if (lost !== undefined) return report({ ...lost, extent: workOf(view), confidence: 'medium' })
    if (isSilence(extent)) return silent(extent)
    const found =
      unsaved(view, extent) ??
      late(view, extent) ??
      gone(view, extent) ??
      gap(view, extent) ??
      unread(view, extent)
    if (isSilence(found)) return silent(found)
    report({ ...found, extent: workOf(view), confidence: 'medium' })
  },
})

type Found = Report | Silence | undefined

/** As far as is seen: where the code of its trials is known, what stands beside it in the same file is trained once. */
function isTrialOf({ settings, subject }: SubjectView<'Search'>, view: SubjectView<'Training'>): boolean {
  const { path, cell, start } = view.subject.location
  const code = effective(settings.trialCode)
  if (code === undefined || path !== subject.location.path) return true
  return code.some((one) => one.cell === cell && one.start <= start && start < one.end)
}

/** Nothing is saved before the end, or at all. */
function unsaved(view: SubjectView<'Training'>, extent: Extent): Found {
  const { saves, unusedCheckpoint } = view.settings
  const when = saves === undefined ? undefined : effective(saves)
  if (saves === undefined || when === undefined) return unless(view, 'saves', '')
  if (when === 'while it runs') return undefined
  const end = when === 'at the end'
  // Who writes that no checkpoints are wanted may well save the model itself.
  const isLost = when === 'never' && saves.state === 'default' && !saves.overridable
  const lost = isLost ? ', and nothing of it remains in the end' : ''
  const asked = saves.overridable ? `nothing is saved unless \`${saves.key}\` is on` : undefined
  const made = unusedCheckpoint === undefined ? undefined : effective(unusedCheckpoint)
  const besides = made === undefined ? '' : ` \`${made}\` is there and never used.`
  return {
    at: saves,
    severity: isLost ? ofLost(view, extent) : ofUnsaved(view, extent),
    message: `${extent.says}, and ${asked ?? (end ? 'nothing is saved before the end' : `nothing is saved (\`${saves.key}\`)`)}: after an interruption all of it is paid for again${lost}.${besides}`,
    fixes: [{ set: [{ claim: saves, value: 'while it runs' }] }],
  }
}

/** The first checkpoint would come after the last step. */
function late(view: SubjectView<'Training'>, extent: Extent): Found {
  const { checkpointCount, savedEvery } = view.settings
  const rhythm = effective(savedEvery)
  const steps = stepsOf(view)
  const after = rhythm?.unit === 'steps' && steps !== null && steps < rhythm.count
  if (checkpointCount === undefined || (effective(checkpointCount) !== 0 && !after)) return undefined
  return {
    at: checkpointCount,
    // So few steps are soon done again, but for a job that a limit or a failure ends.
    severity: after && !onGpuJob(view) ? 'hint' : ofUnsaved(view, extent),
    message: `${extent.says}, and no checkpoint is written before the last of them (\`${checkpointCount.key}\`): after an interruption all of it is paid for again.`,
  }
}

/** Not even the end of the run leaves a model: whoever wants to use it trains it again, interrupted or not. */
function ofLost(view: SubjectView<'Training'>, extent: Extent): Severity {
  const severity = ofUnsaved(view, extent)
  const { notebook, small } = view.subject.evidence
  // What a notebook has trained stays in its kernel, and is looked at there.
  if (notebook || small !== null) return severity
  const { fineTuning, model, openEnded } = view.settings
  // How an agent learns is often all that its run is for.
  if (effective(openEnded) === 'reinforcement learning') return severity
  const published = effective(fineTuning) === true || effective(model) !== undefined
  const dear = extent.stake === 'hours' || (published && extent.stake === 'some')
  return severity === 'information' && dear ? 'warning' : severity
}

/** On capacity that may be taken away, or with retries, it is a matter of time. */
function ofUnsaved(view: SubjectView<'Training'>, extent: Extent): Severity {
  const job = view.run.job.compute?.settings
  const trial = effective(job?.trials) === true
  const again = effective(job?.spot) === true || (effective(job?.retries) ?? 0) > 0
  if (!trial && again) return 'warning'
  if (extent.stake === 'minutes') return 'hint'
  return holdsMany(view) ? 'warning' : ofSession(view)
}

/** So many devices cost dollars in every hour that is done again. */
function holdsMany(view: SubjectView<'Training'>): boolean {
  if (!onGpuJob(view) || view.subject.evidence.notebook) return false
  const { gpus, nodes, trials } = view.run.job.compute!.settings
  const devices = (effective(gpus) ?? 0) * (effective(nodes) ?? 1)
  return devices >= manyDevices && effective(trials) !== true
}

/** A job on accelerators writes what it saves where it goes with the machine: even a run that ends leaves nothing. */
function lostWithJob(view: SubjectView<'Training'>, extent: Extent | Silence): Report | undefined {
  const { saves } = view.settings
  const { compute } = view.run.job
  const disk = compute?.settings.losesFiles
  if (compute === null || disk === undefined || effective(disk) !== true) return undefined
  if (compute.settings.sessionLimit !== undefined || effective(compute.settings.trials) === true)
    return undefined
  // What is never saved is lost on any disk.
  if (!onGpuJob(view) || (saves !== undefined && effective(saves) === 'never')) return undefined
  // Wherever its files are taken, that is where they would be told to stay.
  const program = subjectIn(view.run, 'Program')
  if (program === undefined || program.settings.takesAway !== undefined) return undefined
  if (effective(compute.settings.checkpointStore) != null) return undefined
  const { epochs, maxSteps } = view.settings
  const short = isSilence(extent) && (effective(epochs) ?? effective(maxSteps)) !== undefined
  const { small } = view.subject.evidence
  return {
    at: disk,
    severity: short || small !== null ? 'information' : 'warning',
    message: `What the training in ${view.subject.location.path} saves goes with the ${disk.key}: nothing takes it elsewhere, so the end of the job or an interruption loses all of it.`,
    related: [
      { location: saves?.location ?? view.subject.location, message: 'what it saves stays on that disk' },
    ],
    together: 'its disk',
  }
}

/** What is saved is saved where it goes with the machine. */
function gone(view: SubjectView<'Training'>, extent: Extent): Found {
  const { saves } = view.settings
  const disk = view.run.job.compute?.settings.losesFiles
  if (saves === undefined || disk === undefined || effective(disk) !== true) return undefined
  const session = view.run.job.compute?.settings.sessionLimit !== undefined
  const program = subjectIn(view.run, 'Program')
  if (!session && (!onGpuJob(view) || effective(program?.settings.takesAway) !== 'upload')) return undefined
  return {
    at: session ? saves : disk,
    severity: extent.stake === 'hours' ? ofSession(view) : 'hint',
    message: `${extent.says}: checkpoints are written to the disk of the ${disk.key}${session ? ' session' : ''}, which goes with it, so what is not fetched in time is paid for again.`,
    related: session ? [] : [{ location: saves.location, message: 'writes to that disk' }],
  }
}

/** A run that goes on from its checkpoint does some of it again. */
function gap(view: SubjectView<'Training'>, { says, stake }: Extent): Found {
  const { resumesWithout } = view.settings
  const without = resumesWithout === undefined ? undefined : effective(resumesWithout)
  if (resumesWithout === undefined || without === undefined) return undefined
  return {
    at: resumesWithout,
    severity:
      stake === 'minutes' || (/optimiser/.test(without) && stake !== 'hours') ? 'hint' : 'information',
    message: `${says}: ${resumed[without]}.`,
    // A slip, unlike the habit to keep nothing.
    together: without,
  }
}

const resumed = {
  'the epochs':
    'a run that goes on from its checkpoint counts them from the first again, so all of them are paid for again',
  'its files':
    'each start writes to a folder that is named by the clock, so a run that goes on from the last checkpoint finds none',
  'the saved optimiser':
    'the state of the optimiser is saved and never loaded, so a run that goes on from its checkpoint starts with a fresh optimiser',
  'the optimiser': 'only weights are saved, so a run that goes on from them starts with a fresh optimiser',
}

/** What is saved is of no use to a run that never reads it. */
function unread(view: SubjectView<'Training'>, { says, stake }: Extent): Report | Silence {
  const { resumable, unusedResumeOption, checkpointHolds, savesState, managed } = view.settings
  if (resumable === undefined || effective(resumable) !== false)
    return unlessUnread(view, 'resumable', 'it saves while it runs, and can go on from there')
  const option = unusedResumeOption === undefined ? undefined : effective(unusedResumeOption)
  if (unusedResumeOption !== undefined && option !== undefined)
    return {
      at: unusedResumeOption,
      severity: stake === 'minutes' ? 'hint' : told(view),
      message: `${says}: checkpoints are written, but nothing goes on from what \`${option}\` names, so an interrupted run starts over.`,
      together: 'unused option',
    }
  const without = effective(managed) === true ? ` (\`${resumable.key}\`)` : ''
  const what =
    effective(checkpointHolds) === 'weights' && effective(savesState) !== true
      ? 'weights are written, without the state of the optimiser'
      : 'checkpoints are written'
  return {
    at: resumable,
    // A library is told in a word to go on; in a loop of one's own somebody has to write it while the machine waits.
    severity: stake === 'hours' || (stake === 'some' && effective(managed) !== true) ? told(view) : 'hint',
    message: `${says}: ${what}, but nothing here goes on from them${without}, so an interrupted run starts over.`,
    fixes: effective(managed) === true ? [{ set: [{ claim: resumable, value: true }] }] : [],
  }
}

/** Toy data take one step off, which a large network outweighs. */
function told(view: SubjectView<'Training'>): Severity {
  const { small, smallNetwork } = view.subject.evidence
  return small !== null && smallNetwork !== true && isLarge(view) ? 'warning' : 'information'
}

/** A notebook takes one step off, which a session that ends by itself outweighs. */
function ofSession(view: SubjectView<'Training'>): Severity {
  const { notebook, small } = view.subject.evidence
  const session = view.run.job.compute?.settings.sessionLimit
  return notebook && small === null && session !== undefined ? 'warning' : told(view)
}
