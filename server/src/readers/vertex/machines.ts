/** Machines of Vertex AI: a type, and accelerators that are attached to it or belong to it. */
import { gpu } from '../../catalog/gpus.js'
import { instance } from '../../catalog/instances.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'

export interface MachineSpec {
  /** 'n1-standard-8'; null: not readable. */
  type: string | null
  /** 'NVIDIA_TESLA_V100', 'TPU_V3'; null: none, or not readable. */
  accelerator: string | null
  /** Accelerators that are attached; undefined: not given, null: not readable. */
  count: number | null | undefined
}

export interface HeldMachine {
  /** On each machine; null: not known. */
  gpus: number | null
  model: string | null
  cpus: number | null
  tpu: boolean
}

export function machineHeld({ type, accelerator, count }: MachineSpec): HeldMachine {
  const machine = type === null ? undefined : instance(type)
  const cpus = machine?.vcpus ?? null
  const tpu = /^TPU/i.test(accelerator ?? '') || /^(ct\d|cloud-tpu)/.test(type ?? '')
  if (tpu) return { gpus: null, model: null, cpus, tpu }
  if (accelerator !== null && !/UNSPECIFIED/.test(accelerator)) {
    const model = gpu(accelerator)?.name ?? null
    return { gpus: count === undefined ? 1 : count, model, cpus, tpu }
  }
  if (accelerator === null && count !== undefined && count !== 0)
    return { gpus: null, model: null, cpus, tpu }
  if (machine === undefined) return { gpus: null, model: null, cpus, tpu }
  return { gpus: machine.gpuCount, model: machine.gpu?.name ?? null, cpus, tpu }
}

export function sameMachines(all: MachineSpec[]): boolean {
  const [first] = all
  return all.every(
    (one) => one.type === first?.type && one.accelerator === first.accelerator && one.count === first.count,
  )
}

export function jobEvidence({ gpus, tpu }: HeldMachine, role: Evidence['role'] = 'job'): Evidence {
  return {
    role,
    accelerator: tpu ? 'tpu' : gpus === null ? 'maybe' : gpus > 0 ? 'gpu' : 'none',
    small: null,
    notebook: false,
  }
}

/** What holds for every job that the service runs. */
export function claimVertexService(
  compute: SubjectBuilder<'Compute'>,
  key: string,
  place: Place,
  trials: boolean,
): void {
  compute.known('provider', key, 'gcp', place)
  compute.known('managedBy', key, 'vertex', place)
  compute.known('choosesCapacity', key, true, place)
  compute.known('trials', key, trials, place)
  compute.known('service', key, false, place)
}
