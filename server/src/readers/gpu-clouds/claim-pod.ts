/** A machine that is rented by the hour and was started by hand, with what a program on it says of its end. */
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { type Cloud, endingIn } from './clouds.js'

export const podEvidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }

/** `code`: of what runs on the machine. */
export function claimPod(claims: ClaimBuilder, cloud: Cloud, place: Place, job: string, code: string): void {
  const compute = claims.subject('Compute', place, cloud.name, podEvidence, job)
  compute.known('provider', cloud.name, 'other', place)
  compute.known('gpuCloud', cloud.name, cloud.name, place)
  compute.known('interactive', cloud.name, false, place)
  compute.known('service', cloud.name, false, place)
  compute.say('gpus', cloud.name, { ...claims.origin(place), state: 'range', low: 1, high: null })
  const ending = endingIn(cloud, code)
  if (ending !== null) compute.known('endedBy', ending, ending, place)
  compute.default('idleStop', cloud.ending, null, place)
}
