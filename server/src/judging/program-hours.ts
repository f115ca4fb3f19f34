/** How long a program trains: each of its trainings, put together. */
import { checkpointHours, evaluationHours } from '../estimate/beside-steps.js'
import { type Missing, type RunParts, sampleUnit } from '../estimate/bill.js'
import { experienceHours } from '../estimate/experience-hours.js'
import { loaderHours, withLoader } from '../estimate/loader-seconds.js'
import { usableMemory } from '../estimate/memory.js'
import type { Interval } from '../estimate/network.js'
import { processorCard, usualCpus } from '../estimate/processors.js'
import type { ReadQuestion } from '../estimate/question.js'
import { type RunHours, runHours } from '../estimate/run-hours.js'
import { treeHours } from '../estimate/tree-hours.js'
import { machineOf } from '../rules/hardware.js'
import type { RuleOptions } from '../rules/rule.js'
import { isViewOf, subjectsOf } from '../rules/subject-view.js'
import { lackText, questionOf, type TrainingQuestion, tableOf } from '../rules/training-question.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import type { Rhythm } from '../workload/resource-kinds.js'
import { trainingsOf, type Work } from './run-trainings.js'

type Parts = NonNullable<RunParts['parts']>

type ProgramHours = ({ hours: Interval; parts?: Parts } | Missing) & { assumptions?: string[]; parts?: Parts }

/** At least the longest of them, at most all of them. */
export function hoursOfProgram(trainings: readonly Work[], options: RuleOptions): ProgramHours {
  const found = trainings.map((one) => hoursOfTraining(one, options))
  const read = found.flatMap((one) => ('missing' in one ? [] : [one]))
  const lacking = found.find((one) => 'missing' in one)
  if (lacking === undefined)
    return {
      hours: longestToAll(read.map(({ hours }) => hours)),
      ...(read.every(({ parts }) => parts !== undefined)
        ? {
            parts: joinedParts(
              read.map(({ parts }) => parts!),
              longestToAll,
            ),
          }
        : {}),
      assumptions: read.flatMap((one) => one.assumptions ?? []),
    }
  const counted = found.flatMap((one) => ('missing' in one ? (one.ofSamples ?? []) : []))
  const { missing } = lacking
  if (counted.length < found.length) return { missing }
  const assumptions = found.flatMap((one) => one.assumptions ?? [])
  return { missing, ofSamples: longestToAll(counted), assumptions }
}

/** Of trainings that follow each other. */
export function addedParts(all: readonly Parts[]): Parts {
  return joinedParts(all, (hours) => ({
    low: hours.reduce((total, { low }) => total + low, 0),
    high: hours.reduce((total, { high }) => total + high, 0),
  }))
}

function joinedParts(all: readonly Parts[], join: (hours: Interval[]) => Interval): Parts {
  return (['steps', 'evaluation', 'checkpoints'] as const).flatMap((what) => {
    const hours = all.flatMap((parts) => parts.filter((one) => one.what === what).map((one) => one.hours))
    return hours.length === 0 ? [] : [{ what, hours: join(hours) }]
  })
}

function longestToAll(all: readonly Interval[]): Interval {
  return {
    low: Math.max(...all.map(({ low }) => low)),
    high: all.reduce((total, { high }) => total + high, 0),
  }
}

function hoursOfTraining(view: Work, options: RuleOptions): ProgramHours {
  const told = options.told.hours
  if (told !== null) return { hours: told, assumptions: ['hours as configured'] }
  if (isViewOf(view, 'Fit') && view.settings.experience !== undefined) return hoursOfAgent(view)
  if (isViewOf(view, 'Fit') || view.settings.trees !== undefined) return hoursOfTrees(view, options)
  const machine = machineOf(view, options)
  const onProcessor = machine.gpu === null && computesOnProcessor(view)
  const gpu = onProcessor ? processorCard(machine.cpus ?? usualCpus.low) : machine.gpu
  const question = questionOf(view, gpu, devicesOf(view, options), options.told.samples)
  if ('missing' in question) return question
  if (onProcessor && machine.cpus === null) question.fast.gpu = processorCard(usualCpus.high)
  const [fast, slow] = [runHours(question.fast), runHours(question.slow)]
  // Nobody waits so long for processors: what it computes on is rather not read.
  if (onProcessor && fast.hours !== null && fast.hours.low > longestOnProcessor)
    return { missing: 'how fast its processors are' }
  const assumptions = [...new Set([...question.fast.assumptions, ...fast.assumptions, ...slow.assumptions])]
  const lack = slow.lacks[0] ?? fast.lacks[0]
  if (fast.hours === null || slow.hours === null) {
    const missing = lackText(lack ?? 'length', question)
    if (lack !== 'samples' && lack !== 'dataset') return { missing }
    const [least, most] = [question.fast, question.slow].map(
      (one) => runHours({ ...one, samples: sampleUnit }).hours,
    )
    if (!least || !most) return { missing }
    return { missing, ofSamples: { low: least.low, high: most.high }, assumptions }
  }
  const steps = fed(
    view,
    { low: fast.hours.low, high: slow.hours.high },
    fast.work?.samples,
    slow.work?.samples,
  )
  const parts: Parts = [{ what: 'steps', hours: steps }, ...besideSteps(view, question, fast, slow)]
  const hours = {
    low: parts.reduce((total, one) => total + one.hours.low, 0),
    high: parts.reduce((total, one) => total + one.hours.high, 0),
  }
  return { hours, ...(parts.length > 1 ? { parts } : {}), assumptions }
}

/**
 * Whether the card may be meant for what is trained: not where its weights alone, with their gradients where all are trained, are
 * larger, and not where it has no units for the bf16 that is asked for.
 */
export function mayHold(view: Work, card: string, options: RuleOptions): boolean {
  if (isViewOf(view, 'Fit') || view.settings.trees !== undefined) return true
  const own = { ...options, defaultHardware: card }
  const { gpu } = machineOf(view, own)
  const question = questionOf(view, gpu, devicesOf(view, own))
  const usable = gpu === null ? null : usableMemory(gpu)
  if ('missing' in question || usable === null) return true
  const { network, method, devices } = question.fast
  const { precision } = view.settings
  const asked = precision?.state === 'known' && precision.value.startsWith('bf16')
  if (asked && gpu !== null && !gpu.formats.has('bf16')) return false
  const bytes = method.quantized ? 0.5 : method.adapters || method.headOnly ? 2 : 4
  return bytes * (network?.parameters ?? 0) <= usable * devices
}

/** Hours. */
const longestOnProcessor = 24

/** Evaluation and checkpoints, where it is known how often they are made and what of. */
function besideSteps(
  view: SubjectView<'Training'>,
  question: TrainingQuestion,
  fast: RunHours,
  slow: RunHours,
): Parts {
  const { settings } = view
  const { fast: least, slow: most } = question
  const parts: Parts = []
  const speed = slow.speed === null || fast.speed === null ? null : { fast: fast.speed, slow: slow.speed }
  // Data sets without a part to validate on are tested while they are trained on.
  const held = most.dataset?.validation ?? most.dataset?.test ?? null
  const every = effective(settings.evaluatedEvery)
  const evaluations =
    every !== undefined
      ? timesOf(every, question, fast, slow)
      : effective(settings.validation) === true
        ? epochsOf(least, most)
        : null
  if (evaluations !== null && held !== null && speed !== null)
    parts.push({
      what: 'evaluation',
      hours: {
        low: evaluationHours(evaluations, held, speed.fast).low,
        high: evaluationHours(evaluations, held, speed.slow).high,
      },
    })
  const parameters = most.network?.parameters ?? 0
  const rhythm = effective(settings.savedEvery)
  const saved =
    rhythm === undefined ? checkpointsOf(settings, least, most) : timesOf(rhythm, question, fast, slow)
  if (saved !== null && parameters > 0 && effective(settings.adapters) == null)
    parts.push({
      what: 'checkpoints',
      hours: checkpointHours(saved, parameters, effective(settings.checkpointHolds)),
    })
  return parts
}

function checkpointsOf(
  settings: SubjectView<'Training'>['settings'],
  least: ReadQuestion,
  most: ReadQuestion,
): Interval | null {
  const count = effective(settings.checkpointCount)
  if (count !== undefined) return { low: count, high: count }
  const saves = effective(settings.saves)
  if (saves === 'at the end') return { low: 1, high: 1 }
  return saves === 'while it runs' ? epochsOf(least, most) : null
}

/** Once for each epoch. */
function epochsOf({ length: least }: ReadQuestion, { length: most }: ReadQuestion): Interval | null {
  return least?.unit === 'epochs' && most?.unit === 'epochs'
    ? { low: Math.floor(least.amount), high: Math.ceil(most.amount) }
    : null
}

/** How often something is done in the run that has this rhythm. */
function timesOf(
  { count, unit }: Rhythm,
  { fast: least, slow: most }: TrainingQuestion,
  fast: RunHours,
  slow: RunHours,
): Interval | null {
  if (unit === 'epochs') {
    const epochs = epochsOf(least, most)
    return epochs && { low: Math.floor(epochs.low / count), high: Math.ceil(epochs.high / count) }
  }
  const steps = [fast.work?.steps, slow.work?.steps]
  if (steps[0] == null || steps[1] == null) return null
  return { low: Math.floor(steps[0] / count), high: Math.floor(steps[1] / count) }
}

/** Columns of a table that nobody has counted. An assumption. */
const usualColumns: Interval = { low: 5, high: 200 }

function hoursOfTrees(view: Work, options: RuleOptions): ProgramHours {
  const claim = (view.settings as SubjectView<'Fit'>['settings']).trees
  const work = effective(claim)
  if (work === undefined)
    return { missing: `how long its trees take${claim?.state === 'unknown' ? `: ${claim.because}` : ''}` }
  const table = tableOf(view, options.told.samples)
  const { cpus } = machineOf(view, options)
  const assumptions = [
    ...('missing' in table || table.counted === null ? [] : [table.counted]),
    ...work.assumed,
    ...(table.columns === null
      ? [`${usualColumns.low} to ${usualColumns.high} columns, which nobody counted`]
      : []),
    ...(cpus === null && !work.accelerated && work.threads === 'all'
      ? [`${usualCpus.low} to ${usualCpus.high} vCPUs, which no job names`]
      : []),
    ...(work.perClass ? ['one to ten classes, each with a tree in every round'] : []),
  ]
  const columns = table.columns ?? usualColumns
  const hours = (rows: Interval): Interval =>
    treeHours(work, { rows, columns }, cpus === null ? usualCpus : { low: cpus, high: cpus })
  if (!('missing' in table)) return { hours: hours(table.rows), assumptions }
  const unit = { low: sampleUnit, high: sampleUnit }
  return { missing: table.missing, ofSamples: hours(unit), assumptions }
}

function hoursOfAgent({ settings: { experience } }: SubjectView<'Fit'>): ProgramHours {
  const steps = effective(experience)
  if (steps !== undefined) return { hours: experienceHours(steps) }
  return {
    missing: `how long its agent learns${experience?.state === 'unknown' ? `: ${experience.because}` : ''}`,
  }
}

/** Hours of a training that waits for its samples, where it is known what one costs. */
function fed(
  view: SubjectView<'Training'>,
  hours: Interval,
  least: number | null = null,
  most = least,
): Interval {
  const loader = countedLoader(view)
  if (loader === null || least === null || most === null) return hours
  const { work } = loader
  const workers = effective(loader.settings.workers) ?? null
  const loading = {
    low: loaderHours(work, workers, least).low,
    high: loaderHours(work, workers, most).high,
  }
  return withLoader(hours, loading, workers)
}

/** The one loader of a training of which it is known what a sample costs; null: there is none, or several. */
function countedLoader(view: SubjectView<'Training'>) {
  const [loader, ...others] = subjectsOf(view.run, 'InputPipeline').filter(
    ({ settings, subject }) =>
      effective(settings.feeds) === 'training' && subject.location.path === view.subject.location.path,
  )
  const work = effective(loader?.settings.work)
  if (loader === undefined || others.length > 0 || work === undefined || work === 'device') return null
  return { ...loader, work }
}

/** The hours of its run hold the time that this loader takes. */
export function countsLoader({ run, subject }: SubjectView): boolean {
  return trainingsOf(run)
    .flat()
    .some((one) => isViewOf(one, 'Training') && countedLoader(one)?.subject.id === subject.id)
}

export function computesOnProcessor({ subject }: Pick<SubjectView, 'subject'>): boolean {
  return subject.evidence.accelerator === 'cpu' || subject.evidence.accelerator === 'none'
}

/** Accelerators that share the work of a training, at most and at least. */
function devicesOf(view: SubjectView<'Training'>, options: RuleOptions): { fast: number; slow: number } {
  const { launch, compute } = view.run.job
  const gpus = machineOf(view, options).gpus
  const nodes = effective(compute?.settings.nodes) ?? launch?.nodes ?? 1
  const all = Math.max(1, (gpus ?? 1) * nodes)
  const processes = launch?.processes ?? null
  if (processes === 0) return { fast: all, slow: all }
  if (processes !== null && processes > 1) {
    const used = Math.min(processes * nodes, gpus === null ? processes * nodes : all)
    return { fast: used, slow: used }
  }
  if (gpus === null || gpus <= 1) return { fast: all, slow: 1 }
  // One process that sees several of them: the library splits each batch, which gains less than their number.
  const splits = subjectsOf(view.run, 'Parallelism').some(
    ({ settings }) => effective(settings.method) === 'data-parallel',
  )
  if (splits) return { fast: gpus, slow: Math.max(1, gpus / 2) }
  return processes === 1 && effective(view.settings.managed) !== true
    ? { fast: 1, slow: 1 }
    : { fast: all, slow: 1 }
}
