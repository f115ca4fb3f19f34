/** Whether a training step takes the time that its kernels need to start, and not that of their work. */
import type { LayerTotals } from './layers.js'

/** Seconds until a kernel runs that a framework starts; kernels of an operation in the forward and the backward pass. */
const launch = 5e-6
const kernels = 3
/** A T4, the slowest card in common use: operations and bytes in a second, in fp32. */
const slowest = { operations: 8e12, bytes: 3e11 }
/** A product is two operations, in the forward pass and twice in the backward pass. */
const operationsOfProduct = 6

/** @param batch samples of a step */
export function waitsForLaunches({ products, full, operations }: LayerTotals, batch: number): boolean {
  const arithmetic = (products * 1e9 * batch * operationsOfProduct) / slowest.operations
  const memory = (full * batch * kernels) / slowest.bytes
  return arithmetic + memory < operations * kernels * launch
}
