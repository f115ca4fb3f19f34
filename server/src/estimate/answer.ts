/** The answer to a question about one run: memory, time and money, each an interval or null with what would make it known. */
import { pricesPerDevice } from '../catalog/device-prices.js'
import { formatUsd } from './hourly.js'
import type { Interval, Network } from './network.js'
import type { ReadQuestion } from './question.js'
import { type MemoryRange, memoryOfQuestion } from './question-memory.js'
import { samplesOf, type Work, workOf } from './run-length.js'
import { stepSeconds } from './step-seconds.js'

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

/** Seconds and share of a run that pass beside its steps: start, evaluation, checkpoints. */
const beside = { seconds: 60, share: 0.05 }

/** Programs that generate text between steps, with several models. */
const manyModels = /\b(ppo|rlhf|grpo)\b/i

/** @param today ISO date */
export function answer(read: ReadQuestion, today: string): Answer {
  const unknown: string[] = []
  const assumptions = [...read.assumptions]
  const memory = memoryOfQuestion(read)
  if ('missing' in memory) unknown.push(`memory: ${memory.missing}`)
  else if (memory.assumption !== null) assumptions.push(memory.assumption)
  const speed = speedOf(read, unknown, assumptions)
  const work = 'missing' in speed ? null : lengthOf(read, unknown)
  const { hours } = 'missing' in speed || work === null ? { hours: null } : hoursOf(speed, work)
  const usd = hours === null ? null : moneyOf(read, hours, today, unknown, assumptions)
  return {
    memory: 'missing' in memory ? null : memory,
    stepSeconds: 'missing' in speed ? null : speed.step,
    samplesPerSecond: 'missing' in speed ? null : speed.samplesPerSecond,
    hours,
    usd,
    unknown,
    assumptions,
    work,
  }
}

/** Parameters from which programs that train all weights compute layers twice without saying so. */
const large = 1e9

function largeLanguage({ model, parameters }: Network): boolean {
  return model?.kind === 'causal-lm' && parameters > large
}

interface Speed {
  step: Interval | null
  samplesPerSecond: Interval
}

function speedOf(read: ReadQuestion, unknown: string[], assumptions: string[]): Speed | { missing: true } {
  const { network, gpu } = read
  const lacks = (what: string): { missing: true } => {
    unknown.push(`time: ${what}`)
    return { missing: true }
  }
  if (manyModels.test(read.named.name))
    return lacks('a step of this method runs several models and generates text')
  if (network === null) return lacks(`nothing is on record of what ${read.named.name} computes`)
  const size = lengthsOf(read, network, assumptions)
  if (size === null) return lacks('the length of a text in tokens (--size)')
  if (gpu === null) return lacks('the accelerator (--gpu)')
  const input = {
    network,
    batch: read.batch,
    devices: read.devices,
    gpu,
    formats: read.formats,
    frozen: read.method.adapters,
    quantized: read.method.quantized,
    // Small networks have no need to compute layers twice.
    checkpointing: read.method.checkpointing ?? (largeLanguage(network) ? null : false),
    accumulation: read.accumulation,
  }
  const small = stepSeconds({ ...input, size: size.low })
  const large = size.low === size.high ? small : stepSeconds({ ...input, size: size.high })
  if (small === null || large === null) return lacks(`the speed of ${gpu.name} is not known`)
  if (small.step === null) unknown.push('stepSeconds: the batch of one device (--batch)')
  return {
    step: small.step && { low: small.step.low, high: large.step!.high },
    samplesPerSecond: { low: large.samplesPerSecond.low, high: small.samplesPerSecond.high },
  }
}

/** A batch is as long as its longest text, where texts are not cut together. */
const longestOfBatch = 1.5
/** Texts that are so short take no less time. */
const shortest = 16

/** Sizes between which samples lie. Language models mostly train on texts as they are, and `--size` is a limit. */
function lengthsOf(
  { size, dataset }: ReadQuestion,
  network: Network,
  assumptions: string[],
): Interval | null {
  const mean = network.unit === 'tokens' ? (dataset?.meanTokens ?? null) : null
  if (mean === null) return size
  const kind = network.model?.kind
  const average = Math.max(shortest, kind === 'nlp-seq2seq' ? mean / 2 : mean)
  if (size === null) {
    assumptions.push(`texts of ${Math.round(average)} tokens on average, as in ${dataset!.name}`)
    return { low: average, high: longestOfBatch * average }
  }
  if ((kind !== 'causal-lm' && kind !== 'nlp-seq2seq') || average >= size.low) return size
  assumptions.push(
    `between texts of ${Math.round(average)} tokens, the average of ${dataset!.name}, and all of --size`,
  )
  return { low: average, high: size.high }
}

function lengthOf(read: ReadQuestion, unknown: string[]): Work | null {
  const { length, batch, devices, accumulation, network, size } = read
  const lacks = (what: string): null => {
    unknown.push(`hours: ${what}`)
    return null
  }
  if (length === null)
    return lacks(
      read.openLength === null
        ? 'how long it trains (--length "90 epochs" or "300k steps")'
        : `"${read.openLength}" does not say how many epochs or steps`,
    )
  if (length.unit === 'epochs' && read.samples === null && read.unknownDataset !== null)
    return lacks(`how many samples "${read.unknownDataset}" has, which is not in the catalog (--samples)`)
  const tokens = network?.unit === 'tokens' ? (size?.high ?? null) : null
  const known =
    read.dataset === null || network === null ? null : samplesOf(read.dataset, network.unit, tokens)
  const found = workOf({
    length,
    samples: read.samples ?? known,
    perStep: batch === null ? null : batch * devices * accumulation,
    tokens,
  })
  return 'missing' in found ? lacks(found.missing) : found
}

function hoursOf({ step, samplesPerSecond }: Speed, { steps, samples }: Work): { hours: Interval } {
  const seconds =
    step !== null && steps !== null
      ? { low: steps * step.low, high: steps * step.high }
      : { low: samples! / samplesPerSecond.high, high: samples! / samplesPerSecond.low }
  return {
    hours: {
      low: seconds.low / 3600,
      high: (seconds.high * (1 + beside.share) + beside.seconds) / 3600,
    },
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
