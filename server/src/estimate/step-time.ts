/**
 * How long a training step takes at least: its arithmetic at what a card sustains, or the start of its kernels, whichever is
 * longer. Good for comparing two cards, not for a clock.
 */
import type { Gpu } from '../catalog/gpus.js'
import type { KnownModel } from '../catalog/models.js'
import { lookUp } from '../text/records.js'
import type { TrainingSetup } from './memory.js'

/** Share of the peak that training reaches (assumption: the same on both cards that are compared). */
const reached = 0.4

/** Seconds to start the kernels of one layer, forward and backward, from Python (assumption). */
const startOfLayer = 1e-3
/** The same for a convolutional classifier as a whole, for one of its operations, and for the optimizer. */
const startOfConvolutions = 15e-3
const startOfOperation = 1e-4
const startOfOptimizer = 2e-3

/** Cards that cannot hold their peak: 72 W, and a third of the memory bandwidth of their peers. */
const throttled: Record<string, number> = { L4: 0.5 }

/** Teraflops in this format, or in fp32 where the card has no units for it; null: not known. */
export function sustained(card: Gpu, format: 'fp16' | 'tf32'): number | null {
  const peak = card.tflops[format] || card.tflops.fp32
  return peak === null ? null : peak * (lookUp(throttled, card.name) ?? 1)
}

/** Floating-point operations of one step; null: not known. */
export function stepOperations({
  model,
  batch,
  tokens,
  imageEdge,
  checkpointing,
}: TrainingSetup): number | null {
  const { shape, image } = model
  // Forward once and backward twice; checkpointing repeats the forward pass.
  const passes = checkpointing ? 4 : 3
  if (image !== null) {
    if (image.products === null) return null
    const scale = imageEdge === null ? 1 : (imageEdge / image.edge) ** 2
    return 2 * image.products * 1e9 * scale * batch * passes
  }
  if (shape === null || shape.experts > 1) return null
  const length = shape.vocabulary > 0 ? tokens : shape.positions
  return length === null ? null : forwardOfShape(model, length) * batch * passes
}

/** Families whose feed-forward part has three matrices. */
const gated = new Set(['llama', 'qknorm', 'gemma', 'gemma2', 'gemma3', 'moe', 'gptoss', 'modernbert'])

/**
 * Floating-point operations of one forward pass over a sequence of this many tokens; `model` has a shape. `head`: each
 * token's successor is predicted over the vocabulary, or each token itself.
 */
export function forwardOfShape({ shape, parameters }: KnownModel, length: number, head = true): number {
  const { layers, hidden, heads, kvHeads, headSize, feedForward, vocabulary, tied, experts, family } = shape!
  const embedding = vocabulary * hidden
  // Of a mixture of experts a token visits a few; their widths stand in the shape as one.
  const attention = 2 * hidden * headSize * (heads + kvHeads)
  const visited = layers * (attention + (gated.has(family) ? 3 : 2) * hidden * feedForward) + embedding
  const products = (experts > 1 ? visited : parameters - embedding * (tied ? 0 : 1)) - (head ? 0 : embedding)
  const scores = 2 * layers * heads * headSize * length
  return 2 * (products + scores) * length
}

export interface StepTime {
  /** Seconds. */
  arithmetic: number
  start: number
}

export function stepTime(setup: TrainingSetup, card: Gpu): StepTime | null {
  const operations = stepOperations(setup)
  const peak = sustained(card, setup.arithmetic === 'fp32' ? 'tf32' : 'fp16')
  if (operations === null || peak === null || peak === 0) return null
  const { shape, image } = setup.model
  const convolutions =
    image?.operations === undefined ? startOfConvolutions : image.operations * startOfOperation
  const start = startOfOptimizer + (shape === null ? convolutions : shape.layers * startOfLayer)
  return { arithmetic: operations / (peak * 1e12 * reached), start }
}
