import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { type Machine, machineOf, processesOf } from '../hardware.js'
import { decodesItself } from '../loading-pace.js'
import { defineRule, type Severity } from '../rule.js'
import { notTraining, offAccelerator, unless } from '../silence.js'
import { subjectsAround } from '../subject-view.js'
import { parametersOf } from '../trained-model.js'

/** Share of a step that an accelerator waits where the training process decodes by itself. An assumption. */
const waiting: [number, number] = [0.1, 0.4]

export default defineRule({
  name: 'data/no-loader-workers',
  judges: 'InputPipeline',
  checklist: ['bottleneck/compute-bound', 'baseline/ingestion-time'],
  overlaps: 'loading',
  severity: 'warning',
  measuredBy: 'waiting',
  // How batches are copied, and how long workers stay, matters once there are some.
  supersedes: ['data/slow-transfer'],
  finds: 'batches that the training process reads and decodes itself',
  summary: 'Loading in the training process makes the accelerator wait for every batch.',
  check(view, { report, silent, options }) {
    const { settings } = view
    const { workers, work } = settings
    if (workers === undefined || effective(workers) !== 0)
      return silent(unless(view, 'workers', `there are workers: ${effective(workers)}`))
    const stated = effective(settings.workersStated)
    if (stated !== undefined) return silent(`${stated} gives a reason`)
    const stopped = notTraining(view) ?? offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const feeds = effective(settings.feeds)
    if (feeds === 'nothing') return silent('nothing takes batches from it')
    const cost = effective(work)
    // Indexing what is in memory is faster than handing it over from another process.
    if (cost === 'memory' || cost === 'device')
      return silent(`the samples are already ${cost === 'memory' ? 'in memory' : 'on the accelerator'}`)

    const machine = machineOf(view, options)
    // What one thread makes by itself has no workers that cores could be asked for.
    const alone = settings.generatedBy !== undefined && settings.generatedBy.key === workers.key
    const unasked = alone ? undefined : view.run.job.compute?.settings.unaskedCores
    const cores = effective(unasked)
    const processes = Math.max(1, processesOf(view, machine) ?? 1)
    const each = cores === undefined ? 1 : Math.ceil(((enough + 1) * processes) / Math.max(1, cores))
    const wanted =
      cores === undefined || unasked === undefined || each < 2 ? null : { claim: unasked, cores, each }
    const count = cores === undefined ? suggested(machine) : enough
    const apart = effective(view.run.job.compute?.settings.chargedApart)
    report({
      at: workers,
      severity:
        effective(settings.generatedBy) === 'one thread'
          ? // Tens of pictures a second, whatever the network.
            view.subject.evidence.smallNetwork !== true &&
            (effective(settings.turned) === true || (cost === 'decode' && passesOf(view) >= several))
            ? 'warning'
            : 'information'
          : // Nobody knows what its samples cost, and its steps cost little, or nothing shows that samples cost much.
            (cost === undefined &&
                (view.subject.evidence.smallNetwork === true || effective(settings.mayTakeLong) === false)) ||
              (cost === 'tokenize' && trainsLarge(view))
            ? 'hint'
            : severityOf(feeds, cost),
      message: messageOf(view, machine, wanted === null ? count : null) + askFor(wanted),
      ...(decodesItself(view)
        ? {
            saving: {
              fraction: waiting,
              usd: null,
              basis:
                'assumes that reading and decoding take 10 to 40 % of a step; measure it with a profiler',
            },
          }
        : {}),
      fixes: [
        {
          set: [
            { claim: workers, value: count ?? (onCluster(view) ? 'allowed cores' : null) },
            ...(wanted === null ? [] : [{ claim: wanted.claim, value: wanted.each }]),
          ],
          // What lies in memory is indexed faster than it is handed over by another process.
          ...(cost === undefined
            ? { onlyIf: 'its samples do not lie in memory' }
            : wanted !== null && apart !== undefined
              ? { onlyIf: `waiting costs more than the cores, as ${apart} are charged apart` }
              : {}),
        },
      ],
    })
  },
})

/** A text takes a millisecond or less, and its step in a network of so many parameters tens of them on any card. */
const largeNetwork = 1e9

function trainsLarge({ run }: SubjectView<'InputPipeline'>): boolean {
  const sizes = subjectsAround(run, 'Training').map((one) => parametersOf(one) ?? 0)
  return sizes.length > 0 && sizes.every((size) => size >= largeNetwork)
}

/** Passes from which on a thread that decodes keeps an accelerator waiting for long. */
const several = 10

function passesOf({ run, settings }: SubjectView<'InputPipeline'>): number {
  const epochs = subjectsAround(run, 'Training').map((one) => effective(one.settings.epochs) ?? 0)
  return effective(settings.passes) ?? Math.max(0, ...epochs)
}

/** What feeds neither a training nor an evaluation for certain feeds something in a program that trains. */
function severityOf(feeds: 'training' | 'evaluation' | undefined, cost: string | undefined): Severity {
  if (feeds === 'evaluation' || cost === 'light') return 'hint'
  if (feeds === undefined) return cost === 'decode' ? 'information' : 'hint'
  return cost === 'decode' ? 'warning' : 'information'
}

/** A scheduler gives a job some cores of a node, and the node has more than these. */
function onCluster(view: SubjectView): boolean {
  return effective(view.run.job.compute?.settings.provider) === 'own cluster'
}

/** Worker processes where the job can still ask for the cores that they need. */
const enough = 4

/** A scheduler gives a task one core where nobody asks for more, and a platform that shares its hosts part of one. */
function askFor(unasked: { claim: Claim; cores: number } | null): string {
  if (unasked === null) return ''
  const { cores } = unasked
  const asked = cores < 1 ? `for ${cores} of a core` : `for one core${cores === 1 ? '' : ' for each task'}`
  return ` The job asks ${asked} (\`${unasked.claim.key}\` is not set): ${enough} workers need ${enough + 1}.`
}

/** One core of each accelerator's share stays with the training process. Null: the machine is not known. */
function suggested(machine: Machine): number | null {
  if (machine.cpus === null) return null
  const share = Math.floor(machine.cpus / Math.max(1, machine.gpus ?? 1))
  return Math.min(8, Math.max(share > 1 ? 2 : 1, share - 1))
}

function messageOf(view: SubjectView<'InputPipeline'>, machine: Machine, count: number | null): string {
  const { settings } = view
  if (effective(settings.generatedBy) === 'one thread')
    return `One thread of the training process ${effective(settings.work) !== 'decode' ? 'transforms' : effective(settings.turned) === true ? 'reads, decodes and turns' : 'reads and decodes'} (${effective(settings.decoder)}) every batch (\`${settings.workers!.key}\`${settings.workers!.key === settings.generatedBy!.key ? '' : ' is 1'}), which seldom keeps up with the accelerator.`
  const key = settings.workers!.key
  const decoder = effective(settings.decoder)
  const work = effective(settings.work)
  const does =
    work === 'decode'
      ? `reads and decodes${decoder === undefined ? '' : ` (${decoder})`}`
      : work === 'tokenize'
        ? 'tokenizes every batch'
        : 'loads every batch'
  const device = machine.gpu === null ? 'the accelerator' : `the ${machine.gpu.name}`
  const fit =
    count === null || machine.cpus === null
      ? ''
      : ` ${count} workers fit ${machine.name ?? 'this job'} (${machine.cpus} vCPUs${machine.gpus ? `, ${machine.gpus} ${machine.gpus === 1 ? 'GPU' : 'GPUs'}` : ''}).`
  const stream =
    effective(settings.unshardedStream) === true
      ? ' Shard the stream among them first: each worker would repeat all of it.'
      : ''
  const without =
    settings.generatedBy === undefined
      ? `\`${key}\` is 0`
      : effective(settings.generatedBy) === 'the step'
        ? `\`${settings.generatedBy.key}\` in each step`
        : `\`${settings.generatedBy.key}\` makes them as they are asked for`
  return `The training process ${does} by itself (${without}), while ${device} waits.${fit}${stream}`
}
