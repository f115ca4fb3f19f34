/** How much faster a training step gets in 16 bits: Amdahl's law over the share of matrix work. */
import type { Gpu } from '../catalog/gpus.js'

/** Share of a step that is matrix multiplication and convolution. An assumption, typical of vision and language models. */
export const matrixShare = 0.7
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
  const { fp32, tf32, fp16, bf16 } = gpu.tflops
  const short = Math.max(gpu.formats.has('fp16') ? (fp16 ?? 0) : 0, gpu.formats.has('bf16') ? (bf16 ?? 0) : 0)
  if (short === 0 || fp32 === null || fp32 === 0) return null
  // Convolutions use TF32 by themselves where the device has it, matrix products do not: the truth lies between.
  const peaks = gpu.formats.has('tf32') && tf32 !== null ? [tf32, fp32] : [fp32, fp32]
  const ratios = peaks.map((peak) => Math.min(reachable, short / peak)).sort((a, b) => a - b)
  if (ratios[1]! <= 1) return null
  const times = ratios.map((ratio) => 1 / (1 - matrixShare + matrixShare / Math.max(1, ratio))) as [
    number,
    number,
  ]
  return {
    times,
    fraction: times.map((one) => 1 - 1 / one) as [number, number],
    basis:
      `${gpu.name}: ${short} TFLOPS in 16 bits against ${peaks
        .map(String)
        .filter((one, i, all) => all.indexOf(one) === i)
        .join(' to ')}; ` +
      `assumes that matrix work is ${matrixShare * 100} % of a step and gains at most ${reachable} times`,
  }
}
