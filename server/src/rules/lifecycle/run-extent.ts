/** How much of a training an interruption loses. */
import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { type Silence, unless } from '../silence.js'
import { subjectIn } from '../subject-view.js'
import { onAccelerator, onGpuJob } from '../training/operation.js'
import { hasUnreadEpochs, hasUnreadSteps, mayBeFew } from './unread-epochs.js'

export interface Extent {
  /** '50 epochs', as the beginning of a sentence. */
  says: string
  /** What is lost at worst: minutes are done again by the way, hours are worth a word. */
  stake: 'minutes' | 'some' | 'hours'
}

/** So many passes or steps are worth a checkpoint. */
const manyEpochs = 10
const manySteps = 5000
/** So many take hours, whatever they are of; fewer passes over a few narrow layers are done again in minutes. */
const longRun = 100
const longSteps = 100_000
/** Seconds. */
const longJob = 7200
/** Parameters from which on a single pass takes hours, and a hundred of them do. */
const largeModel = 1e9
const largeNetwork = 1e7
/** Passes times parameters from which on the passes of such a network are many. */
const muchWork = 3e8

/** The extent of a run that is worth a checkpoint; else why it is none. */
export function extentOfRun(view: SubjectView<'Training'>): Extent | Silence {
  const { epochs, maxSteps } = view.settings
  const steps = effective(maxSteps)
  if (typeof steps === 'number') {
    const says = `${formatCount(steps)} steps`
    if (steps >= manySteps) return { says, stake: stakeOf(view, steps >= longSteps) }
    const dear = dearPasses(view)
    return dear === null ? short(says) : { says: `${says} ${dear}`, stake: 'hours' }
  }
  const length = epochs ?? (maxSteps?.state === 'unknown' ? maxSteps : undefined)
  if (length === undefined) return unless(view, 'epochs', '')
  if (length.state === 'unknown') return ofUnread(view, length)
  const count = effective(epochs)
  if (count === undefined) return unless(view, 'epochs', '')
  const counted = effective(view.settings.countedEpochs)
  const inAll = counted === undefined ? 0 : counted.epochs * counted.steps
  if (count < manyEpochs && inAll >= manySteps)
    return { says: `${formatCount(inAll)} steps`, stake: stakeOf(view, inAll >= longSteps) }
  const passes = `${formatCount(count)} epoch${count === 1 ? '' : 's'}`
  if (count >= manyEpochs) return { says: passes, stake: stakeOf(view, count >= longRun, count) }
  const dear = dearPasses(view)
  return dear === null ? short(passes) : { says: `${passes} ${dear}`, stake: 'hours' }
}

const short = (length: string): Silence => ({ text: `the run is short: ${length}` })

interface Unread {
  key: string
  because: string
}

/** Whatever their number is, what nobody saves meanwhile, or reads again, is lost. */
function ofUnread(view: SubjectView<'Training'>, { key, because }: Unread): Extent | Silence {
  // A launch that gives it is judged with what it gives.
  if (/\blaunch\b/.test(because)) return unless(view, ['epochs', 'maxSteps'], '')
  const ofEpochs = /epoch/i.test(`${key} ${because}`)
  const says = ofEpochs
    ? 'A number of epochs that cannot be read here'
    : view.settings.epochs === undefined
      ? 'A number of steps that cannot be read here'
      : 'A run whose length cannot be read here'
  const stake = stakeOf(view, false)
  // A loop of one's own with a configuration of its own is mostly a long one.
  const long =
    stake === 'hours' ||
    (effective(view.settings.managed) !== true &&
      (hasUnreadEpochs(view) || hasUnreadSteps(view)) &&
      !mayBeFew(view))
  return { says, stake: long ? stake : 'minutes' }
}

/** Why a few passes take hours all the same, as what follows their number; null: nothing says so. */
function dearPasses(view: SubjectView<'Training'>): string | null {
  const job = view.run.job.compute?.settings
  const limit = effective(job?.timeLimit)
  if (onGpuJob(view) && job?.timeLimit?.state === 'known' && typeof limit === 'number' && limit >= longJob)
    return `on a job of up to ${Math.round(limit / 3600)} hours`
  if (!onAccelerator(view)) return null
  const { adapters, parameters, sharding } = view.settings
  const size = effective(parameters)
  if (size !== undefined)
    return size >= largeModel ? `of a model of ${Math.round(size / 1e8) / 10} B parameters` : null
  // Whichever it is, it is too large to be trained as it is.
  if (effective(adapters) != null) return 'of a model that is trained by adapters'
  return effective(sharding) != null ? 'of a model that several devices share' : null
}

function stakeOf(view: SubjectView<'Training'>, long: boolean, epochs?: number): Extent['stake'] {
  const { accelerator, notebook, small } = view.subject.evidence
  const light = effective(view.settings.lightNetwork) !== undefined
  if (!notebook && (onGpuJob(view) || takesMany(view))) return 'hours'
  if (light && (epochs ?? longRun) < longRun) return 'minutes'
  // Of a network whose body is frozen a head is lost.
  const head = effective(view.settings.frozenNetwork) !== undefined
  // A library is told in a word to go on; a loop of one's own has to be written for it.
  const own = effective(view.settings.managed) !== true
  const much = own && epochs !== undefined && epochs * parametersOf(view) >= muchWork
  if ((long || much) && !light && !head && (small === null || isLarge(view)) && accelerator !== 'none')
    return 'hours'
  // A published network takes hours on a processor.
  return onAccelerator(view) || effective(view.settings.model) !== undefined ? 'some' : 'minutes'
}

/** Accelerators that nobody has to himself to try things out. */
export const manyDevices = 4

/** The program says itself that it takes so many, or a launcher starts a process for each of them. */
function takesMany(view: SubjectView<'Training'>): boolean {
  const { launch } = view.run.job
  if (launch?.perDevice === true && onAccelerator(view)) {
    const started = (launch.processes ?? 0) * Math.max(launch.nodes ?? 1, 1)
    if (started >= manyDevices) return true
  }
  const devices = effective(subjectIn(view.run, 'Program')?.settings.devices)
  return devices !== undefined && devices.count >= manyDevices
}

/** A network of which nothing is known has so many parameters, one that is said to be small so many. */
const usualNetwork = 1e6
const smallNetwork = 1e4

/** How much arithmetic a run is, to be held against other runs: passes times parameters. */
export function workOf(view: SubjectView<'Training'>): number {
  const { epochs, lightNetwork, maxSteps, model, parameters } = view.settings
  const steps = effective(maxSteps)
  const passes =
    typeof steps === 'number' ? (steps * manyEpochs) / manySteps : (effective(epochs) ?? manyEpochs)
  const counted = (effective(view.settings.countedLayers)?.networks ?? []).map((one) => one.parameters)
  const known = effective(parameters) ?? (counted.length === 0 ? undefined : Math.max(...counted))
  const light = effective(lightNetwork) !== undefined || view.subject.evidence.small !== null
  const unknown = effective(model) !== undefined ? largeNetwork : light ? smallNetwork : usualNetwork
  return passes * (known ?? unknown)
}

/** A network that takes long whatever it is trained on. */
export function isLarge(view: SubjectView<'Training'>): boolean {
  return parametersOf(view) >= largeNetwork
}

/** Of its largest network; 0: not known. */
function parametersOf({ settings }: SubjectView<'Training'>): number {
  const counted = effective(settings.countedLayers)?.networks ?? []
  const parameters = [effective(settings.parameters) ?? 0, ...counted.map((one) => one.parameters)]
  return Math.max(...parameters)
}
