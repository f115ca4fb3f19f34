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
  /** Catalogue name; null: whatever the service gives. */
  gpu: string | null
  /** Catalogue names of what it gives where no type is named. */
  gives: string[]
  cpus: number | null
  /** Seconds after which the service ends a session, at the latest. */
  longest: number
}

const hour = 3600
/**
 * The longest of any plan. Sources: Colab, "Frequently asked questions" (12 hours free of charge, 24 with Pro+); Kaggle,
 * "Notebooks documentation", technical specifications (12 hours on GPUs).
 */
const longest = { Colab: 24 * hour, Kaggle: 12 * hour }

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
    const gives = found.gpu === null ? ['P100', 'T4'] : []
    return {
      service: 'Kaggle',
      key: 'accelerator',
      written: chosen,
      ...found,
      gives,
      cpus,
      longest: longest.Kaggle,
    }
  }
  if (metadata.accelerator !== 'GPU') return null
  const { gpuType: type, machine_shape: shape } = tableAt(metadata, 'colab')
  const found = typeof type === 'string' ? gpu(type)?.name : undefined
  const common = { service: 'Colab', gpus: 1, longest: longest.Colab } as const
  return found === undefined || typeof type !== 'string'
    ? { ...common, key: 'accelerator', written: 'GPU', gpu: null, gives: ['T4'], cpus: null }
    : {
        ...common,
        key: 'gpuType',
        written: type,
        gpu: found,
        gives: [],
        // A machine with more memory has more of them.
        cpus: shape === undefined || shape === 'standard' ? (lookUp(colabCpus, type) ?? null) : null,
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
