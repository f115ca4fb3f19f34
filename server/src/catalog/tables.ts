/** The rows of data.json. Made by `scripts/catalog.mjs`; the columns are described where they are read. */
import data from './data.json' with { type: 'json' }

/** `null`: not known. Teraflops are dense (no sparsity), as the vendor states them; memory in GB per device. */
export type GpuRow = [
  name: string,
  aliases: string,
  vendor: string,
  generation: string,
  memoryGB: number | null,
  fp32: number | null,
  tf32: number | null,
  fp16: number | null,
  bf16: number | null,
  fp8: number | null,
  /** '1' where supported, for bf16, fp16, tf32, fp8. */
  formats: string,
  source: number,
  /** Of its memory, GB/s. */
  bandwidth: number | null,
]

/** Machines. A fraction of a GPU has a count below 1, and the memory of that fraction. Memory in GiB. */
export type InstanceRow = [
  provider: string,
  type: string,
  gpu: string,
  gpuCount: number,
  gpuMemoryGB: number,
  vcpus: number,
  memoryGiB: number,
  spot: number,
  retired: number,
  source: number,
]

export const tables = data as unknown as {
  date: string
  sources: string[]
  gpus: GpuRow[]
  instances: InstanceRow[]
}
