import { roughUsd, spokenUsd } from '../../estimate/hourly.js'
import type { Interval } from '../../estimate/network.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { usesAccelerator } from '../accelerator-use.js'
import { defineRule, type Report } from '../rule.js'
import { isSilence, type Silence, unless } from '../silence.js'
import { isViewOf, subjectIn, subjectsOf } from '../subject-view.js'
import { costOf } from './job-price.js'
import { acceleratorsOf, duration, jobName, withoutAccelerators } from './job-words.js'

const day = 86_400
const hour = 3600
/** Longer limits end nothing that goes wrong: a week where others set limits too, five days where the bill is open. */
const longest = { limited: 7 * day, open: 5 * day }
/** What a hang may cost before a platform's own limit ends it is worth a warning from here on. In USD. */
const dear = 1000
/** The same for a word about a default that other jobs do well with. */
const felt = 50
/** And of one call among many. */
const call = 5
/** The same for a day of processors. */
const feltDaily = 5

export default defineRule({
  name: 'lifecycle/no-deadline',
  judges: ['Compute', 'Step'],
  checklist: ['cadence/daily', 'observability/failed-jobs', 'baseline/idle-time'],
  severity: 'warning',
  finds: 'GPU jobs and training jobs without a time limit',
  summary: 'Without a time limit, a job that hangs is billed until someone notices.',
  tellsTogether: true,
  check(view, { report, silent, options, today }) {
    if (isViewOf(view, 'Step')) {
      const found = stepWithoutLimit(view)
      return isSilence(found) ? silent(found) : report(found)
    }
    if (!isViewOf(view, 'Compute')) return silent('it is no job')
    const { timeLimit, service, limitedBy } = view.settings
    const counted = acceleratorsOf(view)
    const held = effective(view.settings.gpusFilledIn) === true || trainsOnUnknown(view)
    const elsewhere = effective(limitedBy)
    const onProcessors = counted === undefined && !held
    const openEnded = effective(view.settings.neverEnded) === true
    const machines =
      counted ??
      (held
        ? 'its GPUs'
        : elsewhere === undefined
          ? (trainingMachines(view) ?? (openEnded ? machinesOf(view) : undefined))
          : undefined)
    if (timeLimit === undefined || timeLimit.state === 'unknown') return silent(unless(view, 'timeLimit', ''))
    if (machines === undefined) return silent(withoutAccelerators(view))
    if (effective(service) === true) return silent('it is a service')
    const seconds = timeLimit.value ?? null
    const cost = seconds === null || onProcessors ? null : costOf(view, seconds, options.prices, today)
    // A platform's own default is its maker's business, unless it is hardly one, or a hang costs much until it ends.
    const bearable = seconds !== null && seconds <= longest.open && (cost?.low ?? 0) < felt
    const open = seconds === null || (timeLimit.state === 'default' && !bearable)
    if (open) {
      const until =
        seconds !== null
          ? `for ${duration(seconds)}${cost === null ? '' : ` (${spokenUsd(cost, roughUsd)})`}, until the platform ends it`
          : elsewhere === undefined
            ? 'until someone notices'
            : `until the limit of ${elsewhere}, often days or none at all`
      const verb = elsewhere === undefined ? 'bills' : 'holds'
      const lost = losesLongRun(view)
      // A queue refuses what asks for more time than it grants.
      const usual = elsewhere === undefined && mayTakeLong(view, onProcessors) ? 3 * day : day
      // Whatever is started again then should be over.
      const limit = Math.min(usual, Math.max(effective(view.settings.startedEvery) ?? usual, hour))
      const care = lost ? ' It loads no checkpoint, so the limit has to leave a whole run its time.' : ''
      report({
        at: timeLimit,
        severity: onProcessors
          ? (costOf(view, day, options.prices, today)?.low ?? (openEnded ? feltDaily : 0)) >= feltDaily
            ? 'information'
            : 'hint'
          : elsewhere === undefined &&
              !trainsOnUnknown(view) &&
              (seconds === null || (cost?.low ?? 0) >= dear)
            ? 'warning'
            : 'information',
        message: `${jobName(view, onProcessors)} ${lacks(timeLimit.key, timeLimit.state)}: a hang (${onProcessors ? '' : 'a stuck collective, '}storage that does not answer) ${verb} ${machines} ${until}.${care}`,
        // A fix that knows nothing of how long a run takes proposes no less than a default of a day.
        fixes:
          lost || (seconds !== null && seconds <= limit)
            ? []
            : [
                {
                  set: [{ claim: timeLimit, value: limit }],
                  ...(takesDays(view) ? { onlyIf: 'no run takes longer' } : {}),
                },
              ],
        ...(onProcessors ? { together: openEnded ? 'open-ended' : 'on processors' } : {}),
      })
      return
    }
    const hang = endsLate(view, seconds, cost)
    if (hang !== undefined) {
      report({
        at: timeLimit,
        severity: 'information',
        message: `A call of "${effective(view.settings.name)}" may take ${duration(seconds)} (${timeLimit.key}): one that hangs holds ${machines} that long, ${hang}.`,
      })
      return
    }
    if (timeLimit.state === 'default')
      return silent(`the platform ends it after ${duration(seconds)} by itself`)
    if (seconds <= (elsewhere === undefined ? longest.open : longest.limited))
      return silent(`it ends after ${duration(seconds)} (${timeLimit.key})`)
    report({
      at: timeLimit,
      severity: elsewhere === undefined ? 'hint' : 'information',
      message: `${jobName(view, onProcessors)} may run for ${duration(seconds)} (${timeLimit.key}): a hang holds ${machines} that long.`,
    })
  },
})

/** What one call that hangs may cost, where calls of seconds are given hours; undefined: it is little, or the call trains. */
function endsLate(view: SubjectView<'Compute'>, seconds: number, cost: Interval | null): string | undefined {
  const { limitsCalls, name } = view.settings
  if (effective(limitsCalls) !== true || seconds <= 2 * hour || cost === null || cost.low < call)
    return undefined
  const trains =
    trainsByName.test(effective(name) ?? '') ||
    view.run.siblings.some((run) => effective(subjectIn(run, 'Program')?.settings.trains) === true)
  // Of what else a container does nobody knows how long it takes.
  const answers = view.run.siblings.some((run) => subjectsOf(run, 'Serving').length > 0)
  return trains || !answers || effective(name) === undefined ? undefined : spokenUsd(cost, roughUsd)
}

/** A worker that runs a training for its engine: whatever comes next waits for it. */
function stepWithoutLimit({ settings, subject }: SubjectView<'Step'>): Report | Silence {
  const { timeLimit, work, name, gpus, unseen } = settings
  if (timeLimit === undefined || timeLimit.state === 'unknown')
    return unless({ settings }, 'timeLimit', 'its engine gives it no limit of its own')
  if (timeLimit.value != null)
    return { text: `it ends after ${duration(timeLimit.value)} (${timeLimit.key})` }
  if (effective(work)?.includes('train') !== true)
    return unless({ settings }, 'work', 'the step does not train')
  const count = effective(gpus) ?? 0
  const held = count > 0 ? `${count} GPU${count === 1 ? '' : 's'}` : 'its worker'
  return {
    at: timeLimit,
    // A worker of processors costs little, however long it hangs.
    severity:
      count > 0 || effective(unseen) === true || /^(gpu|maybe)$/.test(subject.evidence.accelerator)
        ? 'information'
        : 'hint',
    message: `Training step "${effective(name)}" ${lacks(timeLimit.key, timeLimit.state)}: a hang (storage that does not answer) holds ${held} until someone notices.`,
    fixes: [{ set: [{ claim: timeLimit, value: day }] }],
    ...(count > 0 ? {} : { together: 'on processors' }),
  }
}

/** Passes that may well take longer than a day. */
const manyEpochs = 500

/** Nobody takes so many machines for what a few do in a day; nor are so many passes over in one for certain. */
function takesDays({ settings, run }: SubjectView<'Compute'>): boolean {
  if ((effective(settings.nodes) ?? 1) >= 4 || (effective(settings.gpus) ?? 1) >= 16) return true
  return run.siblings.some((one) => {
    const told = Object.entries(one.job.launch?.flags ?? {}).some(
      ([name, { value }]) => namesPasses.test(name) && Number(value) >= manyEpochs,
    )
    return (
      told ||
      subjectsOf(one, 'Training').some((training) => (effective(training.settings.epochs) ?? 0) >= manyEpochs)
    )
  })
}

/** `--epochs`, `--max_epochs`, `--num-train-epochs` */
const namesPasses = /^((max|num|n|total)[-_])?(train[-_])?epochs?$/

/** Which machines it gets is said elsewhere (a cluster by its name), and its program trains on an accelerator. */
function trainsOnUnknown({ settings: { gpus }, subject, run }: SubjectView<'Compute'>): boolean {
  const { accelerator } = subject.evidence
  if (effective(gpus) !== undefined || (accelerator !== 'maybe' && accelerator !== 'gpu')) return false
  return run.siblings.some((one) => {
    const program = subjectIn(one, 'Program')
    return effective(program?.settings.trains) === true && usesAccelerator(one, program) === true
  })
}

/** Processors cost less, so only a job that trains is worth a word; undefined: nothing says that it does. */
function trainingMachines({ settings, subject, run }: SubjectView<'Compute'>): string | undefined {
  // It stays on as long as anything runs on it.
  const interactive = effective(settings.interactiveRate)
  if (interactive !== undefined) return `its ${interactive.machine}`
  const named = [effective(settings.name) ?? '', subject.location.path].some((one) => trainsByName.test(one))
  const trains =
    named || run.siblings.some((one) => effective(subjectIn(one, 'Program')?.settings.trains) === true)
  return trains ? machinesOf({ settings }) : undefined
}

function machinesOf({ settings }: Pick<SubjectView<'Compute'>, 'settings'>): string {
  const count = effective(settings.nodes) ?? 1
  return count > 1 ? `its ${count} machines` : 'its machine'
}

const trainsByName = /(^|[^a-z])(train(er|ing)?|fine-?tun\w*)([^a-z]|$)/i

/**
 * A training of which nobody knows how long it takes: a limit that comes too early costs all of it, one that
 * comes late only what hangs.
 */
function mayTakeLong(view: SubjectView<'Compute'>, onProcessors: boolean): boolean {
  const words = [effective(view.settings.name) ?? '', view.subject.location.path]
  if (view.subject.evidence.small !== null || words.some((one) => shortByName.test(one))) return false
  const { siblings } = view.run
  // On processors only what is seen to train a network.
  if (onProcessors && siblings.every((run) => subjectsOf(run, 'Training').length === 0)) return false
  const named = words.some((one) => trainsByName.test(one))
  return siblings.every((run) => {
    if (!named && effective(subjectIn(run, 'Program')?.settings.trains) === false) return false
    return subjectsOf(run, 'Training').every(({ subject }) => subject.evidence.small === null)
  })
}

const shortByName =
  /(^|[^a-z])(eval\w*|test\w*|predict\w*|infer\w*|prep\w*|process\w*|convert\w*|generat\w*|debug|smoke|bench\w*|profil\w*)([^a-z]|$)/i

/** A training this long may well take more than a day. */
const many = { epochs: 50, steps: 50_000 }

/** A limit that comes too early costs all of a training that may be long and starts from nothing again. */
function losesLongRun(view: SubjectView<'Compute'>): boolean {
  return view.run.siblings.some((run) => {
    const program = subjectsOf(run, 'Program').find(({ subject }) => subject.location.path === run.script)
    if (effective(program?.settings.resumes) !== false) return false
    return subjectsOf(run, 'Training').some(
      ({ subject: { evidence }, settings: { epochs, maxSteps } }) =>
        evidence.large !== undefined ||
        (effective(epochs) ?? 0) >= many.epochs ||
        (effective(maxSteps) ?? 0) >= many.steps,
    )
  })
}

function lacks(key: string, state: 'known' | 'default'): string {
  return state === 'default' ? `has no ${key}` : `sets no limit (${key})`
}
