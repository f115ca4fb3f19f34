/**
 * How long one step takes on a card, as an interval between a well-tuned program and a plain one.
 *
 * A step computes at a share of the card's peak, and moves what it keeps for the backward pass through its memory several
 * times; kernels that compute and kernels that move follow each other, so both add up. It never takes less than the start
 * of its kernels. What the program does beside that (loading, logging) is not in it.
 */
import type { Gpu, NumberFormat } from '../catalog/gpus.js'
import { convolves, type Interval, type Network } from './network.js'

/** A format in which products are computed. */
export type ProductFormat = 'fp32' | Exclude<NumberFormat, 'fp8'> | 'fp8'

export interface StepInput {
  network: Network
  /** Size of one sample, in the network's unit. */
  size: number
  /** Samples that one device takes at a time; null: as many as fill it. */
  batch: number | null
  devices: number
  gpu: Gpu
  /** The fastest format that products may be computed in, and the slowest. */
  formats: readonly [fast: ProductFormat, slow: ProductFormat]
  /** Weights whose gradients are not computed. */
  frozen: boolean
  /** Nothing goes back through it, since only a head behind it is trained; absent: it does. */
  forwardOnly?: boolean
  /** Weights that are unpacked from 4 bits for each product. */
  quantized: boolean
  /** Layers are computed twice; null: not known. */
  checkpointing: boolean | null
  /** Passes whose gradients make up one step. */
  accumulation: number
  /** Every pass collects the weights from all devices, which hold a part each; absent: every device has them. */
  gathers?: boolean
  /** States are updated in the memory of the host; with `gathers`, weights are there too; absent: on the device. */
  offloads?: boolean
}

export interface StepSeconds {
  /** Of one update of the weights: all passes that make it up. Null without a batch. */
  step: Interval | null
  /** Over all devices. */
  samplesPerSecond: Interval
}

/** What differs between a plain program (`slow`) and a well-tuned one (`fast`). */
interface Stack {
  /** Share of the peak that products reach, in fp32 and in the formats of matrix units. */
  peak: Record<ProductFormat, number>
  /** Times that convolutions in fp32 and in 16 bits beat that: Winograd's algorithm saves products of those of 3 × 3. */
  winograd: { long: number; short: number }
  /** Share of that which convolutions in groups of channels reach. */
  grouped: number
  /** Share of its speed that a network for detection reaches: pictures differ in size, so no kernels are chosen for them. */
  detectors: number
  /** Share of that in 16 bits which products of transformers reach, and those of cards that outrun what feeds them. */
  transformers: number
  outrun: number
  /** How often what is kept for the backward pass goes through memory: written, read, normalised, differentiated. */
  moves: number
  /** Bytes that the optimiser reads and writes for each weight: one kernel for everything, or one for each operation. */
  optimizer: number
  /** Seconds to start the kernels of one layer, forward and backward: of a block of convolutions, and of any other. */
  layerStart: { convolutions: number; other: number }
  /**
   * Bytes per second between devices, as a share of what the card's memory moves: within a machine of linked cards, between
   * machines. Null: hidden behind the backward pass.
   */
  link: { within: number; between: number } | null
  /** The way to the memory of the host: bytes per second, and those that the update reads and writes there. */
  host: { bus: number; update: number }
  /** Seconds to decode and resample a second of audio, in the one process that trains. */
  audio: number
  /** Passes through memory of weights that are unpacked from 4 bits. */
  unpacking: number
  /** The same as `moves`, on top, for adapters: each copies its input, multiplies it twice, scales the result and adds it. */
  adapters: number
}

/**
 * Set by half of the published runs of test/estimate/runs.tsv, chosen by a hash of their source; the other half checks
 * them (test/estimate/runs.test.ts).
 */
const fast: Stack = {
  // In 8 bits: NVIDIA's own language models on a DGX H100 reach 0.45 over a whole step.
  peak: { fp32: 0.95, tf32: 0.75, fp16: 0.8, bf16: 0.8, fp8: 0.65 },
  winograd: { long: 1.45, short: 1 },
  grouped: 0.5,
  detectors: 0.7,
  transformers: 1,
  outrun: 1,
  moves: 5.2,
  optimizer: 28,
  layerStart: { convolutions: 0.3e-3, other: 0.3e-3 },
  link: null,
  host: { bus: 25e9, update: 200e9 },
  audio: 0,
  unpacking: 1,
  adapters: 0,
}
const slow: Stack = {
  peak: { fp32: 0.5, tf32: 0.38, fp16: 0.38, bf16: 0.38, fp8: 0.2 },
  winograd: { long: 1, short: 1 },
  // Libraries of before 2023 had no kernels of matrix units for them (timm's benchmark of 800 networks).
  grouped: 1 / 3,
  detectors: 1,
  transformers: 0.85,
  outrun: 0.75,
  moves: 16.5,
  optimizer: 60,
  layerStart: { convolutions: 1.7e-3, other: 3.6e-3 },
  link: { within: 1 / 20, between: 1 / 300 },
  host: { bus: 8e9, update: 20e9 },
  audio: 5e-3,
  unpacking: 3,
  adapters: 20,
}

/** Cards whose matrix units need more for each byte of memory than those before: 295 operations on an H100, 153 on an A100. */
const outrunning = /^(Hopper|Blackwell)/

/** Cards with so much bandwidth (GB/s) are linked to each other; others share a bus of this speed (bytes per second). */
const linked = { bandwidth: 700, bus: 8e9 }

/** Devices that one machine holds at most. */
const inOneMachine = 8

/** Samples that are taken to fill a device where no batch is given. */
const fullBatch = 64

/** Cards of 60 to 72 W, which cannot hold their peak. */
const throttled: ReadonlySet<string> = new Set(['L4', 'A2', 'T4', 'T4G'])

/**
 * Operations per second in a format: the vendor's figure, or that of fp32 where the card has no units for the format.
 * Null: not known.
 */
export function peakOf(card: Gpu, format: ProductFormat): number | null {
  const { tflops, name, vendor } = card
  // TPUs compute in bf16 whatever is asked for.
  if (vendor === 'google') return tflops.bf16 === null ? null : tflops.bf16 * 1e12
  const stated = tflops[format] ?? null
  const plain = tflops.fp32 ?? tflops.bf16
  const wide = format === 'fp8' && !stated ? tflops.bf16 : stated
  const best = Math.max(wide ?? 0, plain ?? 0)
  if (best === 0) return null
  // Tensor cores of Turing's large cards reach half of the stated figure where sums are kept in fp32, as training does.
  const sums = card.generation === 'Turing' && name !== 'T4' && name !== 'T4G' && format === 'fp16' ? 0.5 : 1
  return Math.max(best * sums, plain ?? 0) * (throttled.has(name) ? 0.5 : 1) * 1e12
}

/** Null: the card's speed is not known. */
export function stepSeconds(input: StepInput): StepSeconds | null {
  const low = onStack(input, fast, input.formats[0], false)
  const high = onStack(input, slow, input.formats[1], true)
  if (low === null || high === null) return null
  const { accumulation, devices, batch } = input
  const perStep = (batch ?? fullBatch) * devices * accumulation
  return {
    step: batch === null ? null : { low, high },
    samplesPerSecond: { low: perStep / high, high: perStep / low },
  }
}

function onStack(input: StepInput, stack: Stack, format: ProductFormat, worst: boolean): number | null {
  const { network, size, gpu, quantized, accumulation, forwardOnly = false } = input
  const frozen = input.frozen || forwardOnly
  const peak = peakOf(gpu, format)
  if (peak === null || gpu.bandwidth === null) return null
  const bandwidth = gpu.bandwidth * 1e9
  const batch = input.batch ?? fullBatch
  // Programs that train language models often compute layers twice without saying so.
  const twice = !forwardOnly && (input.checkpointing ?? worst)
  const passes = forwardOnly ? 1 : (frozen ? 2 : 3) + (twice ? 1 : 0)
  const long = format === 'fp32' || format === 'tf32'
  const forward = network.forward(size)[worst ? 'high' : 'low']
  const { winograd } = stack
  const saved = convolves(network.networkClass) && format !== 'tf32' ? winograd[long ? 'long' : 'short'] : 1
  const groups = network.grouped === true && !long ? stack.grouped : 1
  const short = long ? 1 : shortShare(input, stack)
  const share = stack.peak[format] * saved * groups * short
  const compute = (forward * passes) / (peak * share)
  const move = (network.kept(size, long ? 32 : 16, worst) * stack.moves * (passes / 3)) / bandwidth
  // However few layers there are: the loss, the optimiser, and the program's own loop.
  const layers = Math.max(1, network.layers) + network.layersOfSample * batch
  const layerStart = stack.layerStart[network.networkClass === 'conv' ? 'convolutions' : 'other']
  const start = layers * layerStart * (forwardOnly ? 1 / 3 : twice ? 4 / 3 : 1)
  const unpack = quantized ? (network.parameters * 2.5 * passes * stack.unpacking) / bandwidth : 0
  const load = network.unit === 'seconds' ? size * stack.audio : 0
  const adapt = input.frozen ? (network.kept(size, 16) * stack.adapters * (passes / 3)) / bandwidth : 0
  const detect = network.networkClass === 'detector' ? stack.detectors : 1
  const device = ((compute + move) / detect + load + adapt) * batch + unpack
  // A plain program waits for its kernels between starting them.
  const pass = worst ? device + start : Math.max(device, start)
  const update = frozen ? 0 : updateSeconds(input, stack, bandwidth)
  // Gradients go round while the backward pass goes on, which is two thirds of the last pass.
  const exposed = Math.max(0, exchange(input, stack, long, bandwidth) - (2 / 3) * pass)
  // A well-tuned program collects the weights of the next layer while it computes one.
  const gathered = gather(input, stack, bandwidth)
  const each = worst ? pass + gathered : Math.max(pass, gathered)
  return each * accumulation + update + exposed
}

/** Share in 16 bits of what a stack reaches otherwise. */
function shortShare({ network, gpu }: StepInput, { transformers, outrun }: Stack): number {
  return (
    (network.networkClass === 'transformer' ? transformers : 1) *
    (outrunning.test(gpu.generation) ? outrun : 1)
  )
}

function updateSeconds({ network, devices, offloads }: StepInput, stack: Stack, bandwidth: number): number {
  const { parameters } = network
  if (offloads !== true) return (parameters * stack.optimizer) / bandwidth
  // 16-bit gradients go to the host, 16-bit weights come back; every host updates the part of its devices.
  const { bus, update } = stack.host
  return (parameters / devices) * (4 / bus + fast.optimizer / update)
}

/** Seconds for the weights to come from where they are, once for each way through the network. */
function gather(
  { network, devices, gpu, quantized, gathers, offloads }: StepInput,
  stack: Stack,
  bandwidth: number,
): number {
  if (gathers !== true) return 0
  const bytes = 2 * network.parameters * (quantized ? 0.5625 : 2)
  if (offloads === true) return bytes / stack.host.bus
  const { link } = stack
  return link === null ? 0 : (bytes * (1 - 1 / devices)) / between(link, gpu, bandwidth, devices)
}

/** Seconds for gradients to go round all devices. */
function exchange(input: StepInput, { link }: Stack, long: boolean, bandwidth: number): number {
  const { network, devices, frozen, forwardOnly = false } = input
  if (devices === 1 || frozen || forwardOnly || link === null) return 0
  const bytes = network.parameters * (long ? 4 : 2) * 2 * (1 - 1 / devices)
  return bytes / between(link, input.gpu, bandwidth, devices)
}

/** Bytes per second between devices. */
function between(link: NonNullable<Stack['link']>, gpu: Gpu, bandwidth: number, devices: number): number {
  if (devices > inOneMachine) return bandwidth * link.between
  return gpu.bandwidth! >= linked.bandwidth ? bandwidth * link.within : linked.bus
}
