/** How much faster a training step gets in 16 bits: Amdahl's law over the share of matrix work. */
import type { Gpu } from '../catalog/gpus.js'

/** Share of a step that is matrix multiplication and convolution. An assumption, typical of vision and language models. */
export const matrixShare = 0.7
/** The share that is taken for the least where even the accelerator is not known. An assumption. */
const leastMatrixShare = 0.5
/** Speed-up of the matrix work that is reached in practice, whatever the peak promises. An assumption. */
const reachable = 4

export interface Speedup {
  /** How many times faster a step is: lowest and highest. */
  times: [number, number]
  /** Share of the time that is saved. */
  fraction: [number, number]
  basis: string
}

/** Null for a device that computes 16-bit formats no faster, or whose peaks are not known. */
export function mixedPrecisionSpeedup(gpu: Gpu): Speedup | null {
  const found = ratiosOf(gpu)
  if (found === null) return null
  const { short, peaks, ratios } = found
  return speedup(
    ratios.map((ratio) => timesFaster(ratio, matrixShare)) as [number, number],
    `${gpu.name}: ${short} TFLOPS in 16 bits against ${[...new Set(peaks)].join(' to ')}; assumes that matrix work is ${matrixShare * 100} % of a step and gains at most ${reachable} times`,
  )
}

/** The range over several devices, one of which it is; null: none of them is faster in 16 bits. */
export function mixedPrecisionSpeedupOnAny(gpus: readonly Gpu[]): Speedup | null {
  const found = gpus.map(ratiosOf)
  const all = found.flatMap((one) => one?.ratios ?? [1])
  if (found.every((one) => one === null)) return null
  const names =
    gpus.length === 1 ? gpus[0]!.name : `cards from ${gpus[0]!.name} to ${gpus[gpus.length - 1]!.name}`
  return speedup(
    [timesFaster(Math.min(...all), leastMatrixShare), timesFaster(Math.max(...all), matrixShare)],
    `${names}: assumes that matrix work is ${leastMatrixShare * 100} to ${matrixShare * 100} % of a step and gains at most ${reachable} times`,
  )
}

/** How much faster matrix work gets, lowest and highest, and the peaks that say so, in TFLOPS. */
function ratiosOf(gpu: Gpu): { short: number; peaks: number[]; ratios: [number, number] } | null {
  const { fp32, tf32, fp16, bf16 } = gpu.tflops
  const short = Math.max(gpu.formats.has('fp16') ? (fp16 ?? 0) : 0, gpu.formats.has('bf16') ? (bf16 ?? 0) : 0)
  if (short === 0 || fp32 === null || fp32 === 0) return null
  // Convolutions use TF32 by themselves where the device has it, matrix products do not: the truth lies between.
  const peaks = gpu.formats.has('tf32') && tf32 !== null ? [tf32, fp32] : [fp32, fp32]
  const ratios = peaks.map((peak) => Math.min(reachable, short / peak)).sort((a, b) => a - b)
  return ratios[1]! <= 1 ? null : { short, peaks, ratios: [ratios[0]!, ratios[1]!] }
}

/** Amdahl's law. */
function timesFaster(ratio: number, share: number): number {
  return 1 / (1 - share + share / Math.max(1, ratio))
}

function speedup(times: [number, number], basis: string): Speedup {
  return { times, fraction: [1 - 1 / times[0], 1 - 1 / times[1]], basis }
}
