/** How much larger the batch of a training could be before its steps take longer, since they wait for the start of their kernels. */
import { gpu as gpuNamed } from '../catalog/gpus.js'
import type { Network } from '../estimate/network.js'
import type { ReadQuestion } from '../estimate/question.js'
import { stepSeconds } from '../estimate/step-seconds.js'
import type { SubjectView } from '../workload/claim.js'
import { questionOf } from './training-question.js'

/** The card on which arithmetic takes longest of those in common use: elsewhere there is more room. */
const slowest = 'T4'
/** A step that takes no more of this counts as no longer. */
const hardlyLonger = 1.15
const most = 1024

/** Samples that a step could take in the time of its batch, a power of two times that. Null: nobody knows what the network computes. */
export function freeBatch(view: SubjectView<'Training'>): number | null {
  const question = questionOf(view, gpuNamed(slowest)!, { fast: 1, slow: 1 })
  if ('missing' in question) return null
  const { slow, fast } = question
  const { network, batch } = slow
  const size = slow.size?.high ?? network?.assumedSize?.high ?? null
  // Between bounds of the batch nobody knows how many samples wait.
  if (network === null || size === null || batch === null || fast.batch !== batch) return null
  const now = secondsOf(slow, network, size, batch)
  if (now === null) return null
  let free = batch
  while (free < most) {
    const longer = secondsOf(slow, network, size, 2 * free)
    if (longer === null || longer > hardlyLonger * now) break
    free *= 2
  }
  return free
}

/** Of a well-tuned program, whose kernels start fastest, with the most that its network may compute. */
function secondsOf(
  { formats, method }: ReadQuestion,
  network: Network,
  size: number,
  batch: number,
): number | null {
  const found = stepSeconds({
    network: { ...network, forward: (one) => atMost(network.forward(one)) },
    size,
    batch,
    devices: 1,
    gpu: gpuNamed(slowest)!,
    formats: [formats[1], formats[1]],
    frozen: method.adapters,
    forwardOnly: method.headOnly,
    quantized: method.quantized,
    checkpointing: method.checkpointing ?? false,
    accumulation: 1,
  })
  return found?.step?.low ?? null
}

function atMost({ high }: { high: number }): { low: number; high: number } {
  return { low: high, high }
}
