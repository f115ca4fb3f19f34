/** Machines of the same provider that cost less and are large enough for what a training needs. */
import type { Gpu } from '../catalog/gpus.js'
import { type Instance, instance, type Provider } from '../catalog/instances.js'
import { paidPrice } from '../catalog/price-book.js'
import { machinesByPrice } from '../catalog/prices.js'
import { type TrainingSetup, usableMemory } from '../estimate/memory.js'
import type { RuleOptions } from './rule.js'

/** The high end of the estimate leaves this much of the memory free. */
const filled = 0.8

export interface CheaperMachine {
  type: string
  machine: Instance
  /** USD per hour. */
  onDemand: number
  /** How many times lower its peak is, at least 1; null: not known. */
  slowdown: number | null
}

/**
 * The cheapest machine in the region with as many GPUs, each with room for `high` bytes, and at least `vcpus`; undefined:
 * none costs less than `usd` per hour.
 */
export function cheaperMachine(
  now: Instance,
  type: string,
  place: { region: string; usd: number },
  need: { high: number; vcpus: number; setup: TrainingSetup },
  options: RuleOptions,
): CheaperMachine | undefined {
  const found: CheaperMachine[] = []
  for (const one of machinesByPrice(now.provider as Provider, place.region, /^ml\./i.test(type))) {
    const other = instance(one.type)
    if (other?.gpu?.vendor !== 'nvidia' || other.gpuCount !== now.gpuCount || other.gpuMemoryGB === null)
      continue
    // T4G sits beside an Arm host; older cards lack formats that the program may use.
    if (other.gpu.name === 'T4G' || (now.gpu!.formats.has('bf16') && !other.gpu.formats.has('bf16'))) continue
    if (other.vcpus < need.vcpus || need.high > filled * usableMemory(other.gpu, other.gpuMemoryGB)!) continue
    const onDemand = paidPrice({ type: one.type, region: place.region }, options.prices)?.onDemand
    if (onDemand == null || onDemand >= place.usd) continue
    found.push({ type: one.type, machine: other, onDemand, slowdown: slowdownOf(now, other, need.setup) })
  }
  return found.sort((a, b) => a.onDemand - b.onDemand)[0]
}

function slowdownOf(now: Instance, other: Instance, setup: TrainingSetup): number | null {
  const format = setup.arithmetic === 'fp32' ? 'tf32' : 'fp16'
  const [before, after] = [sustained(now.gpu!, format), sustained(other.gpu!, format)]
  return before === null || after === null ? null : Math.max(1, before / after)
}

/** Cards that cannot hold their peak: 72 W, and a third of the memory bandwidth of their peers. */
const throttled: Record<string, number> = { L4: 0.5 }

/** Teraflops in this format, or in fp32 where the card has no units for it; null: not known. */
export function sustained(card: Gpu, format: 'fp16' | 'tf32'): number | null {
  const peak = card.tflops[format] || card.tflops.fp32
  return peak === null ? null : peak * (throttled[card.name] ?? 1)
}
