/** The answer to a question about one run: memory, time and money, each an interval or null with what would make it known. */
import { pricesPerDevice } from '../catalog/device-prices.js'
import { formatUsd } from './hourly.js'
import type { Interval } from './network.js'
import type { ReadQuestion } from './question.js'
import { type MemoryRange, memoryOfQuestion } from './question-memory.js'
import { type Lack, runHours } from './run-hours.js'
import type { Work } from './run-length.js'

export interface Answer {
  memory: MemoryRange | null
  /** Of one update of the weights. */
  stepSeconds: Interval | null
  /** Over all devices. */
  samplesPerSecond: Interval | null
  hours: Interval | null
  usd: Interval | null
  /** What is null, and what would make it known. */
  unknown: string[]
  /** A clause each. */
  assumptions: string[]
  work: Work | null
}

/** @param today ISO date */
export function answer(read: ReadQuestion, today: string): Answer {
  const unknown: string[] = []
  const assumptions = [...read.assumptions]
  const memory = memoryOfQuestion(read)
  if ('missing' in memory) unknown.push(`memory: ${memory.missing}`)
  else if (memory.assumption !== null) assumptions.push(memory.assumption)
  const { speed, work, hours, lacks, assumptions: taken } = runHours(read)
  assumptions.push(...taken)
  if (speed !== null && speed.step === null) unknown.push('stepSeconds: the batch of one device (--batch)')
  unknown.push(...lacks.map((lack) => spelled(lack, read)))
  const usd = hours === null ? null : moneyOf(read, hours, today, unknown, assumptions)
  return {
    memory: 'missing' in memory ? null : memory,
    stepSeconds: speed?.step ?? null,
    samplesPerSecond: speed?.samplesPerSecond ?? null,
    hours,
    usd,
    unknown,
    assumptions,
    work,
  }
}

function spelled(lack: Lack, { named, gpu, openLength, unknownDataset }: ReadQuestion): string {
  switch (lack) {
    case 'method':
      return 'time: a step of this method runs several models and generates text'
    case 'network':
      return `time: nothing is on record of what ${named.name} computes`
    case 'size':
      return 'time: the length of a text in tokens (--size)'
    case 'gpu':
      return 'time: the accelerator (--gpu)'
    case 'speed':
      return `time: the speed of ${gpu!.name} is not known`
    case 'length':
      return 'hours: how long it trains (--length "90 epochs" or "300k steps")'
    case 'open length':
      return `hours: "${openLength}" does not say how many epochs or steps`
    case 'dataset':
      return `hours: how many samples "${unknownDataset}" has, which is not in the catalog (--samples)`
    case 'samples':
      return 'hours: how many samples an epoch has (--samples, or a --dataset of the catalog)'
    case 'batch':
      return 'hours: the batch, of which a run of steps is made (--batch)'
    case 'tokens':
      return 'hours: how many tokens a sample has (--size)'
  }
}

function moneyOf(
  { gpu, machine, devices }: ReadQuestion,
  hours: Interval,
  today: string,
  unknown: string[],
  assumptions: string[],
): Interval | null {
  if (gpu === null) return null
  const price = pricesPerDevice(gpu.name, machine, today)
  if (price === null) {
    unknown.push(`usd: no price of ${gpu.name} is listed`)
    return null
  }
  assumptions.push(
    price.low === price.high
      ? `${formatUsd(price.low)} per GPU and hour: ${price.from}`
      : `${formatUsd(price.low)} to ${formatUsd(price.high)} per GPU and hour: ${price.from}`,
  )
  // Whole machines are paid for.
  const each = machine === null ? 1 : Math.max(1, machine.gpuCount)
  const paid = Math.ceil(devices / each) * each
  return { low: hours.low * paid * price.low, high: hours.high * paid * price.high }
}
