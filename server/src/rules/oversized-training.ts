/** How much of the GPUs that a job pays for its training uses, and on how few of them it would fit. */
import { type Gpu, gpu } from '../catalog/gpus.js'
import { type Instance, instance } from '../catalog/instances.js'
import { type TrainingSetup, trainingMemory, usableMemory } from '../estimate/memory.js'
import { stepTime } from '../estimate/step-time.js'
import { effective } from '../values/value.js'
import type { Claim, Run, SubjectView } from '../workload/claim.js'
import { handsNothingOut, mayBeNvidia, sharedWith } from './lifecycle/job-words.js'
import { machineAsked, requestOf } from './machine-request.js'
import { mostMemoryOf } from './memory-bound.js'
import type { RuleOptions } from './rule.js'
import { hidden, isSilence, type Silence, unless } from './silence.js'
import { fitsOn, stepOn } from './smaller-machine.js'
import { subjectIn, subjectsOf } from './subject-view.js'
import { noEstimate, type TrainingMemory } from './training-memory.js'

/** The high end of the estimate stays below this share of the memory of each GPU where several could be fewer. */
const halfEmpty = 0.5
/** Below this one the GPU itself is too large, where it is a large one. */
export const wasted = 0.2
/** GB of memory from which a GPU is a large one. */
export const largeCard = 40
/** And below this one where as many GPUs could be smaller. */
const mostlyEmpty = 0.35

/** The smallest that clusters commonly offer: what is mostly empty on it is so on any. */
const smallestCard = 'T4'

/** The GPUs of a job. */
export interface Fleet {
  card: Gpu
  /** Nothing says which kind they are, so the smallest is assumed. */
  anyCard: boolean
  /** GB of each. */
  memoryGB: number
  perNode: number
  nodes: number
  devices: number
  type: string | undefined
  machine: Instance | undefined
  /** Whoever writes the request chooses the kind of GPU, and no price decides. */
  choosable: boolean
  /** What asks for them. */
  at: Claim
}

export interface Oversized {
  fleet: Fleet
  memory: TrainingMemory
  training: SubjectView<'Training'>
  /** Bytes that programs get of each GPU. */
  usable: number
  /** GPUs over which the step is spread, each with a batch of its own. */
  spread: number
  /** So few of the same GPUs hold the step with the batches of all. */
  fewest: number
  /** They are few enough to matter. */
  several: boolean
  /** Even one of them is much too large, and the platform has others. */
  large: boolean
  /** Bytes on each of these, at most. */
  together: number
  /** One process drives them all. */
  oneProcess: boolean
  /** How many times longer the start of kernels takes than their arithmetic; null: not known. */
  waits: number | null
}

/** Undefined: it fills a good part of them, or nothing shows that it does not. */
export function oversized(view: SubjectView<'Compute'>, options: RuleOptions): Oversized | Silence {
  const { service, sharing } = view.settings
  const fleet = fleetOf(view)
  if (isSilence(fleet)) return fleet
  if (effective(service) === true) return { text: 'it is a service' }
  if (sharing !== undefined && !handsNothingOut(view)) return sharedWith(sharing)
  const packed = view.run.siblings.find((run) => sharesDevices(run))
  if (packed !== undefined) return { text: `${packed.script} may run several trials on one GPU` }
  const found = hungriest(view, options)
  if (isSilence(found)) return found
  const { memory, training } = found
  const usable = usableMemory(fleet.card, fleet.memoryGB)!
  const { high } = memory.estimate
  const filling = {
    text: `the training may take ${Math.round((100 * high) / usable)} % of the memory of the GPU`,
  }
  if (high > halfEmpty * usable) return filling
  const spread = spreadOf(view, fleet)
  const now = { devices: spread, setup: memory.setup }
  const counts = Array.from({ length: fleet.devices }, (_, i) => i + 1).filter(
    (count) => fleet.devices % count === 0,
  )
  const fewest = counts.find((count) => fitsOn(count, now, fleet.card, fleet.memoryGB)) ?? fleet.devices
  // Two GPUs that one could replace, four that two could.
  const several = fleet.devices > 1 && 2 * fewest <= fleet.devices
  if (!several && high > mostlyEmpty * usable) return filling
  const time = stepTime(memory.setup, fleet.card)
  return {
    fleet,
    memory,
    training,
    usable,
    spread,
    fewest,
    several,
    large: fleet.choosable && fleet.memoryGB >= largeCard && high <= wasted * usable,
    oneProcess: view.run.siblings.every(drivesAll),
    together: highOn(fewest, now, fleet.card) ?? high,
    waits: time === null ? null : time.start / time.arithmetic,
  }
}

function highOn(
  count: number,
  now: { devices: number; setup: TrainingSetup },
  card: Gpu,
): number | undefined {
  return trainingMemory({ ...stepOn(count, now), gpu: card })?.high
}

function fleetOf(view: SubjectView<'Compute'>): Fleet | Silence {
  const { instanceType, gpus, gpuModel, nodes } = view.settings
  const request = requestOf(view)
  const machine = machineAsked(request)
  const type = effective(instanceType)
  const name = effective(gpuModel)
  const anyCard = machine === undefined && type === undefined && name === undefined && mayBeNvidia(view)
  const card = machine?.gpu ?? gpu(anyCard ? smallestCard : (name ?? '')) ?? null
  const perNode = effective(gpus) ?? machine?.gpuCount
  const at = (instanceType?.state !== 'unknown' ? instanceType : undefined) ?? gpus
  if (card === null)
    return type !== undefined && instance(type)?.gpu === null
      ? { text: `${type} has no GPU` }
      : unless(view, 'gpuModel', `${name ?? type} is not in the catalog`)
  if (at === undefined || perNode === undefined) return unless(view, 'gpus', '')
  if (card.vendor !== 'nvidia') return { text: `${card.name} is no NVIDIA GPU` }
  const memoryGB = machine?.gpuMemoryGB ?? card.memoryGB
  if (memoryGB === null || perNode < 1) return { text: 'it has less than one GPU' }
  if (anyCard && perNode < 2) return unless(view, 'gpuModel', 'nothing says which GPU it is')
  const count = effective(nodes) ?? 1
  return {
    card,
    anyCard,
    memoryGB,
    perNode,
    nodes: count,
    devices: perNode * Math.max(1, count),
    type,
    machine: machine?.gpu == null ? undefined : machine,
    choosable:
      type === undefined && !/^(kubernetes|own cluster)$/.test(effective(view.settings.provider) ?? ''),
    at: at as Claim,
  }
}

/** The run of the job that needs most; else why one of them cannot be estimated. */
function hungriest(
  view: SubjectView<'Compute'>,
  options: RuleOptions,
): { memory: TrainingMemory; training: SubjectView<'Training'> } | Silence {
  let most: { memory: TrainingMemory; training: SubjectView<'Training'> } | undefined
  const none = { text: 'no training was recognized in the program that it launches' }
  for (const run of view.run.siblings) {
    const unseen = hidden(run, 'training')
    if (unseen !== undefined) return unseen
    const trainings = subjectsOf(run, 'Training')
    if (trainings.length === 0 && !offAccelerators(run)) return none
    for (const training of trainings) {
      const memory = mostMemoryOf({ ...training, run }, options, true)
      if (!('estimate' in memory)) return noEstimate(training, memory)
      if (most === undefined || memory.estimate.high > most.memory.estimate.high) most = { memory, training }
    }
  }
  return most ?? none
}

/** Trials of its own, which may share the accelerators that the job holds. */
function sharesDevices(run: Run): boolean {
  return effective(subjectIn(run, 'Program')?.settings.parallelism) === 'trials'
}

function drivesAll(run: Run): boolean {
  const program = subjectIn(run, 'Program')
  return (
    run.job.launch?.processes === 1 &&
    run.job.launch.launcher === 'python' &&
    program !== undefined &&
    effective(program.settings.parallelism) === 'data-parallel'
  )
}

/** A step of the job that needs no accelerator decides nothing: it imports nothing that could use one, or nothing of note at all. */
function offAccelerators(run: Run): boolean {
  const program = subjectIn(run, 'Program')
  if (program === undefined) return run.script !== null
  return effective(program.settings.acceleratorLibrary) === null
}

/** One process that is not told otherwise takes its batch as it is, over however many GPUs it spreads it. */
function spreadOf(view: SubjectView<'Compute'>, { devices }: Fleet): number {
  const each = view.run.siblings.map((run) => {
    const wrapped = subjectsOf(run, 'Parallelism').some(
      ({ settings }) =>
        effective(settings.method) === 'data-parallel' && effective(settings.implicit) !== true,
    )
    return run.job.launch?.processes === 1 && wrapped ? 1 : devices
  })
  return Math.max(...each, 1)
}
