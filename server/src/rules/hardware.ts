/** The machine that a subject runs on, as its job or the configuration tells. */
import { type Gpu, gpu } from '../catalog/gpus.js'
import { type Instance, instance } from '../catalog/instances.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import type { RuleOptions } from './rule.js'

export interface Machine {
  /** Null: no job names one. */
  gpu: Gpu | null
  /** Accelerators and vCPUs of one node; null: not known. */
  gpus: number | null
  cpus: number | null
  /** How a message calls the machine: 'g5.2xlarge', 'job'. */
  name: string | null
}

export function machineOf(view: SubjectView, options: RuleOptions): Machine {
  const compute = view.run.job.compute?.settings
  const type = effective(compute?.instanceType)
  const known: Instance | undefined = type === undefined ? undefined : instance(type)
  const gpus = effective(compute?.gpus) ?? known?.gpuCount ?? null
  // A job may ask for accelerators and leave open which: whoever runs the cluster knows.
  const open = compute === undefined || (type === undefined && gpus !== null && gpus > 0)
  const model = effective(compute?.gpuModel) ?? (open ? options.defaultHardware : null)
  return {
    gpu: (typeof model === 'string' ? gpu(model) : undefined) ?? known?.gpu ?? null,
    gpus,
    cpus: effective(compute?.cpus) ?? known?.vcpus ?? options.assumedCpus ?? null,
    name: type ?? null,
  }
}

/** Processes on a node that have a loader each; null: not known. */
export function processesOf(view: SubjectView, machine: Machine): number | null {
  const { launch } = view.run.job
  if (launch === null) return null
  return launch.processes === 0 ? machine.gpus : launch.processes
}
