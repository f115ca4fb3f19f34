/** The runtime that a notebook was written for, as Colab and Kaggle keep it in the notebook's metadata. */
import { gpu } from '../../catalog/gpus.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'

export interface NotebookRuntime {
  /** As messages call it. */
  service: 'Colab' | 'Kaggle'
  /** The key that names the accelerator, and its value as written. */
  key: string
  written: string
  gpus: number
  /** Catalogue name; null: whatever the service has free. */
  gpu: string | null
  cpus: number | null
}

/** vCPUs of the machine around each value of `colab.gpuType`. */
const colabCpus: Record<string, number> = { T4: 2, P100: 2, V100: 2, L4: 12, A100: 12 }

/** What `kaggle.accelerator` may be. */
const kaggle: Record<string, { gpu: string | null; gpus: number }> = {
  gpu: { gpu: null, gpus: 1 },
  nvidiaTeslaP100: { gpu: 'P100', gpus: 1 },
  nvidiaTeslaT4: { gpu: 'T4', gpus: 2 },
  nvidiaL4: { gpu: 'L4', gpus: 4 },
}
const kaggleCpus: Record<string, number> = { P100: 4, T4: 4, L4: 48 }

/** Null: none with GPUs is known. */
export function runtimeOf(metadata: Record<string, Json> | undefined): NotebookRuntime | null {
  if (metadata === undefined) return null
  const ofKaggle = tableAt(metadata, 'kaggle')
  const chosen = ofKaggle.accelerator
  if (typeof chosen === 'string') {
    const found = lookUp(kaggle, chosen)
    if (found === undefined) return null
    const cpus = found.gpu === null ? null : (lookUp(kaggleCpus, found.gpu) ?? null)
    return { service: 'Kaggle', key: 'accelerator', written: chosen, ...found, cpus }
  }
  if (metadata.accelerator !== 'GPU') return null
  const type = tableAt(metadata, 'colab').gpuType
  const found = typeof type === 'string' ? gpu(type)?.name : undefined
  return found === undefined || typeof type !== 'string'
    ? { service: 'Colab', key: 'accelerator', written: 'GPU', gpus: 1, gpu: null, cpus: null }
    : {
        service: 'Colab',
        key: 'gpuType',
        written: type,
        gpus: 1,
        gpu: found,
        cpus: lookUp(colabCpus, type) ?? null,
      }
}

function tableAt(metadata: Record<string, Json>, key: string): Record<string, Json> {
  const value = lookUp(metadata, key)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

/** The job that the runtime is: the notebook, and what its cells start. */
export function notebookJob(path: string): string {
  return `${path}#notebook`
}
