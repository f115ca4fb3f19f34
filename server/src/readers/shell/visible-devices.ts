/** Machines of one's own: `CUDA_VISIBLE_DEVICES` says which accelerators a launch takes, its flag how many it uses. */

import type { Change, Refusal } from '../../edit/write.js'
import type { LaunchFlag } from '../../link/launch-parts.js'
import { flagOf } from '../../link/launch-parts.js'
import { startsPerDevice } from '../../link/launchers.js'
import type { Span } from '../../text/location.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import type { FoundLaunch } from './launches.js'

const variable = 'CUDA_VISIBLE_DEVICES'

/** Claims the devices as a request for machines, under the identity of the launch. False: it names none. */
export function claimVisibleDevices(
  claims: ClaimBuilder,
  { command, parts }: FoundLaunch,
  id: string,
): boolean {
  const given = command.environment.filter(({ name }) => name === variable).at(-1)
  const devices = /^\d+(,\d+)+$/.test(given?.value ?? '') ? given!.value!.split(',').length : null
  if (given === undefined || devices === null || parts.nodes !== 1 || !parts.processes) return false
  const counted = countedBy(parts)
  // Other launchers number the devices in ways of their own.
  if (counted === null && parts.launcher !== 'python') return false
  const place = { start: given.start, end: given.end }
  const evidence = { role: 'job', accelerator: 'gpu', small: null, notebook: false } as const
  const compute = claims.subject('Compute', place, '', { ...evidence }, id)
  compute.known('provider', variable, 'own cluster', place)
  compute.known('choosesCapacity', variable, false, place)
  compute.known('service', variable, false, place)
  compute.known('trials', variable, false, place)
  compute.known('nodes', variable, 1, place)
  compute.known('gpus', variable, devices, place)
  if (counted === null) {
    compute.known('shown', variable, true, place)
    return true
  }
  const { written, span, valueSpan } = counted
  compute.known('processes', written, parts.processes, span, {
    site: { ...valueSpan, target: { kind: 'option', part: 'value' } },
  })
  return true
}

/** The first devices of the list. */
export function showFewer(claim: Claim, count: number, facts: FragmentFacts): Change | Refusal {
  const { fragment, start, end } = claim.site
  const [, before, list] = /^(\w+=["']?)(\d+(?:,\d+)*)/.exec(facts.fragment.text.slice(start, end)) ?? []
  if (list === undefined || count < 1) return byHand(claim)
  const text = list.split(',').slice(0, count).join(',')
  const from = start + before!.length
  return changeOf(`Take ${count === 1 ? 'one GPU' : `${count} GPUs`}: ${variable}=${text}`, [
    { kind: 'replace text', path: facts.path, fragment, start: from, end: from + list.length, text },
  ])
}

/** The flag that says how many processes are started, where it can be changed. */
function countedBy(parts: FoundLaunch['parts']): (LaunchFlag & { valueSpan: Span }) | null {
  if (!startsPerDevice(parts.launcher) || !parts.launcherComplete) return null
  const flag = flagOf(parts.launcherFlags, 'nproc-per-node', 'num-processes')
  if (flag?.valueSpan == null || flag.value !== String(parts.processes)) return null
  return { ...flag, valueSpan: { start: flag.valueSpan.start, end: flag.valueSpan.end } }
}
