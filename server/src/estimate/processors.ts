/** Machines without an accelerator that nobody names: how many processors they have, how fast these are, and what they cost. */
import type { Gpu } from '../catalog/gpus.js'
import { price } from '../catalog/prices.js'
import type { Interval } from './network.js'
import type { Rate } from './rate.js'

/** vCPUs of a machine that nobody names. An assumption. */
export const usualCpus: Interval = { low: 4, high: 32 }

/** Machines of four vCPUs whose prices stand for those of others: what a vCPU costs is about the same in all sizes of a family. */
const priced = [
  { type: 'e2-standard-4', provider: 'gcp' },
  { type: 'm5.xlarge', provider: 'aws' },
] as const
const vcpusOfPriced = 4

/** USD per hour of so many vCPUs. */
export function processorRate(cpus: number, nodes: number): Rate | null {
  const found = priced.flatMap((one) => price(one) ?? [])
  const each = found.flatMap(({ onDemand }) => (onDemand === null ? [] : [onDemand / vcpusOfPriced]))
  if (each.length === 0) return null
  const [low, high] = [Math.min(...each), Math.max(...each)].map((usd) => usd * cpus * nodes)
  return {
    usd: { low: low!, high: high! },
    spot: false,
    asOf: found.map(({ asOf }) => asOf).sort()[0]!,
    region: '',
    assumed: true,
    assumptions: [],
  }
}

/**
 * Of a vCPU, half of a core with two units of eight numbers at 2.7 GHz (AVX2); its share of the memory's bandwidth in machines of a
 * few dozens. How much of it programs reach is what they reach on cards: an assumption.
 */
const perCpu = { tflops: 0.043, bandwidth: 4 }

/** Processors that train a network, as the card that they stand for. They have no units for short formats. */
export function processorCard(cpus: number): Gpu {
  const fp32 = perCpu.tflops * cpus
  return {
    name: 'processors',
    vendor: 'intel',
    generation: '',
    memoryGB: null,
    tflops: { fp32, tf32: null, fp16: null, bf16: null, fp8: null },
    bandwidth: perCpu.bandwidth * cpus,
    formats: new Set(),
    source: '',
    date: '',
  }
}
