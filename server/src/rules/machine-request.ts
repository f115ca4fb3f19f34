/** What a request for machines asks for, for its price and for what it holds. */

import { gpu } from '../catalog/gpus.js'
import { type Instance, instance } from '../catalog/instances.js'
import { type MachineRequest, machineRequest } from '../estimate/hourly.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'

type Request = Pick<SubjectView<'Compute'>, 'settings'>

export function requestOf({ settings }: Request): MachineRequest {
  return machineRequest({
    instanceType: effective(settings.instanceType),
    provider: effective(settings.provider),
    region: effective(settings.region),
    nodes: effective(settings.nodes),
    gpus: effective(settings.gpus),
    gpuModel: effective(settings.gpuModel),
    managedBy: effective(settings.managedBy),
    takesCheapest: effective(settings.takesCheapest),
    cpus: effective(settings.cpus),
    gpuCloud: effective(settings.gpuCloud),
  })
}

/** One replica of an endpoint. */
export function servingRequest({ settings }: Pick<SubjectView<'Serving'>, 'settings'>): MachineRequest {
  const instanceType = effective(settings.machine)
  return machineRequest({
    nodes: 1,
    instanceType,
    managedBy: effective(settings.managedBy),
    region: effective(settings.region),
    gpus: effective(settings.gpus),
    gpuModel: effective(settings.gpuModel),
    gpuCloud: effective(settings.gpuCloud),
  })
}

/** The machine that is asked for, with the accelerators that are attached to it; undefined: not known. */
export function machineAsked({ instanceType, gpus, gpuModel }: MachineRequest): Instance | undefined {
  const found = instanceType === undefined ? undefined : instance(instanceType)
  if (found === undefined || found.gpu !== null || gpus === undefined || gpuModel === undefined) return found
  const attached = gpu(gpuModel)
  return attached === undefined || gpus < 1
    ? found
    : { ...found, gpu: attached, gpuCount: gpus, gpuMemoryGB: attached.memoryGB }
}
