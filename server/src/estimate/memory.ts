/**
 * How much memory one device needs for training: itemised at the moment of the step when most is in use, with an interval.
 *
 * Three moments can be the peak. Before the first gradient: everything that the forward pass keeps, and the loss. After
 * the last: all gradients, and one layer. While the optimiser steps: gradients, states, and its own copies. Small batches
 * peak in the third, large ones in the first.
 */
import type { Gpu } from '../catalog/gpus.js'
import type { KnownModel } from '../catalog/models.js'
import {
  type Arithmetic,
  type AttentionKernel,
  imageMemory,
  imageTokens,
  type Libraries,
  layerMemory,
  lossMemory,
} from './memory-activations.js'
import {
  type Adapters,
  type OptimizerKind,
  type Sharding,
  type StateMemory,
  stateMemory,
} from './memory-states.js'

export interface TrainingSetup {
  model: KnownModel
  /** Samples that one device takes at a time. */
  batch: number
  /** Tokens of a sequence at most; null for images. */
  tokens: number | null
  /** Edge of an image in pixels; null: the model's own. */
  imageEdge: number | null
  weightBits: 4 | 8 | 16 | 32
  arithmetic: Arithmetic
  /** The 16-bit format of the arithmetic. */
  format: 'fp16' | 'bf16'
  optimizer: OptimizerKind
  adapters: Adapters | null
  checkpointing: boolean
  /** Batches whose gradients make up one step. */
  accumulation: number
  /** The loss is taken over the whole vocabulary. */
  languageHead: boolean
  attention: 'fused' | 'eager'
  replicas: boolean
  sharding: Sharding | null
  /** Null: any recent one. */
  gpu: Gpu | null
  /** Absent: as they are. */
  libraries?: Libraries
  /** Embedding and head of a quantised model in fp32. */
  raised?: boolean
  /** Where nobody measured what its layers keep: between which models it lies, whether they are computed twice or once. */
  between?: (checkpointing: boolean) => ModelSpread
}

export interface ModelSpread {
  low: KnownModel
  expected: KnownModel
  high: KnownModel
}

export type ItemName =
  | 'weights'
  | 'weights in 16 bits'
  | 'gradients'
  | 'optimizer states'
  | 'activations'
  | 'logits and loss'
  | 'copies of the optimizer'
  | 'allocator'
  | 'CUDA context'

export type Moment = 'before the first gradient' | 'after the last gradient' | 'while the optimizer steps'

export interface MemoryEstimate {
  /** Bytes, in the order in which they are shown; they add up to `expected`. */
  items: { name: ItemName; bytes: number }[]
  moment: Moment
  low: number
  expected: number
  high: number
  /** Weights, gradients and states alone. */
  states: number
  trainable: number
}

/**
 * What PyTorch's allocator holds beyond what is in use: 6 to 13 % in eight measured runs, 10 % on average. The low end is for
 * figures that count only tensors (`max_memory_allocated`), without what a process takes beside them.
 */
const allocator = { expected: 0.1, high: 0.2 }

/** Work space of cuBLAS, which the allocator counts too. */
const workspace = 20e6

/** How far activations may be off either way. */
const activationSpread = { low: 0.9, high: 1.15 }

/**
 * Bytes that a process takes beside its tensors. The first operation takes 142 MB on a T4 and 400 on larger cards, where
 * kernels are loaded as they are used. Before CUDA 11.7 all were loaded at once: 1.4 GB on a V100 (documentation of
 * transformers).
 */
export function besideTensors({ gpu, libraries }: TrainingSetup): { expected: number; high: number } {
  if (gpu?.generation === 'Turing') return { expected: 0.142e9, high: 0.5e9 }
  if (gpu?.generation === 'Volta') return { expected: libraries === 'older' ? 1.4e9 : 0.4e9, high: 1.5e9 }
  return { expected: 0.4e9, high: 1e9 }
}

/** Memory that programs get of a card, in bytes: the driver and error correction take the rest. */
export function usableMemory(gpu: { memoryGB: number | null }, memoryGB = gpu.memoryGB): number | null {
  return memoryGB === null ? null : memoryGB * 2 ** 30 * (memoryGB <= 24 ? 0.91 : 0.97)
}

/** The kernel that PyTorch finds for this format on this card. */
function attentionKernel(setup: TrainingSetup): AttentionKernel {
  if (setup.attention === 'eager') return 'eager'
  const old = setup.gpu !== null && setup.gpu.vendor === 'nvidia' && !setup.gpu.formats.has('bf16')
  return old && setup.arithmetic !== 'fp32' && setup.format === 'bf16' ? 'upcast' : 'fused'
}

interface Kept {
  activations: number
  /** Of one layer, where layers are known. */
  layer: number
  loss: number
}

function keptOf(setup: TrainingSetup, libraries: Libraries): Kept | null {
  const { model, batch, arithmetic } = setup
  const { shape, image } = model
  if (image !== null) {
    const edge = setup.imageEdge ?? image.edge
    const activations = imageMemory(image, batch, edge, arithmetic)
    // Layers of a convolutional model differ; the widest holds about an eighth.
    return { activations, layer: activations / 8, loss: 0 }
  }
  if (shape === null) return null
  const tokens = shape.vocabulary === 0 ? imageTokens(model, setup.imageEdge) : setup.tokens
  if (tokens === null) return null
  const inputs = libraries === 'older' && setup.weightBits < 16
  const layers = layerMemory(shape, batch, tokens, arithmetic, attentionKernel(setup), setup.adapters, inputs)
  const loss = setup.languageHead ? lossMemory(shape.vocabulary, batch, tokens, arithmetic, libraries) : 0
  return { activations: setup.checkpointing ? layers.inputs : layers.all, layer: layers.one, loss }
}

interface Peak {
  moment: Moment
  items: { name: ItemName; bytes: number }[]
  total: number
}

function peakOf(setup: TrainingSetup, states: StateMemory, kept: Kept, spread: number): Peak {
  const { weights, gradients, optimizer, casts, step } = states
  const activations = kept.activations * spread
  const layer = kept.layer * spread
  const loss = kept.loss * spread
  const held: [ItemName, number][] = [
    ['weights', weights],
    ['optimizer states', optimizer],
  ]
  const moments: [Moment, [ItemName, number][]][] = [
    [
      'before the first gradient',
      [
        ...held,
        // Gradients of earlier batches stay until the step.
        ['gradients', setup.accumulation > 1 ? gradients : 0],
        ['weights in 16 bits', casts],
        ['activations', activations],
        ['logits and loss', loss],
      ],
    ],
    [
      'after the last gradient',
      [
        ...held,
        ['gradients', gradients],
        ['weights in 16 bits', casts],
        ['activations', setup.checkpointing ? activations + layer : layer],
      ],
    ],
    [
      'while the optimizer steps',
      [...held, ['gradients', gradients], ['copies of the optimizer', step], ['logits and loss', loss / 7]],
    ],
  ]
  let best: Peak | null = null
  for (const [moment, parts] of moments) {
    const items = parts.filter(([, bytes]) => bytes > 0).map(([name, bytes]) => ({ name, bytes }))
    const total = items.reduce((sum, one) => sum + one.bytes, workspace)
    if (best === null || total > best.total) best = { moment, items, total }
  }
  return best!
}

const order: ItemName[] = [
  'weights',
  'weights in 16 bits',
  'gradients',
  'optimizer states',
  'copies of the optimizer',
  'activations',
  'logits and loss',
]

/** Null: what the layers of this model keep is not on record, or the length of its input is not known. */
export function trainingMemory({ between, ...setup }: TrainingSetup): MemoryEstimate | null {
  if (between === undefined) return memoryOfModel(setup)
  const spread = between(setup.checkpointing)
  const [low, expected, high] = [spread.low, spread.expected, spread.high].map((model) =>
    memoryOfModel({ ...setup, model }),
  )
  return low == null || expected == null || high == null
    ? null
    : { ...expected, low: low.low, high: high.high }
}

function memoryOfModel(setup: TrainingSetup): MemoryEstimate | null {
  const kept = keptOf(setup, setup.libraries ?? 'recent')
  const most = keptOf(setup, 'older')
  if (kept === null || most === null || setup.batch < 1) return null
  const states = stateMemory(setup)
  const base = besideTensors(setup)
  const peak = peakOf(setup, states, kept, 1)
  const low = peakOf(setup, states, kept, activationSpread.low)
  const high = peakOf(setup, states, most, activationSpread.high)
  const held = peak.total * allocator.expected + workspace
  return {
    items: [
      ...peak.items.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name)),
      { name: 'allocator', bytes: held },
      { name: 'CUDA context', bytes: base.expected },
    ],
    moment: peak.moment,
    low: low.total - states.scales,
    expected: peak.total * (1 + allocator.expected) + base.expected,
    high: high.total * (1 + allocator.high) + base.high,
    states: states.weights + states.gradients + states.optimizer,
    trainable: states.trainable,
  }
}

export type Verdict = 'fits with margin' | 'fits' | 'tight' | 'does not fit'

/** `usable`: bytes that programs get of the card. */
export function verdict(estimate: MemoryEstimate, usable: number): Verdict {
  if (estimate.high <= 0.75 * usable) return 'fits with margin'
  if (estimate.high <= usable) return 'fits'
  return estimate.expected <= usable ? 'tight' : 'does not fit'
}
