/** Machines of the same provider that cost less and are large enough for what a training needs. */

import type { Service } from '../catalog/fees.js'
import type { Gpu } from '../catalog/gpus.js'
import { type Instance, instance, type Provider, servicePrefix } from '../catalog/instances.js'
import { paidPrice } from '../catalog/price-book.js'
import { machinesByPrice } from '../catalog/prices.js'
import { type TrainingSetup, trainingMemory, usableMemory } from '../estimate/memory.js'
import { type StepTime, stepTime } from '../estimate/step-time.js'
import type { RuleOptions } from './rule.js'

/** The high end of the estimate leaves this much of the memory free. */
const filled = 0.8

export interface CheaperMachine {
  type: string
  machine: Instance
  /** USD per hour. */
  onDemand: number
  /** Null: not known. */
  slowdown: {
    /** How many times lower its peak is, at least 1. */
    peak: number
    /** How many times longer a step takes, where the start of kernels counts as well. */
    step: number
    /** How many times longer the start of kernels takes on the present machine than its arithmetic. */
    waits: number
  } | null
}

export interface Need {
  /** Bytes on each of as many GPUs as now. */
  high: number
  /** For as many GPUs as now. */
  vcpus: number
  setup: TrainingSetup
  /** GPUs of all machines of the job, where fewer may do the same; absent: as many are needed. */
  devices?: number
}

/** The same step on fewer devices, each with a larger part of its batch. */
export function stepOn(devices: number, now: { devices: number; setup: TrainingSetup }): TrainingSetup {
  const { setup } = now
  const sharding = setup.sharding === null || devices === 1 ? null : { ...setup.sharding, devices }
  return {
    ...setup,
    batch: Math.ceil((setup.batch * now.devices) / devices),
    replicas: setup.replicas && devices > 1,
    sharding,
  }
}

/** The step fits on so many devices of this kind, with some room; `memoryGB` of each. */
export function fitsOn(
  devices: number,
  now: { devices: number; setup: TrainingSetup },
  card: Gpu,
  memoryGB: number,
): boolean {
  const high = trainingMemory({ ...stepOn(devices, now), gpu: card })?.high
  return high !== undefined && high <= filled * usableMemory(card, memoryGB)!
}

/**
 * The machine in the region that is cheapest by the hour, or for the same `work`, among those with room for what is
 * needed on each GPU, and enough vCPUs; undefined: none costs less than `usd` per hour.
 */
export function cheaperMachine(
  now: Instance,
  type: string,
  place: { region: string; usd: number; service?: Service | undefined },
  need: Need,
  options: RuleOptions,
  by: 'hour' | 'work',
): CheaperMachine | undefined {
  const found: CheaperMachine[] = []
  for (const one of machinesByPrice(now.provider as Provider, place.region, servicePrefix(type))) {
    const other = instance(one.type)
    if (other?.gpu?.vendor !== 'nvidia' || other.gpuMemoryGB === null) continue
    // T4G sits beside an Arm host; older cards lack formats that the program may use.
    if (other.gpu.name === 'T4G' || (now.gpu!.formats.has('bf16') && !other.gpu.formats.has('bf16'))) continue
    if (!hasRoom(other, now, need)) continue
    const onDemand = paidPrice(
      {
        type: one.type,
        region: place.region,
        ...(place.service === undefined ? {} : { service: place.service }),
      },
      options.prices,
    )?.onDemand
    if (onDemand == null || onDemand >= place.usd) continue
    const { setup, devices = now.gpuCount } = need
    const then = stepOn(Math.min(devices, Math.max(1, other.gpuCount)), { devices, setup })
    const slowdown = slowdownOf(now.gpu!, other.gpu, setup, then)
    found.push({ type: one.type, machine: other, onDemand, slowdown })
  }
  const cost = ({ onDemand, slowdown }: CheaperMachine) =>
    by === 'hour' ? onDemand : onDemand * (slowdown?.step ?? Number.POSITIVE_INFINITY)
  return found.sort((a, b) => cost(a) - cost(b))[0]
}

function hasRoom(other: Instance, now: Instance, { high, vcpus, setup, devices }: Need): boolean {
  const count = devices ?? now.gpuCount
  if (other.gpuCount === count)
    return other.vcpus >= vcpus && high <= filled * usableMemory(other.gpu!, other.gpuMemoryGB!)!
  if (devices === undefined || other.gpuCount < 1 || other.gpuCount > devices) return false
  return (
    other.vcpus >= Math.ceil((vcpus * other.gpuCount) / count) &&
    fitsOn(other.gpuCount, { devices, setup }, other.gpu!, other.gpuMemoryGB!)
  )
}

/** How many times longer a step takes on the other kind of GPU, at least 1; null: not known. */
export function slowdownOf(
  now: Gpu,
  other: Gpu,
  setup: TrainingSetup,
  then: TrainingSetup,
): CheaperMachine['slowdown'] {
  const [before, after] = [stepTime(setup, now), stepTime(then, other)]
  if (before === null || after === null) return null
  const whole = (time: StepTime) => Math.max(time.arithmetic, time.start)
  return {
    peak: Math.max(1, after.arithmetic / before.arithmetic),
    step: Math.max(1, whole(after) / whole(before)),
    waits: before.start / before.arithmetic,
  }
}
