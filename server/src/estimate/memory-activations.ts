/**
 * What a step keeps for its backward pass. For a transformer: bytes for each token and layer, counted from what autograd
 * saves in the implementations of the transformers library, operation by operation. For convolutions: measured bytes for
 * each image (bench/memory/vision.py).
 */
import type { KnownModel, ModelFamily, ModelShape } from '../catalog/models.js'
import type { Adapters } from './memory-states.js'

/** `mixed`: autocast over fp32 weights. `short`: the weights themselves have 16 bits. */
export type Arithmetic = 'fp32' | 'mixed' | 'short'

/**
 * How attention is computed. `fused`: no matrix of scores. `upcast`: PyTorch's fallback where no fused kernel fits
 * (bf16 before Ampere), in fp32. `eager`: written out by the model.
 */
export type AttentionKernel = 'fused' | 'upcast' | 'eager'

/** Bytes for each unit of width: the residual stream, the width of all heads, the feed-forward width. */
type Widths = readonly [hidden: number, attention: number, feedForward: number]

interface Kept {
  mixed: Widths
  short: Widths
  full: Widths
  /** Dropout on the scores: their mask and their result are kept too. */
  dropout?: true
  /** The library writes attention out by hand for these. */
  eager?: true
}

/**
 * Attention keeps q, k, v and its output. Grouped keys are widened before use, so they keep as much as the queries.
 * The rest differs: norms that compute in fp32, inputs that autocast copies once for each product, dropout masks (one
 * byte), activation functions written in Python, which keep each of their steps.
 */
const kept: Record<ModelFamily, Kept> = {
  bert: { mixed: [18, 8, 4], short: [10, 8, 4], full: [18, 16, 8], dropout: true },
  distilbert: { mixed: [18, 8, 4], short: [10, 8, 4], full: [18, 16, 8], dropout: true },
  esm: { mixed: [16, 8, 4], short: [8, 8, 4], full: [16, 16, 8] },
  vit: { mixed: [16, 8, 4], short: [8, 8, 4], full: [16, 16, 8] },
  gpt2: { mixed: [14, 8, 16], short: [10, 8, 10], full: [18, 16, 20], dropout: true },
  gptneo: { mixed: [16, 8, 16], short: [8, 8, 10], full: [16, 16, 20], eager: true },
  gptj: { mixed: [12, 8, 16], short: [6, 8, 10], full: [12, 16, 20], eager: true },
  phi: { mixed: [14, 8, 16], short: [8, 8, 10], full: [14, 16, 20] },
  opt: { mixed: [18, 8, 2], short: [10, 8, 2], full: [18, 16, 4], dropout: true },
  bloom: { mixed: [12, 8, 4], short: [8, 8, 4], full: [16, 16, 8], eager: true },
  neox: { mixed: [8, 8, 4], short: [6, 8, 4], full: [12, 16, 8] },
  falcon: { mixed: [8, 8, 4], short: [6, 8, 4], full: [12, 16, 8] },
  bigcode: { mixed: [14, 8, 4], short: [10, 8, 4], full: [18, 16, 8], dropout: true },
  starcoder2: { mixed: [18, 8, 4], short: [10, 8, 4], full: [18, 16, 8], dropout: true },
  llama: { mixed: [26, 8, 8], short: [16, 8, 8], full: [24, 16, 16] },
  qknorm: { mixed: [26, 16, 8], short: [16, 16, 8], full: [24, 26, 16] },
  gemma: { mixed: [26, 8, 8], short: [20, 8, 8], full: [24, 16, 16] },
  gemma2: { mixed: [42, 8, 8], short: [36, 8, 8], full: [40, 16, 16], eager: true },
  gemma3: { mixed: [42, 16, 8], short: [36, 16, 8], full: [40, 26, 16] },
  // Tokens are copied once for each expert that they visit.
  moe: { mixed: [34, 12, 8], short: [24, 12, 8], full: [36, 20, 16] },
  // A learned score beside those of the keys: no fused kernel of PyTorch has it.
  gptoss: { mixed: [34, 12, 8], short: [24, 12, 8], full: [36, 20, 16], eager: true },
  // Norms without copies for three products; q, k and v stay one block, from which turned copies of q and k are made.
  modernbert: { mixed: [12, 12, 8], short: [8, 12, 8], full: [16, 24, 16] },
}

/**
 * What of it, in 16 bits, is kept for the gradients of weights alone, and so is not where weights are frozen: inputs of
 * products that no activation function keeps as well, and what a norm multiplies its weight with.
 */
const forWeights: Record<ModelFamily, Widths> = {
  bert: [4, 0, 2],
  distilbert: [4, 0, 2],
  esm: [4, 0, 2],
  vit: [4, 0, 2],
  gpt2: [4, 0, 2],
  gptneo: [4, 0, 2],
  gptj: [2, 0, 2],
  phi: [2, 0, 2],
  // ReLU keeps its result, which is the input of the product behind it.
  opt: [4, 0, 0],
  bloom: [4, 0, 2],
  neox: [4, 0, 2],
  falcon: [2, 0, 2],
  bigcode: [4, 0, 2],
  starcoder2: [4, 0, 2],
  llama: [8, 0, 2],
  qknorm: [8, 4, 2],
  gemma: [12, 0, 2],
  gemma2: [20, 0, 2],
  gemma3: [20, 4, 2],
  moe: [8, 0, 2],
  gptoss: [8, 0, 2],
  modernbert: [4, 0, 2],
}

/** Families that wrote attention out by hand for years, and whose programs may still do so. */
export const writtenOut: ReadonlySet<ModelFamily> = new Set([
  'bert',
  'distilbert',
  'esm',
  'vit',
  'gpt2',
  'opt',
])

/** Each product with an adapter keeps a copy of its input for it: 16 bits, and a mask of a byte where it is dropped out. */
const adapterCopy = 3

/**
 * Libraries of the project: as they are, or as they were until 2024, when bitsandbytes kept what it multiplied (before
 * 0.42) and the loss of a language model made two copies of its logits in fp32 (transformers before 4.46); or `lean`.
 */
export type Libraries = 'lean' | 'recent' | 'older'

/** Bytes for each entry of the vocabulary and token where the loss is taken in 16 bits. */
const copiesOfLogits: Record<Libraries, number> = { lean: 8, recent: 14, older: 20 }

/**
 * A language model with a large vocabulary whose heads share keys, or whose queries are normed, is one of 2024 or later: its programs run
 * libraries that raise no copy of all logits, and cast the gradient back as it is made.
 */
export function runsLeanLibraries({ family, vocabulary, heads, kvHeads }: ModelShape): boolean {
  return vocabulary > 100_000 && (kvHeads < heads || /^(gemma|qknorm|gptoss)/.test(family))
}

/** Bytes for each unit of width where the weights are frozen and adapters are trained. `inputs`: of frozen products too. */
function withAdapters(
  [hidden, attention, feedForward]: Widths,
  shape: ModelShape,
  { targets }: Adapters,
  inputs: boolean,
): Widths {
  const [h, a, f] = inputs ? [0, 0, 0] : forWeights[shape.family]
  const frozen: Widths = [hidden - h, attention - a, feedForward - f]
  // Queries and values; or all: also keys, the output of attention, and both ways of the feed-forward part.
  if (targets === 'attention') return [frozen[0] + 2 * adapterCopy, frozen[1], frozen[2]]
  const ways = shape.feedForward === 4 * shape.hidden ? 1 : 2
  return [frozen[0] + (3 + ways) * adapterCopy, frozen[1] + adapterCopy, frozen[2] + adapterCopy]
}

/** Bytes for each score of each head. */
function scoreBytes(arithmetic: Arithmetic, kernel: AttentionKernel, dropout: boolean): number {
  if (kernel === 'fused') return 0
  // Softmax in fp32; with dropout a mask of a byte and the product.
  if (kernel === 'upcast' || arithmetic === 'fp32') return dropout ? 9 : 4
  return dropout ? 7 : 6
}

/** The upcast fallback keeps scaled copies of q, k and v in fp32. */
const upcastCopies = 12

export interface LayerMemory {
  /** Bytes that all layers keep for one step. */
  all: number
  /** Bytes of one layer. */
  one: number
  /** Bytes of the inputs of all layers: what checkpointing keeps. */
  inputs: number
}

function kernelOf(shape: ModelShape, asked: AttentionKernel): AttentionKernel {
  return kept[shape.family].eager === true ? 'eager' : asked
}

/**
 * What remains at 16 bits in a well-tuned program: norms and activation functions that libraries write in Python are one
 * kernel each, which keeps its input (Liger, Apex, `torch.compile`).
 */
const fusedKept: Partial<Record<ModelFamily, Widths>> = {
  gpt2: [14, 8, 4],
  gptneo: [16, 8, 4],
  gptj: [12, 8, 4],
  phi: [14, 8, 4],
  llama: [18, 8, 8],
  qknorm: [18, 12, 8],
  gemma: [18, 8, 8],
}

/** Bytes that one sequence leaves in the layers of a well-tuned program. */
export function fusedMemory(shape: ModelShape, tokens: number, bits: 16 | 32): number {
  const widths = bits === 16 ? fusedKept[shape.family] : undefined
  if (widths === undefined)
    return layerMemory(shape, 1, tokens, bits === 16 ? 'mixed' : 'fp32', 'fused', null, false).all
  const [hidden, attention, feedForward] = widths
  const perToken =
    hidden * shape.hidden + attention * shape.heads * shape.headSize + feedForward * shape.feedForward
  return perToken * tokens * shape.layers
}

/** `tokens` of one sequence; `batch` sequences at a time. */
export function layerMemory(
  shape: ModelShape,
  batch: number,
  tokens: number,
  arithmetic: Arithmetic,
  kernel: AttentionKernel,
  adapters: Adapters | null,
  frozenInputs: boolean,
): LayerMemory {
  const family = kept[shape.family]
  const trained = family[arithmetic === 'fp32' ? 'full' : arithmetic]
  const [hidden, attention, feedForward] =
    adapters === null ? trained : withAdapters(trained, shape, adapters, frozenInputs)
  const width = shape.heads * shape.headSize
  const used = kernelOf(shape, kernel)
  const perToken =
    hidden * shape.hidden +
    attention * width +
    feedForward * shape.feedForward +
    (used === 'upcast' ? upcastCopies * shape.hidden : 0)
  const scores = shape.heads * tokens * scoreBytes(arithmetic, used, family.dropout === true)
  const one = batch * tokens * (perToken + scores)
  const inputs = batch * tokens * shape.hidden * (arithmetic === 'short' ? 2 : 4)
  return { all: one * shape.layers, one, inputs: inputs * shape.layers }
}

/**
 * Bytes for each entry of the vocabulary and token while the loss is differentiated: the logits, which stay alive with
 * the model's output, the log-probabilities, and two gradients in fp32.
 */
export function lossMemory(
  vocabulary: number,
  batch: number,
  tokens: number,
  arithmetic: Arithmetic,
  libraries: Libraries,
): number {
  return batch * tokens * vocabulary * (arithmetic === 'fp32' ? 16 : copiesOfLogits[libraries])
}

/** Patches of an image of this edge, and the class token. */
export function imageTokens(model: KnownModel, edge: number | null): number | null {
  const { shape } = model
  if (shape === null || shape.vocabulary !== 0) return null
  // The table holds the count at 224 pixels; patches grow with the area.
  return edge === null ? shape.positions : Math.round(((shape.positions - 1) * edge ** 2) / 224 ** 2) + 1
}

/** Bytes that a batch of images leaves for the backward pass of a convolutional model. Edge 0: no images. */
export function imageMemory(
  image: { edge: number; mixed: number; full: number; input?: number },
  batch: number,
  edge: number,
  arithmetic: Arithmetic,
): number {
  const kept = arithmetic === 'fp32' ? image.full : image.mixed
  const input = image.input ?? 3 * edge ** 2 * 4
  const scale = image.edge === 0 ? 1 : (edge / image.edge) ** 2
  return batch * (kept * scale + input)
}
