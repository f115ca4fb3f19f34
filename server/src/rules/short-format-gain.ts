/** How much faster the steps of a training get in 16 bits, by what its network computes and by the start of its kernels. */
import type { Gpu } from '../catalog/gpus.js'
import type { Interval, Network } from '../estimate/network.js'
import type { ReadQuestion } from '../estimate/question.js'
import { type ProductFormat, stepSeconds } from '../estimate/step-seconds.js'
import type { SubjectView } from '../workload/claim.js'
import { questionOf } from './training-question.js'

/** Samples of a step where nothing tells how many. */
const usualBatch: Interval = { low: 8, high: 256 }

/**
 * Times that a step is faster on this card: the least and the most, whatever is not known of it. Null: nobody knows what
 * the network computes.
 */
export function shortFormatGain(view: SubjectView<'Training'>, card: Gpu): Interval | null {
  const question = questionOf(view, card, { fast: 1, slow: 1 })
  if ('missing' in question) return null
  const gains = [question.fast, question.slow].flatMap((read) => gainsOf(read, card))
  return gains.length === 0 ? null : { low: Math.min(...gains), high: Math.max(...gains) }
}

function gainsOf(read: ReadQuestion, card: Gpu): number[] {
  const { network } = read
  const sizes = read.size ?? network?.assumedSize ?? null
  if (network === null || sizes === null) return []
  const batches = read.batch === null ? [usualBatch.low, usualBatch.high] : [read.batch]
  return [sizes.low, sizes.high].flatMap((size) =>
    batches.flatMap((batch) => gainsOfStep(read, network, size, batch, card)),
  )
}

/** In a well-tuned program, and in a plain one. */
function gainsOfStep(
  { method, formats }: ReadQuestion,
  network: Network,
  size: number,
  batch: number,
  card: Gpu,
): number[] {
  const seconds = (format: ProductFormat) =>
    stepSeconds({
      network,
      size,
      batch,
      devices: 1,
      gpu: card,
      formats: [format, format],
      frozen: method.adapters,
      forwardOnly: method.headOnly,
      quantized: method.quantized,
      checkpointing: method.checkpointing ?? false,
      accumulation: 1,
    })?.step
  const [long, short] = [seconds(formats[1]), seconds('fp16')]
  return long == null || short == null ? [] : [long.low / short.low, long.high / short.high]
}
