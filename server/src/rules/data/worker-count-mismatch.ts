import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { type Machine, machineOf, processesOf } from '../hardware.js'
import { defineRule, type RuleContext } from '../rule.js'
import { notTraining, offAccelerator, unless } from '../silence.js'
import { subjectIn, subjectsOf } from '../subject-view.js'

/** Above this many processes for each core they only take the cores from each other. */
const crowded = 1.5
/** vCPUs for each accelerator from which on two workers are few. */
const manyCores = 8
/** Share of a run that the accelerator waits. Assumptions. */
const contention: [number, number] = [0.02, 0.2]
const starving: [number, number] = [0.05, 0.3]
const contended = 'assumes that switching between too many processes and their memory cost 2 to 20 % of a run'
/** Where nothing tells how many cores there are: more than machines with one GPU have. */
const veryMany = 32
/** So many workers of each of several processes, and in all, are more than clouds give to machines with as many GPUs. */
const manyEach = 16
const manyInAll = 64
/** Cores that hardly decode for an accelerator, as the training takes one of them itself. */
const fewEach = 2
/** Shared memory that workers can do with: a batch of images each. */
const enoughShared = 2 ** 30

/** What a node of a cluster is sure to have. */
const mostCores = 32

export default defineRule({
  name: 'data/worker-count-mismatch',
  judges: 'InputPipeline',
  checklist: ['rightsize/match-instance', 'bottleneck/compute-bound'],
  overlaps: 'loading',
  severity: 'information',
  measuredBy: 'waiting',
  finds: 'more loader workers than the job has cores, or far fewer',
  summary: 'The number of worker processes does not fit the cores or the shared memory of the job.',
  check(view, context) {
    const { silent } = context
    const { settings } = view
    const { workers } = settings
    const count = effective(workers)
    if (workers === undefined || count === undefined || count < 1)
      return silent(unless(view, 'workers', 'no workers load the data'))
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    const stopped = offAccelerator(view)
    const machine = machineOf(view, context.options)
    // Where the training itself takes the cores, too many workers take them from it.
    const crowds = count > crowded * (machine.cpus ?? Number.POSITIVE_INFINITY)
    if (stopped !== undefined && !crowds) return silent(stopped)
    if (effective(settings.feeds) !== 'training')
      return silent(unless(view, 'feeds', 'it feeds an evaluation'))
    if (stopped === undefined && checkUnaskedCores(view, count, context)) return
    if (stopped === undefined && checkAskedCores(view, count, machine, context)) return
    checkCores(view, workers as Claim<number>, count, machine, context)
    if (stopped !== undefined) return
    checkSharedMemory(view, workers, count, context)
  },
})

/** A scheduler gives each task one core where nobody asks for more. True: said. */
function checkUnaskedCores(
  view: SubjectView<'InputPipeline'>,
  count: number,
  { report, options }: RuleContext,
): boolean {
  const asked = view.run.job.compute?.settings.unaskedCores
  const cores = effective(asked)
  if (asked === undefined || cores === undefined || cores <= 0 || !isFirst(view)) return false
  const processes = Math.max(1, processesOf(view, machineOf(view, options)) ?? 1)
  // That each task does the same is told, and is the first thing to mend.
  const alike = effective(subjectIn(view.run, 'Program')?.settings.parallelism) === 'none'
  if (count * processes < 2 * cores || (processes > 1 && alike)) return false
  const better = Math.min(64, Math.ceil(((count + 1) * processes) / Math.max(1, cores)))
  const apart = effective(view.run.job.compute?.settings.chargedApart)
  report({
    at: asked,
    message: `\`${asked.key}\` is not set: the job ${gets(cores)}, and ${sum(count, processes)} share${count * processes === 1 ? 's' : ''} ${cores <= 1 ? 'it' : 'them'}.`,
    saving: {
      fraction: starving,
      usd: null,
      basis: 'assumes that loading holds the run back for 5 to 30 % of its time; measure it with a profiler',
    },
    fixes: [
      {
        set: [{ claim: asked, value: better }],
        ...(apart !== undefined
          ? { onlyIf: `waiting costs more than the cores, as ${apart} are charged apart` }
          : better > mostCores
            ? { onlyIf: 'the nodes have as many' }
            : {}),
      },
    ],
    related: [{ location: view.settings.workers!.location, message: 'starts the workers' }],
  })
  return true
}

/** A job that asks for a core or two, where the loader decodes: more of them are cheap beside the accelerator. True: said. */
function checkAskedCores(
  view: SubjectView<'InputPipeline'>,
  count: number,
  machine: Machine,
  { report }: RuleContext,
): boolean {
  const { settings } = view.run.job.compute ?? {}
  const asked = settings?.cpus
  const cores = effective(asked)
  if (asked === undefined || asked.state !== 'known' || cores === undefined || cores < 1) return false
  // The cores of a type, or of a session, are not asked for.
  if (machine.name !== null || effective(settings?.interactive) === true || !(machine.gpus ?? 0)) return false
  if (effective(view.settings.work) !== 'decode') return false
  const processes = Math.max(1, processesOf(view, machine) ?? machine.gpus ?? 1)
  if (cores > (processes === 1 ? fewEach : processes)) return false
  // One word for all loaders of the run.
  if (!isFirst(view, 'decode')) return true
  const better = (Math.min(Math.max(count, enoughWorkers), mostWorkers) + 1) * processes
  report({
    at: asked,
    message: `${sum(count, processes)} and the training share the ${vCpus(cores)} that the job asks for (\`${asked.key}\`), while ${decoding(view)}: ask for ${better}.`,
    saving: {
      fraction: starving,
      usd: null,
      basis: 'assumes that decoding holds the run back for 5 to 30 % of its time; measure it with a profiler',
    },
    fixes: [{ set: [{ claim: asked, value: better }] }],
    related: [{ location: view.settings.workers!.location, message: 'starts the workers' }],
  })
  return true
}

/** What decodes for one accelerator, as a rule. */
const enoughWorkers = 4
const mostWorkers = 8

/** A platform that rents out parts of its hosts is bound to give no more than what is asked for. */
function gets(cores: number): string {
  if (cores < 1) return `is sure of ${cores} of a core, with more only while its host has some to spare`
  return `gets ${cores === 1 ? 'one core' : `one core for each of ${cores} tasks`}, unless the cluster gives more with each GPU`
}

function checkCores(
  view: SubjectView<'InputPipeline'>,
  workers: Claim<number>,
  count: number,
  machine: Machine,
  { report, silent }: RuleContext,
) {
  if (workers.state === 'default') return silent('the library chooses how many workers it starts')
  const { cpus } = machine
  const processes = processesOf(view, machine)
  if (cpus === null || cpus < 1) {
    const ranks = Math.max(processes ?? 1, 1)
    if (
      ranks > 1 &&
      count >= manyEach &&
      count * ranks >= manyInAll &&
      effective(view.settings.work) !== 'light'
    ) {
      report({
        at: workers,
        confidence: 'medium',
        message: `${sum(count, processes)}: clouds give some 12 vCPUs with each GPU, for which they compete, and each keeps a copy of the data set. One for each of its cores is enough.`,
        saving: { fraction: contention, usd: null, basis: contended },
      })
      return
    }
    if (isAlone(view, workers, count)) {
      report({
        at: workers,
        confidence: 'medium',
        message: `A single worker makes all samples, while ${decoding(view)}: machines with a GPU mostly have at least 4 vCPUs, one of which the training takes.`,
        saving: {
          fraction: starving,
          usd: null,
          basis:
            'assumes that decoding holds the run back for 5 to 30 % of its time; measure it with a profiler',
        },
        fixes: [{ set: [{ claim: workers, value: enoughWorkers }], onlyIf: 'its machine has as many cores' }],
      })
      return
    }
    // Who launches it knows the machine.
    if (count < veryMany || /^launch/.test(workers.channel) || (machine.gpus ?? 1) > 1)
      return silent('the number of cores that it runs on is not known')
    report({
      at: workers,
      confidence: 'medium',
      message: `${sum(count, processes)} are more than most machines with one GPU have cores: they compete for them, and each keeps a copy of the data set. One per core is enough.`,
      saving: { fraction: contention, usd: null, basis: contended },
    })
    return
  }
  const total = count * (processes ?? 1)
  const where = machine.name === null ? 'the job' : machine.name
  if (total > crowded * cpus) {
    const share = Math.floor(cpus / (processes ?? 1))
    const better = Math.min(8, Math.max(1, share - 1))
    report({
      at: workers,
      message: `${sum(count, processes)} on the ${vCpus(cpus)} of ${where}: they compete for the cores. ${better} per process ${better === 1 ? 'fits' : 'fit'}.`,
      saving: { fraction: contention, usd: null, basis: contended },
      fixes: [
        {
          set: [{ claim: workers, value: better }],
          // Beside an accelerator more cores cost little.
          ...(machine.name === null && (machine.gpus ?? 0) > 0 && share <= fewEach
            ? { onlyIf: 'the job cannot ask for more cores' }
            : {}),
        },
      ],
      related: cores(view),
    })
    return
  }
  // How many processes there are has to be certain before their sum can be small.
  const gpus = machine.gpus ?? 0
  const fits = `${sum(count, processes)} fit the ${vCpus(cpus)} of ${where}`
  if (processes === null || gpus < 1) return silent(`${fits}, as far as is known`)
  if (effective(view.settings.work) !== 'decode')
    return silent(unless(view, 'work', 'loading takes little work'))
  if (count > 2 || cpus / gpus < manyCores || total >= cpus / 4) return silent(fits)
  const better = Math.min(8, Math.max(2, Math.floor(cpus / Math.max(processes, gpus)) - 1))
  report({
    at: workers,
    message: `${sum(count, processes)} and ${processes === 1 ? 'the training process' : `${processes} training processes`} leave ${Math.max(0, Math.floor(cpus - total - processes))} of the ${vCpus(cpus)} of ${where} idle, while ${decoding(view)}: ${better} per process fit.`,
    saving: {
      fraction: starving,
      usd: null,
      basis: 'assumes that decoding holds the run back for 5 to 30 % of its time; measure it with a profiler',
    },
    fixes: [{ set: [{ claim: workers, value: better }] }],
    related: cores(view),
  })
}

/** The code asks for one process that loads; a notebook may be given no more cores. */
function isAlone(view: SubjectView<'InputPipeline'>, { state, channel }: Claim, count: number): boolean {
  return (
    count === 1 &&
    state === 'known' &&
    !/^launch/.test(channel) &&
    effective(view.settings.work) === 'decode' &&
    !view.subject.evidence.notebook &&
    view.subject.evidence.small === null
  )
}

function sum(count: number, processes: number | null): string {
  const each = `${count} ${count === 1 ? 'worker' : 'workers'}`
  return processes === null || processes === 1
    ? each
    : `${each} × ${processes} processes = ${count * processes} loader processes`
}

function vCpus(cpus: number): string {
  return `${cpus} ${cpus === 1 ? 'vCPU' : 'vCPUs'}`
}

function decoding({ settings }: SubjectView<'InputPipeline'>): string {
  const decoder = effective(settings.decoder)
  return decoder === undefined ? 'samples are decoded' : `${decoder} decodes`
}

function cores(view: SubjectView): { location: Claim['location']; message: string }[] {
  const { compute } = view.run.job
  const claim = compute?.settings.cpus ?? compute?.settings.instanceType
  return claim === undefined
    ? []
    : [{ location: claim.location, message: `the job's cores: \`${claim.key}\`` }]
}

/** Workers hand over their batches in memory that the container shares among its processes. */
function checkSharedMemory(
  view: SubjectView<'InputPipeline'>,
  workers: Claim,
  count: number,
  { report }: RuleContext,
): void {
  const shared = view.run.job.compute?.settings.sharedMemory
  const bytes = effective(shared)
  if (shared === undefined || bytes == null || bytes >= enoughShared) return
  // Small samples fit.
  if (effective(view.settings.work) !== 'decode' || !isFirst(view, 'decode')) return
  report({
    at: shared,
    message: `${count} ${count === 1 ? 'worker hands' : 'workers hand'} over batches in \`/dev/shm\`, which has ${size(bytes)} here: with larger batches the run dies with a bus error and is paid for again. Give it more shared memory.`,
    fixes: [{ set: [{ claim: shared, value: null }] }],
    related: [{ location: workers.location, message: `\`${workers.key}\` starts the workers` }],
  })
}

/** Said once for a run, whatever number of loaders it has. */
function isFirst(view: SubjectView, ofWork?: 'decode'): boolean {
  const first = subjectsOf(view.run, 'InputPipeline').find(({ settings }) => {
    const count = effective(settings.workers)
    return (
      count !== undefined &&
      count >= 1 &&
      effective(settings.feeds) === 'training' &&
      (ofWork === undefined || effective(settings.work) === ofWork)
    )
  })
  return first === undefined || first.subject.id === view.subject.id
}

function size(bytes: number): string {
  return bytes >= 2 ** 30 ? `${Math.round(bytes / 2 ** 30)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`
}
