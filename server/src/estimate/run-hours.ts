/** How long a run takes: the time of its steps, how many there are, and what lacks where that is not known. */
import { writesText } from '../catalog/models.js'
import type { Interval, Network } from './network.js'
import type { ReadQuestion } from './question.js'
import { samplesOf, type Work, workOf } from './run-length.js'
import { type StepSeconds, stepSeconds } from './step-seconds.js'

/** What would make the time known. */
export type Lack =
  /** It runs several models and generates text between steps. */
  | 'method'
  /** Nothing is on record of what the model computes. */
  | 'network'
  | 'size'
  | 'gpu'
  /** The accelerator is known, and not how fast it is. */
  | 'speed'
  | 'length'
  /** A length was given that does not say how much is computed. */
  | 'open length'
  | 'samples'
  /** The data set has a name that the catalogue does not hold. */
  | 'dataset'
  | 'batch'
  | 'tokens'

export interface Speed {
  /** Samples of a second where short texts are put together until they fill the limit; absent: they are not. */
  packed?: number
  /** Seconds of one update of the weights; null: without a batch. */
  step: Interval | null
  samplesPerSecond: Interval
}

export interface RunHours {
  /** Null: not known, also where the hours are. */
  speed: Speed | null
  work: Work | null
  hours: Interval | null
  lacks: Lack[]
  /** A clause each. */
  assumptions: string[]
}

/** Seconds and share of a run that pass beside its steps: start, evaluation, checkpoints. */
const beside = { seconds: { read: 60, unread: 120 }, share: 0.05 }

/**
 * Seconds until a photograph is read, decoded, cropped and resized, for each accelerator: twelve milliseconds in one of eight processes,
 * within what loader-seconds.ts takes for one.
 */
const photograph = 12e-3 / 8
/** Pixels of an edge from which pictures are photographs in files. */
const photographs = 96

/** Programs that generate text between steps, with several models. */
const manyModels = /\b(ppo|rlhf|grpo)\b/i

/** Where nobody says how long texts are, language models are mostly given so many tokens at once. */
const usualTexts: Interval = { low: 512, high: 4096 }

export function runHours(read: ReadQuestion): RunHours {
  const found = ofTokens(read) ?? ofSamples(read)
  const told = read.clockHours
  if (told === undefined || found.hours !== null) return found
  const lacks = found.lacks.filter((lack) => lack !== 'length' && lack !== 'open length')
  return { ...found, hours: { low: told, high: told }, lacks }
}

/** A run over so many tokens takes about as long however they are cut. Null: it is not such a run. */
function ofTokens(read: ReadQuestion): RunHours | null {
  const { size, network, length } = read
  if (size !== null || length?.unit !== 'tokens' || network?.model?.kind !== 'causal-lm') return null
  const [short, long] = [usualTexts.low, usualTexts.high].map((tokens) =>
    ofSamples({ ...read, size: { low: tokens, high: tokens }, dataset: null }),
  ) as [RunHours, RunHours]
  if (short.hours === null || long.hours === null) return null
  return {
    speed: null,
    work: null,
    hours: {
      low: Math.min(short.hours.low, long.hours.low),
      high: Math.max(short.hours.high, long.hours.high),
    },
    lacks: ['size'],
    assumptions: [`texts of ${usualTexts.low} to ${usualTexts.high} tokens`],
  }
}

function ofSamples(read: ReadQuestion): RunHours {
  const assumptions: string[] = []
  const speed = speedOf(read, assumptions)
  if (typeof speed === 'string') return { speed: null, work: null, hours: null, lacks: [speed], assumptions }
  const work = lengthOf(read)
  if (typeof work === 'string') return { speed, work: null, hours: null, lacks: [work], assumptions }
  return { speed, work, hours: hoursOf(read, speed, work), lacks: [], assumptions }
}

/** An assumed size tells nothing where its ends lie further apart than this. */
const widest = 6

function sizeWords({ unit }: Network): string {
  return unit === 'pixels' ? 'size of the pictures' : 'length of the samples'
}

/** A question shows no program: the least that the high end is of the low one. Set by the same runs as estimate/step-seconds.ts. */
const leastApart = 3.5

function apart(found: StepSeconds | null): StepSeconds | null {
  if (found === null) return null
  const { step, samplesPerSecond } = found
  const { low, high } = samplesPerSecond
  const each = Math.sqrt(Math.max(1, (leastApart * low) / high))
  return {
    step: step && { low: step.low / each, high: step.high * each },
    samplesPerSecond: { low: low / each, high: high * each },
  }
}

/** Parameters from which programs that train all weights compute layers twice without saying so. */
const large = 1e9

function largeLanguage({ model, parameters }: Network): boolean {
  return writesText(model) && parameters > large
}

function speedOf(read: ReadQuestion, assumptions: string[]): Speed | Lack {
  const { network, gpu } = read
  assumptions.push(...(network?.assumptions ?? []))
  if (read.method.generates || manyModels.test(read.named.name)) return 'method'
  if (network === null) return 'network'
  const size = lengthsOf(read, network, assumptions)
  if (size === null) return 'size'
  if (gpu === null) return 'gpu'
  const input = {
    network,
    batch: read.batch,
    devices: read.devices,
    gpu,
    formats: read.formats,
    frozen: read.method.adapters,
    forwardOnly: read.method.headOnly,
    quantized: read.method.quantized,
    // Small networks have no need to compute layers twice.
    checkpointing: read.method.checkpointing ?? (largeLanguage(network) ? null : false),
    accumulation: read.accumulation,
    gathers: read.method.sharding?.stage === 3,
    offloads: read.method.offload,
  }
  const within = read.programRead === true ? (found: StepSeconds | null) => found : apart
  const small = within(stepSeconds({ ...input, size: size.low }))
  const large = size.low === size.high ? small : within(stepSeconds({ ...input, size: size.high }))
  if (small === null || large === null) return 'speed'
  if (read.size === null && network.assumedSize != null) {
    const [fewest, most] = [large.samplesPerSecond, small.samplesPerSecond]
    if (most.high / fewest.low > (widest * most.high) / most.low) return 'size'
    assumptions.push(`${sizeWords(network)} not known: ${size.low} to ${size.high}`)
  }
  return {
    step: small.step && { low: small.step.low, high: large.step!.high },
    samplesPerSecond: { low: large.samplesPerSecond.low, high: small.samplesPerSecond.high },
    ...(network.model?.kind === 'causal-lm' &&
      size.low < size.high && { packed: (large.samplesPerSecond.high * size.high) / size.low }),
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
  if (mean === null) return size ?? network.assumedSize ?? null
  const kind = network.model?.kind
  // One side of a pair is read, the other written.
  const sides = kind === 'nlp-seq2seq' || (network.model === null && dataset!.kind === 'translation') ? 2 : 1
  const average = Math.max(shortest, mean / sides)
  if (size === null) {
    assumptions.push(`texts of ${Math.round(average)} tokens on average, as in ${dataset!.name}`)
    return { low: average, high: longestOfBatch * average }
  }
  if ((kind !== 'causal-lm' && kind !== 'nlp-seq2seq') || average >= size.low) return size
  assumptions.push(
    `between texts of ${Math.round(average)} tokens, the average of ${dataset!.name}, and the longest that are taken`,
  )
  return { low: average, high: size.high }
}

function lengthOf(read: ReadQuestion): Work | Lack {
  const { length, batch, devices, accumulation, network, size } = read
  if (length === null) return read.openLength === null ? 'length' : 'open length'
  if (length.unit === 'epochs' && read.samples === null && read.unknownDataset !== null) return 'dataset'
  const tokens = network?.unit === 'tokens' ? (size?.high ?? null) : null
  const known =
    read.dataset === null || network === null ? null : samplesOf(read.dataset, network.unit, tokens)
  const found = workOf({
    length,
    samples: read.samples ?? known,
    perStep: batch === null ? null : batch * devices * accumulation,
    tokens,
  })
  return 'missing' in found ? found.missing : found
}

/** Seconds that the data takes for each sample, over all devices, where a plain program waits for it. */
function waitOf({ network, size, devices }: ReadQuestion): number {
  return network?.unit === 'pixels' && size !== null && size.high >= photographs ? photograph / devices : 0
}

function hoursOf(
  read: ReadQuestion,
  { step, samplesPerSecond, packed }: Speed,
  { steps, samples }: Work,
): Interval {
  const seconds =
    step !== null && steps !== null
      ? { low: steps * step.low, high: steps * step.high }
      : { low: samples! / samplesPerSecond.high, high: samples! / samplesPerSecond.low }
  const waits = read.programRead === true ? 0 : waitOf(read) * (samples ?? 0)
  const start = beside.seconds[read.programRead === true ? 'read' : 'unread']
  const together = packed === undefined || samples === null ? seconds.low : samples / packed
  return {
    low: Math.min(seconds.low, together) / 3600,
    high: (Math.max(seconds.high, waits) * (1 + beside.share) + start) / 3600,
  }
}
