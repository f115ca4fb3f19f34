/** Memory of a run of which only a question is known: an interval over all that the question leaves open. */
import { type KnownModel, writesText } from '../catalog/models.js'
import {
  besideTensors,
  type MemoryEstimate,
  type TrainingSetup,
  trainingMemory,
  usableMemory,
} from './memory.js'
import { runsLeanLibraries, writtenOut } from './memory-activations.js'
import { diffuses, type Network } from './network.js'
import type { ReadQuestion } from './question.js'

/** How far kept activations may be off where they follow from the arithmetic alone. */
export const guessedKept = { low: 0.6, high: 1.6 }
/** Where it was measured, but libraries differ in which layers they train. */
const measuredKept = { low: 0.65, high: 1.3 }
/** Of what layers keep, what remains where they are computed twice, for networks whose layers are not on record. */
const keptInputs = 0.15

export interface MemoryRange {
  /** Bytes on one device. */
  low: number
  expected: number
  high: number
  /** The expected case, item by item. */
  estimate: MemoryEstimate
  setup: TrainingSetup
  /** The case that needs most. */
  most: TrainingSetup
  /** A clause; null: nothing had to be assumed. */
  assumption: string | null
}

/** What lacks for the memory, in words. */
export type MemoryMissing = { missing: string }

/** Bytes for each weight of an embedding that is trained beside adapters: a copy, its gradient, states, a copy while stepping. */
const trainedEmbedding = 2 + 2 + 4 + 2
const held = 1.1

export function memoryOfQuestion(read: ReadQuestion): MemoryRange | MemoryMissing {
  const plain = rangeOf(read)
  const usable = room(read)
  // What does not fit is shared out: nobody could run it otherwise.
  if ('missing' in plain || read.method.sharding !== null || usable === null) return plain
  if (fits(plain.low, usable)) return plain
  if (read.devices === 1) return onTooSmall(read, plain, usable)
  for (const stage of [1, 2, 3] as const) {
    const shared = rangeOf({ ...read, method: { ...read.method, sharding: { kind: 'deepspeed', stage } } })
    // Models that fit no other way are cut into pieces, too.
    if (!('missing' in shared) && (shared.expected <= usable || stage === 3))
      return {
        ...shared,
        assumption: `states are shared among devices (ZeRO stage ${stage}), or they would not fit`,
      }
  }
  return plain
}

/**
 * What the allocator and the driver add to tensors at least: the least of the shares that were measured (estimate/memory.ts), rounded
 * down, and the context of the smallest card measured, a T4 (142 MB).
 */
const leastBeside = { share: 1.05, bytes: 0.15e9 }

function fits(tensors: number, usable: number): boolean {
  return leastBeside.share * tensors + leastBeside.bytes <= usable
}

/** Ways to train all weights on one device that holds no more, with the bytes of a weight, its gradient and its states. */
const frugal: [bytes: number, assumption: string][] = [
  [2 + 2 + 2.03, 'all in 16 bits, with states of 8 bits, or they would not fit'],
  [2 + 2, 'all in 16 bits, with states in the memory of the host or of a low rank, or they would not fit'],
  [2, 'all in 16 bits, each layer updated during the backward pass, or they would not fit'],
]

/** Smaller ones fill a card with what they keep, of which programs take less. */
const largeModel = 1e9

/** Nobody publishes a run that its card cannot hold: the first way in which it fits. */
function onTooSmall(read: ReadQuestion, plain: MemoryRange, usable: number): MemoryRange {
  const { parameters } = read.network!
  if (read.method.adapters || read.method.headOnly || parameters < largeModel) return plain
  const twice = rangeOf({
    ...read,
    method: { ...read.method, checkpointing: read.method.checkpointing ?? true },
  })
  const { estimate } = 'missing' in twice ? plain : twice
  const kept = ['activations', 'logits and loss'] as const
  const moving = estimate.items
    .filter(({ name }) => kept.some((one) => one === name))
    .reduce((sum, { bytes }) => sum + bytes, 0)
  for (const [bytes, assumption] of frugal) {
    const low = bytes * parameters
    if (!fits(low, usable)) continue
    const expected = (low + moving) * leastBeside.share
    return { ...plain, low, expected, high: Math.max(usable, expected), assumption }
  }
  return plain
}

function rangeOf(read: ReadQuestion): MemoryRange | MemoryMissing {
  const { network, batch, size } = read
  if (network === null) return { missing: `nothing is on record of the layers of ${read.named.name}` }
  if (network.parameters === 0) return { missing: `how large the tables of ${read.named.name} are` }
  if (batch === null) return { missing: 'the batch of one device (--batch)' }
  if (size === null) return { missing: 'the length of a text in tokens (--size)' }
  const cases = read.method.headOnly
    ? headSetups(read, network, batch, size.high)
    : setups(read, network, batch, size)
  const estimates = cases.map(trainingMemory)
  const first = estimates[0]
  if (first == null) return { missing: `nothing is on record of the layers of ${read.named.name}` }
  const all = estimates.filter((one) => one !== null)
  const shape = network.model?.shape
  const more =
    read.method.adapters && read.method.embeddings && shape != null
      ? shape.vocabulary * shape.hidden * (shape.tied ? 1 : 2) * trainedEmbedding * held
      : 0
  const encoders = encodersOf(read, network)
  const highs = estimates.map((one) => one?.high ?? 0)
  const high = Math.max(...highs)
  const usable = room(read)
  // Nobody runs what does not fit, as long as there is a way that does.
  const fitting =
    usable === null || first.expected + more <= usable
      ? []
      : all.filter(({ expected }) => expected + more <= usable).sort((a, b) => b.expected - a.expected)
  const expected = fitting[0] ?? first
  const setup = cases[estimates.indexOf(expected)]!
  const process = besideTensors(setup)
  const beside = writesText(network.model) ? Math.min(loadedBefore, process.high - process.expected) : 0
  return {
    low: Math.min(...all.map(({ low }) => low)) + more,
    expected: expected.expected + more + beside,
    high: high + more + encoders,
    estimate: expected,
    setup,
    most: cases[highs.indexOf(high)]!,
    assumption:
      fitting.length === 0
        ? null
        : 'what saves memory is in use (layers computed twice, a loss in pieces, few adapters, weights in 16 bits), or it would not fit',
  }
}

/** Weights of the frozen encoders of pictures and texts beside a diffusion model, for each of its own. */
const encoderShare = 0.25

/** Bytes of them, unless the program has kept the codes. */
function encodersOf({ precision }: ReadQuestion, { networkClass, parameters }: Network): number {
  if (!diffuses(networkClass)) return 0
  const full = precision !== null && !precision.mixed && precision.weightBits === 32
  return encoderShare * parameters * (full ? 4 : 2)
}

/**
 * Cards that most programs met with libraries of before 2023: PyTorch kept gradients between steps and updated weights one
 * after the other, and attention was written out.
 */
const early: ReadonlySet<string> = new Set(['Kepler', 'Maxwell', 'Pascal', 'Volta'])

/**
 * Figures of language models are mostly what the driver says, at all times: until CUDA 11.7 all kernels were loaded at once, which took
 * 1.4 GB on a V100 and takes 0.4 since (estimate/memory.ts). Bytes that stand between, where the estimate
 * is not of that time itself; tables of pictures count tensors.
 */
const loadedBefore = 0.4e9

/** The case that is expected, and those between which it lies. */
function setups(
  read: ReadQuestion,
  network: Network,
  batch: number,
  size: { low: number; high: number },
): TrainingSetup[] {
  const { method, precision, gpu, devices } = read
  const usable = room(read)
  const known = network.model
  const listed = known !== null && (known.shape !== null || known.image !== null)
  const language = writesText(known)
  const bits = method.eightBits ? 8 : (precision?.weightBits ?? (method.quantized ? 4 : null))
  const weightBits: TrainingSetup['weightBits'] = method.quantized
    ? 4
    : method.adapters
      ? bits === 8
        ? 8
        : namesFull(precision)
          ? 32
          : 16
      : // Programs that name a 16-bit format without more cast for each product.
        (bits === 16 && precision?.pure !== true) || bits === null
        ? 32
        : bits
  const mixed = precision === null || precision.mixed || precision.weightBits === 16
  const arithmetic: TrainingSetup['arithmetic'] =
    weightBits < 32 ? 'short' : mixed && !method.adapters ? 'mixed' : 'fp32'
  // Programs that train large language models, or adapters on them, mostly compute layers twice. Those of Lightning, whose word 'bf16-true'
  // is, do so when they are told to.
  const twice =
    method.checkpointing ??
    (precision?.pure === true && precision.weightBits === 16 ? false : null) ??
    ((method.adapters && !diffuses(network.networkClass)) || (language && network.parameters > 1e9))
  const old = listed && gpu !== null && early.has(gpu.generation)
  const lean = known?.shape != null && runsLeanLibraries(known.shape)
  const attention = known?.shape != null && writtenOut.has(known.shape.family) ? 'eager' : 'fused'
  const base: Omit<TrainingSetup, 'model' | 'tokens' | 'imageEdge'> = {
    batch,
    weightBits,
    arithmetic,
    format: precision?.formats[0] === 'bf16' ? 'bf16' : 'fp16',
    optimizer: old && read.optimizer === 'adamw' ? 'adamw fused' : read.optimizer,
    adapters: method.adapters ? { rank: method.rank ?? 32, targets: 'all' } : null,
    checkpointing: twice,
    accumulation: old ? Math.max(2, read.accumulation) : read.accumulation,
    languageHead: language && !method.lossInPieces,
    attention: old ? attention : 'fused',
    ...(old ? { libraries: 'older' as const } : lean && { libraries: 'lean' as const }),
    raised: weightBits < 16 && precision?.pure !== true && !method.lossInPieces,
    replicas: devices > 1 && method.sharding === null,
    sharding:
      method.sharding === null
        ? null
        : {
            ...method.sharding,
            devices,
            offload: { optimizer: method.offload, parameters: method.offload && method.sharding.stage === 3 },
          },
    gpu,
  }
  const at = (of: number, kept: number, checkpointing = twice): TrainingSetup => ({
    ...base,
    checkpointing,
    model: listed ? known : reckoned(network, of, kept, checkpointing, weightBits < 32 ? 2 : 4),
    tokens: network.unit === 'tokens' ? of : null,
    imageEdge: network.unit === 'pixels' && listed ? of : null,
  })
  const usual = at(size.high, 1)
  const short: TrainingSetup = { ...usual, weightBits: 16, arithmetic: 'short' }
  const namesShort = precision?.weightBits === 16 && language && weightBits === 32
  // Programs that name a 16-bit format keep the weights in it where the card is too small for more.
  const expected = namesShort && devices === 1 && isTooLarge(usual, usable) ? short : usual
  const spread = listed ? { low: 1, high: 1 } : network.keptIsMeasured ? measuredKept : guessedKept
  const most = at(size.high, spread.high)
  const all = [expected, at(size.low, spread.low), most]
  if (precision === null && !listed) all.push({ ...most, weightBits: 32, arithmetic: 'fp32' })
  if (method.adapters) {
    // Few adapters, and a loss that is computed piece by piece, without logits (Liger, Unsloth, Cut Cross Entropy).
    const few = { rank: method.rank ?? 8, targets: 'attention' as const }
    all.push({ ...expected, adapters: few, raised: false, languageHead: false })
    all.push({ ...expected, adapters: { rank: method.rank ?? 64, targets: 'all' } })
  }
  // Nor is it known that others do.
  const mayBeTwice =
    language && method.adapters
      ? true
      : (diffuses(network.networkClass) || network.inputs !== undefined) && isTooLarge(usual, usable)
  if (method.checkpointing === null && !twice && mayBeTwice) all.push(at(size.high, 1, true))
  if (method.checkpointing === null && twice) {
    const { model } = at(size.high, 1, false)
    const once = { ...expected, model, checkpointing: false }
    // Nobody leaves it out where the card is too small for that.
    if (usable === null || (trainingMemory(once)?.expected ?? 0) <= usable) all.push(once)
  }
  // A loss that is computed piece by piece, and weights that one kernel updates, without copies.
  const update = read.optimizer === 'adamw' ? 'adamw fused' : read.optimizer
  all.push({ ...expected, languageHead: false, optimizer: update })
  // Libraries load weights in fp32 unless a format is named for them; mixed precision says that it is not.
  if (method.adapters && weightBits === 16 && (precision === null || precision.mixed)) {
    const full: TrainingSetup = {
      ...expected,
      weightBits: 32,
      arithmetic: precision === null ? 'fp32' : 'mixed',
    }
    if (precision === null || devices === 1 || !isTooLarge(full, usable)) all.push(full)
  }
  all.push({ ...expected, attention })
  const plain: TrainingSetup = {
    ...expected,
    optimizer: read.optimizer,
    attention: 'fused',
    libraries: 'recent',
  }
  // Gradients outlive a step where a program adds them up.
  if (read.accumulation === 1) all.push({ ...plain, accumulation: 1 }, { ...plain, accumulation: 2 })
  if (precision === null && !method.adapters) all.push({ ...expected, weightBits: 32, arithmetic: 'fp32' })
  if (namesShort) all.push(short)
  return all
}

/**
 * Of what layers keep, the widest that is there at a time where nothing goes back through them. Input and output of the widest layer are
 * 11 % of what ResNet-50 keeps at 224 pixels and 24 % of what VGG-16 does, by their shapes; half of the former is assumed of deeper ones.
 */
const oneLayer = { low: 0.05, expected: 0.1, high: 0.25 }

/** Where only a head is trained. */
function headSetups(
  { precision, gpu }: ReadQuestion,
  network: Network,
  batch: number,
  size: number,
): TrainingSetup[] {
  const full = precision === null || precision.mixed || precision.weightBits === 32
  const at = (share: number): TrainingSetup => ({
    model: reckoned(network, size, share, false, full ? 4 : 2),
    batch,
    tokens: null,
    imageEdge: null,
    weightBits: full ? 32 : 16,
    arithmetic: precision?.mixed === true ? 'mixed' : full ? 'fp32' : 'short',
    format: precision?.formats[0] === 'bf16' ? 'bf16' : 'fp16',
    optimizer: 'sgd',
    adapters: { rank: 1, targets: 'attention' },
    checkpointing: false,
    accumulation: 1,
    languageHead: false,
    attention: 'fused',
    replicas: false,
    sharding: null,
    gpu,
  })
  return [at(oneLayer.expected), at(oneLayer.low), at(oneLayer.high)]
}

/** Weights are said to be in fp32, not cast. */
function namesFull(precision: ReadQuestion['precision']): boolean {
  return precision !== null && !precision.mixed && precision.weightBits === 32
}

/** Of the cards that most programs run on, the largest (GB). */
const largestCard = 80

function isTooLarge(setup: TrainingSetup, usable: number | null): boolean {
  return (trainingMemory(setup)?.expected ?? 0) > (usable ?? usableMemory({ memoryGB: largestCard })!)
}

/** Bytes that programs get of the card, the largest that may be meant; null: not known. */
function room({ mostMemoryGB }: ReadQuestion): number | null {
  return usableMemory({ memoryGB: mostMemoryGB })
}

/** A network whose layers are not on record, as the catalogue would hold one. `wide`: bytes of an input of a layer. */
export function reckoned(
  network: Network,
  size: number,
  share: number,
  checkpointing: boolean,
  wide: 2 | 4,
): KnownModel {
  const pixels = network.unit === 'pixels' || network.unit === 'coco'
  const bytes = (bits: 16 | 32) => {
    const all = network.kept(size, bits)
    if (!checkpointing) return share * all
    const inputs = network.inputs?.(size)
    // One layer at a time is computed anew.
    return share * (inputs === undefined ? keptInputs * all : wide * inputs + all / network.layers)
  }
  return {
    name: network.name,
    kind: 'vision-cls',
    parameters: network.parameters,
    shape: null,
    image: {
      edge: 0,
      mixed: bytes(16),
      full: bytes(32),
      products: null,
      input: pixels ? 12 * size ** 2 : 0,
    },
    source: 'its arithmetic',
    date: '',
  }
}
