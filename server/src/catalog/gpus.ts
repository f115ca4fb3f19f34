/** Accelerators: what a name means, how much memory it has, which number formats it computes quickly. */
import { tables } from './tables.js'

export interface Gpu {
  /** Catalogue name: 'A100-40GB'. */
  name: string
  vendor: 'nvidia' | 'amd' | 'intel' | 'aws' | 'google'
  generation: string
  /** GB per device; null: not known. */
  memoryGB: number | null
  /** Dense teraflops by number format, as the vendor states them; null: not known, 0: none. */
  tflops: Record<'fp32' | 'tf32' | 'fp16' | 'bf16' | 'fp8', number | null>
  /** Of its memory, GB per second, as the vendor states it; null: not known. */
  bandwidth: number | null
  /** Formats that the hardware computes faster than fp32. */
  formats: ReadonlySet<NumberFormat>
  /** Where the row comes from, and when the table was made. */
  source: string
  date: string
}

export type NumberFormat = 'bf16' | 'fp16' | 'tf32' | 'fp8'
const formatOrder: NumberFormat[] = ['bf16', 'fp16', 'tf32', 'fp8']

/** Letters and digits without the vendor's name: 'NVIDIA-Tesla_T4' and 't4' are one. */
function normal(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/^nvidia(tesla)?|^tesla/, '')
    .replace(/^geforce/, '')
}

let byName: Map<string, Gpu> | undefined

function index(): Map<string, Gpu> {
  if (byName) return byName
  byName = new Map()
  for (const [
    name,
    aliases,
    vendor,
    generation,
    memoryGB,
    fp32,
    tf32,
    fp16,
    bf16,
    fp8,
    formats,
    source,
    bandwidth,
  ] of tables.gpus) {
    const gpu: Gpu = {
      name,
      vendor: vendor as Gpu['vendor'],
      generation,
      memoryGB,
      tflops: { fp32, tf32, fp16, bf16, fp8 },
      bandwidth,
      formats: new Set(formatOrder.filter((_, i) => formats[i] === '1')),
      source: tables.sources[source]!,
      date: tables.date,
    }
    for (const key of [name, ...aliases.split('|')]) if (key !== '') byName.set(normal(key), gpu)
  }
  return byName
}

/**
 * The accelerator of this name, in any usual spelling: catalogue, Kubernetes product label, GCP accelerator type,
 * SLURM gres, SkyPilot. A name without its memory ('A100', 'V100') means the smaller model. Undefined: not known; a slice of
 * a device (MIG) is not.
 */
export function gpu(name: string): Gpu | undefined {
  if (name.length > 100 || /\bmig\b/i.test(name)) return undefined
  const key = normal(name)
  // Product labels add the form factor and the kind of memory, which rarely matter: A100-PCIE-40GB, H100-80GB-HBM3.
  return index().get(key) ?? index().get(key.replace(/sxm[2-6]?|pcie|nvlink|hbm\d?e?/g, ''))
}

/** Whether it computes this format faster than fp32; undefined for a name that is not known. */
export function gpuSupports(name: string, format: NumberFormat): boolean | undefined {
  return gpu(name)?.formats.has(format)
}

export function allGpus(): Gpu[] {
  return [...new Set(index().values())]
}

/** Accelerators on which people run what no job gives one to, from the cheapest to the fastest. */
export const usualCards = ['T4', 'A10G', 'A100-40GB', 'H100-SXM'] as const
