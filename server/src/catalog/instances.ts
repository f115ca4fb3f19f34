/** Machine types of cloud providers: what they hold, and which smaller one would do. */
import { cpuMachine } from './cpu-families.js'
import { type Gpu, gpu } from './gpus.js'
import { tables } from './tables.js'

export type Provider = 'aws' | 'gcp' | 'azure' | 'lambda' | 'coreweave'

export interface Instance {
  provider: Provider
  /** The provider's own name, without a service's prefix: 'g5.xlarge' for SageMaker's 'ml.g5.xlarge'. */
  type: string
  /** Null: a machine without an accelerator (on GCP's n1 one may be attached apart). */
  gpu: Gpu | null
  /** Accelerators of the machine; below 1 where it has a share of one. */
  gpuCount: number
  /** GB for each accelerator, or for the share of one. */
  gpuMemoryGB: number | null
  vcpus: number
  memoryGiB: number
  /** A spot price of this type is on record. False means that none is known, not that none exists. */
  spotPriced: boolean
  /** Withdrawn by the provider, or about to be. */
  retired: boolean
  /** Where the row comes from, and when the table was made. */
  source: string
  date: string
}

let byType: Map<string, Instance> | undefined

function index(): Map<string, Instance> {
  if (byType) return byType
  byType = new Map()
  for (const [
    provider,
    type,
    name,
    gpuCount,
    gpuMemoryGB,
    vcpus,
    memoryGiB,
    spot,
    retired,
    source,
  ] of tables.instances) {
    const instance: Instance = {
      provider: provider as Provider,
      type,
      gpu: gpu(name) ?? null,
      gpuCount,
      gpuMemoryGB,
      vcpus,
      memoryGiB,
      spotPriced: spot === 1,
      retired: retired === 1,
      source: tables.sources[source]!,
      date: tables.date,
    }
    byType.set(bare(type), instance)
  }
  return byType
}

/** What a managed service writes before the provider's name of a machine: 'ml.' of 'ml.g5.xlarge'; '' where nothing is. */
export function servicePrefix(type: string): '' | 'ml.' {
  return /^ml\./i.test(type.trim()) ? 'ml.' : ''
}

/** One key for all spellings: without SageMaker's `ml.`, Azure's `Standard_`, in lower case. */
function bare(type: string): string {
  return type
    .trim()
    .toLowerCase()
    .replace(/^ml\.|^standard_/, '')
}

/** What a machine type holds; undefined: not known. Accepts `ml.p3.2xlarge`, `STANDARD_NC6s_v3`, `a2-highgpu-1g`. */
export function instance(type: string): Instance | undefined {
  if (type.length > 100) return undefined
  const key = bare(type)
  const found = index().get(key)
  if (found) return found
  const cpu = cpuMachine(key) ?? cpuMachine(`standard_${key}`)
  if (!cpu) return undefined
  return {
    ...cpu,
    type: type.trim().replace(/^ml\./i, ''),
    gpu: null,
    gpuCount: 0,
    gpuMemoryGB: null,
    // Every current CPU family of these three is sold as spot.
    spotPriced: true,
    retired: false,
    source: "the provider's naming scheme",
    date: tables.date,
  }
}

/**
 * The provider's smallest machine with one whole NVIDIA GPU of at least this memory (GB), on an x86 host and still on
 * sale; undefined: none. Smallest is by GPU memory, then vCPUs, then memory of the host.
 */
export function smallestSingleGpu(provider: Provider, minMemoryGB: number): Instance | undefined {
  let best: Instance | undefined
  for (const one of index().values()) {
    if (one.provider !== provider || one.gpuCount !== 1 || one.retired) continue
    // T4G sits in machines with an Arm host, for which most training images do not exist.
    if (one.gpu?.vendor !== 'nvidia' || one.gpu.name === 'T4G' || (one.gpuMemoryGB ?? 0) < minMemoryGB)
      continue
    if (!best || smaller(one, best)) best = one
  }
  return best
}

function smaller(a: Instance, b: Instance): boolean {
  if (a.gpuMemoryGB !== b.gpuMemoryGB) return a.gpuMemoryGB! < b.gpuMemoryGB!
  if (a.vcpus !== b.vcpus) return a.vcpus < b.vcpus
  return a.memoryGiB < b.memoryGiB
}

export function allInstances(): Instance[] {
  return [...index().values()]
}

/** Whether a name stands for an accelerator or a machine with one. */
export function isHardware(name: string): boolean {
  return gpu(name) !== undefined || instance(name)?.gpu != null
}
