/** Memory that does not depend on the data: weights, gradients, the optimiser's states, and how they are shared out. */
import type { KnownModel, ModelShape } from '../catalog/models.js'
import type { Arithmetic } from './memory-activations.js'

export type OptimizerKind =
  | 'adamw'
  /** One kernel for all parameters: no copies while it steps. */
  | 'adamw fused'
  | 'adamw 8 bit'
  | 'adafactor'
  | 'lion'
  | 'lion 8 bit'
  | 'sgd'
  | 'sgd momentum'
  | 'rmsprop'
  | 'adagrad'
  | 'adadelta'

/** States for each trainable parameter: bytes as a multiple of the weight's own, or fixed; and copies while it steps. */
const optimizers: Record<OptimizerKind, { states: number; fixed: number; copies: number }> = {
  adamw: { states: 2, fixed: 0, copies: 1 },
  'adamw fused': { states: 2, fixed: 0, copies: 0 },
  'adamw 8 bit': { states: 0, fixed: 2.03, copies: 0 },
  // Rows and columns of the second moment only.
  adafactor: { states: 0, fixed: 0.02, copies: 0 },
  lion: { states: 1, fixed: 0, copies: 1 },
  'lion 8 bit': { states: 0, fixed: 1.02, copies: 0 },
  sgd: { states: 0, fixed: 0, copies: 0 },
  'sgd momentum': { states: 1, fixed: 0, copies: 0 },
  rmsprop: { states: 1, fixed: 0, copies: 1 },
  adagrad: { states: 1, fixed: 0, copies: 1 },
  adadelta: { states: 2, fixed: 0, copies: 2 },
}

export interface Adapters {
  rank: number
  /** Which products get one. */
  targets: 'attention' | 'all'
}

/** How states are shared among devices. Stage 1: the optimiser's; 2: gradients too; 3: weights too. */
export interface Sharding {
  kind: 'deepspeed' | 'fsdp'
  stage: 1 | 2 | 3
  devices: number
  /** Kept in the memory of the host. */
  offload: { optimizer: boolean; parameters: boolean }
}

export interface StateInput {
  model: KnownModel
  /** Bits of the weights as they are loaded. */
  weightBits: 4 | 8 | 16 | 32
  arithmetic: Arithmetic
  optimizer: OptimizerKind
  /** Null: all weights are trained. */
  adapters: Adapters | null
  /** Every process keeps everything, and exchanges gradients through buffers of their size. */
  replicas: boolean
  sharding: Sharding | null
  checkpointing: boolean
  /** What is not quantised is raised to fp32, as `prepare_model_for_kbit_training` of PEFT does. */
  raised?: boolean
}

export interface StateMemory {
  weights: number
  gradients: number
  optimizer: number
  /** Copies of weights that autocast makes. */
  casts: number
  /** Copies that the optimiser makes while it steps. */
  step: number
  trainable: number
  /** Less by so much where the scales of 4-bit weights are quantised too, as the authors of QLoRA do. */
  scales: number
}

/** Two bytes an entry, half a byte for 4 bits with a scale for each 64 weights. */
const bytesOf = { 4: 0.5625, 8: 1.02, 16: 2, 32: 4 }
/** A scale of 4 bytes for 64 weights becomes one of a byte, and one of 4 bytes for 256 of these. */
const doubleQuantization = 4 / 64 - 1 / 64 - 4 / (64 * 256)

function embeddingOf(shape: ModelShape | null): number {
  return shape === null ? 0 : shape.vocabulary * shape.hidden
}

/** Parameters of low-rank adapters: rank × (inputs + outputs) of each product that gets one. */
export function adapterParameters(model: KnownModel, { rank, targets }: Adapters): number {
  const { shape } = model
  // Half a percent at rank 8: what adapters on all products come to for common shapes.
  if (shape === null) return (model.parameters * 0.005 * rank) / 8
  const heads = shape.heads * shape.headSize
  const keys = shape.kvHeads * shape.headSize
  const queries = shape.hidden + heads
  if (targets === 'attention') return shape.layers * rank * (queries + shape.hidden + keys)
  const products = shape.feedForward === 4 * shape.hidden ? 2 : 3
  const feedForward = products * (shape.hidden + shape.feedForward)
  return shape.layers * rank * (2 * queries + 2 * (shape.hidden + keys) + feedForward)
}

export function stateMemory(input: StateInput): StateMemory {
  const { model, adapters, optimizer, sharding } = input
  const { parameters, shape } = model
  const embedding = embeddingOf(shape)
  const products = Math.max(0, parameters - embedding * (shape?.tied === true ? 1 : 2))
  const quantized = input.weightBits < 16
  const weightBytes = bytesOf[input.weightBits]
  const trainable = adapters === null ? parameters : adapterParameters(model, adapters)
  const entries = optimizers[optimizer]
  // Adapters are kept in fp32 whatever the weights below them are.
  const trainedBytes = adapters === null && !quantized ? Math.max(2, weightBytes) : 4
  let weights = quantized
    ? products * weightBytes + (parameters - products) * (input.raised === true ? 4 : 2)
    : parameters * weightBytes
  if (adapters !== null) weights += trainable * 4
  let gradients = trainable * trainedBytes
  let states = trainable * (entries.states * trainedBytes + entries.fixed)
  let step = trainable * entries.copies * trainedBytes
  // The head of a language model is cast too, even where it shares its matrix with the embedding.
  const head = shape !== null && shape.vocabulary > 0 ? embedding : 0
  let casts = input.arithmetic === 'mixed' && !quantized ? 2 * (products + head) : 0
  // A quantised product is unpacked while it is computed, the largest in the feed-forward part.
  if (quantized && shape !== null) casts = 2 * shape.hidden * shape.feedForward
  // Recomputed layers are cast again, one at a time.
  if (casts > 0 && !quantized && input.checkpointing)
    casts = 2 * head + (casts - 2 * head) / (shape?.layers ?? usualLayers)

  if (sharding !== null) {
    const shared = shardedStates(input, trainable, sharding)
    const part = sharding.stage < 3 ? 1 : sharding.offload.parameters ? 0 : 1 / sharding.devices
    weights = adapters === null ? shared.weights : weights * part
    gradients = shared.gradients
    states = shared.optimizer
    step = 0
    casts = shared.gathered
  } else if (input.replicas) gradients *= 2
  const scales = input.weightBits === 4 ? products * doubleQuantization : 0
  return { weights, gradients, optimizer: states, casts, step, trainable, scales }
}

/** Of models whose layers are not on record. */
const usualLayers = 24

/** Largest piece that is gathered at a time: a layer, or the embedding. */
function largestPiece(model: KnownModel): number {
  const { shape, parameters } = model
  if (shape === null) return parameters / usualLayers
  return Math.max(embeddingOf(shape), (parameters - embeddingOf(shape)) / shape.layers)
}

interface Shared {
  weights: number
  gradients: number
  optimizer: number
  gathered: number
}

function shardedStates(input: StateInput, trainable: number, sharding: Sharding): Shared {
  const { stage, devices, offload, kind } = sharding
  const { parameters } = input.model
  const part = 1 / devices
  const adam = optimizers[input.optimizer]
  if (kind === 'deepspeed') {
    // 16-bit weights; in fp32 the optimiser's gradients, weights and states, each device its share.
    const own = 4 + adam.states * 4 + adam.fixed
    const full = offload.optimizer ? 0 : 4 * trainable * part
    const short = 2 * trainable * (stage === 1 ? 1 : part)
    return {
      weights: 2 * parameters * (stage === 3 ? (offload.parameters ? 0 : part) : 1),
      // Stage 3 reduces straight into the fp32 ones.
      gradients: stage === 3 && !offload.optimizer ? full : full + short,
      optimizer: offload.optimizer ? 0 : own * trainable * part,
      gathered: stage === 3 ? 4 * largestPiece(input.model) : 0,
    }
  }
  const bytes = Math.max(2, bytesOf[input.weightBits])
  return {
    weights: bytes * parameters * (offload.parameters ? 0 : stage === 3 ? part : 1),
    gradients: offload.parameters ? 0 : bytes * trainable * part,
    optimizer: offload.parameters ? 0 : (adam.states * bytes + adam.fixed) * trainable * part,
    // Two layers at a time, in the format of the arithmetic.
    gathered: 2 * (input.arithmetic === 'fp32' ? 4 : 2) * largestPiece(input.model),
  }
}
