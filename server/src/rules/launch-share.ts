/** How much of a training's time goes into starting kernels and updating weights, which larger batches would do less often. */
import { type Gpu, gpu as gpuNamed } from '../catalog/gpus.js'
import { usableMemory } from '../estimate/memory.js'
import type { Interval, Network } from '../estimate/network.js'
import type { ReadQuestion } from '../estimate/question.js'
import { runHours } from '../estimate/run-hours.js'
import { stepSeconds } from '../estimate/step-seconds.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import { isFilledUp } from './filled-up.js'
import { machineOf } from './hardware.js'
import { madeOfItsOwn } from './memory-bound.js'
import type { RuleOptions } from './rule.js'
import { questionOf } from './training-question.js'

/** Where no job names a card: the slowest and the fastest in common use; the slowest that has units for bf16. */
const common = { slowest: 'T4', fastest: 'A100', slowestOfBf16: 'L4' }

/** Times the batch that is compared, as long as the step of a larger one takes less than this for each doubling. */
const compared = 4
const worthDoubling = 0.2
/** Samples and times the batch that nobody need take. */
const most = { samples: 512, times: 16 }
/** A larger batch fits in this share of the memory. */
const spare = 0.6

export interface LaunchShare {
  /** A batch that is worth a try; it fits. */
  larger: number
  /** Tokens of a text, or steps of a series, at most; null: the program does not say, or it has none. */
  length: number | null
  /** They would be no longer, but are filled up to more. */
  filledUp: boolean
  network: Network
  /** 'A10G'; 'T4 to A100' where no card is named. */
  cards: string
  named: boolean
  /** Share of an epoch's time that steps of four times the batch save, on either card. */
  saved: Interval
  /** Of the whole training on the slowest card; null: not known. */
  hours: Interval | null
}

/**
 * Null: nobody knows what the network computes for a sample, or a larger batch might not fit.
 * @param fits whether so many samples of a size do; undefined: what the network keeps of a sample tells
 */
export function launchShare(
  view: SubjectView<'Training'>,
  options: RuleOptions,
  fits?: (samples: number, size: number) => boolean,
): LaunchShare | null {
  const cards = cardsOf(view, options)
  const question = questionOf(view, cards[0], { fast: 1, slow: 1 })
  if ('missing' in question) return null
  const { slow, fast } = question
  const { network, batch } = slow
  // Between bounds of the batch nobody knows how many samples wait.
  if (network === null || batch === null || fast.batch !== batch) return null
  // What is loaded beside the layers that are counted may compute more than all of them.
  const counted = slow.named.model === null && slow.named.cost === null
  if (counted && view.settings.model !== undefined && !madeOfItsOwn(view)) return null
  // A sample may hold several pictures, or larger ones than are usual.
  if (network.unit !== 'tokens' && view.settings.imageEdge?.state === 'unknown') return null
  const size = longestOf(view, slow, network)
  if (size === null) return null
  const room = (usableMemory(cards[0]) ?? 0) * spare
  const hasRoom = (samples: number) => fits?.(samples, size) ?? memoryOf(slow, network, size, samples) <= room
  if (!hasRoom(compared * batch)) return null
  // A compiler starts few kernels for many operations.
  const end = effective(view.settings.compiled) === true ? 'low' : 'high'
  const secondsOn = (card: Gpu, samples: number) =>
    secondsOf(slow, network, size, samples, card)?.[end] ?? null
  const savedOn = (card: Gpu): number | null => {
    const [now, then] = [secondsOn(card, batch), secondsOn(card, compared * batch)]
    return now === null || then === null ? null : 1 - then / (compared * now)
  }
  const [low, high] = [savedOn(cards[0]), savedOn(cards[1])]
  if (low === null || high === null) return null
  let larger = compared * batch
  while (2 * larger <= Math.min(most.samples, most.times * batch) && hasRoom(2 * larger)) {
    const [now, then] = [secondsOn(cards[0], larger)!, secondsOn(cards[0], 2 * larger)!]
    if (1 - then / (2 * now) < worthDoubling) break
    larger *= 2
  }
  return {
    larger,
    length:
      network.unit === 'tokens' && (slow.size !== null || size < (network.assumedSize?.high ?? 0))
        ? size
        : null,
    filledUp: size < (slow.size?.high ?? size) && isFilledUp(view.run),
    network,
    named: cards[0] === cards[1],
    cards: cards[0] === cards[1] ? cards[0].name : `${cards[0].name} to ${common.fastest}`,
    saved: { low, high },
    hours: runHours({ ...slow, size: { low: size, high: size } }).hours,
  }
}

function cardsOf(view: SubjectView<'Training'>, options: RuleOptions): [Gpu, Gpu] {
  const named = machineOf(view, options).gpu
  if (named !== null) return [named, named]
  return [smallestCard(view), gpuNamed(common.fastest)!]
}

/** The slowest in common use, which has the least memory. */
export function smallestCard({ settings }: SubjectView<'Training'>): Gpu {
  const short = effective(settings.precision)?.startsWith('bf16') === true
  return gpuNamed(short ? common.slowestOfBf16 : common.slowest)!
}

/** A batch is as long as its longest text. */
const longestOfBatch = 1.5
/** Tokens of a sentence on average, as data sets of labelled words have them (CoNLL-2003 19, OntoNotes 24). */
const sentence = 24

/** Texts are no longer than those of their data set, or than sentences are, unless they are filled up to a length. */
function longestOf(
  { settings }: SubjectView<'Training'>,
  { size, dataset }: ReadQuestion,
  network: Network,
): number | null {
  const limit = size?.high ?? network.assumedSize?.high ?? null
  if (limit === null || network.unit !== 'tokens') return limit
  const mean = dataset?.meanTokens ?? (effective(settings.sentences) === true ? sentence : null)
  return mean === null ? limit : Math.min(limit, Math.ceil(longestOfBatch * mean))
}

/** Bytes of a weight with its gradient and the states of AdamW; of one that carries adapters. */
const bytesOfWeight = { trained: 16, frozen: 4 }

function memoryOf({ method }: ReadQuestion, network: Network, size: number, samples: number): number {
  const each = method.adapters || method.headOnly ? bytesOfWeight.frozen : bytesOfWeight.trained
  return each * network.parameters + network.kept(size, 32, true) * samples
}

/** Of the most that the network may compute, in the slowest format. */
function secondsOf(
  { formats, method }: ReadQuestion,
  network: Network,
  size: number,
  batch: number,
  gpu: Gpu,
): Interval | null {
  const found = stepSeconds({
    network: { ...network, forward: (one) => atMost(network.forward(one)) },
    size,
    batch,
    devices: 1,
    gpu,
    formats: [formats[1], formats[1]],
    frozen: method.adapters,
    forwardOnly: method.headOnly,
    quantized: method.quantized,
    checkpointing: method.checkpointing ?? false,
    accumulation: 1,
  })
  return found?.step ?? null
}

function atMost({ high }: Interval): Interval {
  return { low: high, high }
}
