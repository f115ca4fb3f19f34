/** How a request for machines is made to ask for no accelerators, as a whole. */
import { generalMachine } from '../catalog/cpu-families.js'
import { instance } from '../catalog/instances.js'
import { sameLocation } from '../text/location.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import type { FixRequest } from './rule.js'

/** A machine without accelerators; on AWS of the sixth generation, which training jobs are offered in all sizes. */
export function processorMachine(vcpus: number, provider: string): string | undefined {
  return generalMachine(vcpus, provider)?.replace(/^m5\./, 'm6i.')
}

/** `type`: the machine to take; undefined: none is known. */
export function processorsInstead(view: SubjectView<'Compute'>, type: string | undefined): FixRequest[] {
  const { instanceType, gpus } = view.settings
  if (gpus === undefined) return []
  const named = effective(instanceType)
  if (instanceType === undefined) return [{ set: [{ claim: gpus, value: 0 }] }]
  if (type === undefined) return []
  // Accelerators that are asked for apart from the machine that holds them.
  const apart = !sameLocation(gpus.location, instanceType.location)
  const own = named !== undefined && instance(named)?.gpu != null
  return [
    { set: [{ claim: instanceType, value: type }, ...(apart && own ? [{ claim: gpus, value: 0 }] : [])] },
  ]
}
