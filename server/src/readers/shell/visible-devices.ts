/** Machines of one's own: `CUDA_VISIBLE_DEVICES` says which accelerators a launch takes, its flag how many it uses. */
import { flagOf } from '../../link/launch-parts.js'
import { startsPerDevice } from '../../link/launchers.js'
import type { ClaimBuilder } from '../../workload/builder.js'
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
  if (given === undefined || devices === null || !startsPerDevice(parts.launcher)) return false
  const flag = flagOf(parts.launcherFlags, 'nproc-per-node', 'num-processes')
  // Other launchers than these number the devices in ways of their own.
  if (flag?.valueSpan == null || !parts.launcherComplete || parts.nodes !== 1 || !parts.processes)
    return false
  if (flag.value !== String(parts.processes)) return false
  const place = { start: given.start, end: given.end }
  const evidence = { role: 'job', accelerator: 'gpu', small: null, notebook: false } as const
  const compute = claims.subject('Compute', place, '', { ...evidence }, id)
  compute.known('provider', variable, 'own cluster', place)
  compute.known('choosesCapacity', variable, false, place)
  compute.known('service', variable, false, place)
  compute.known('trials', variable, false, place)
  compute.known('nodes', variable, 1, place)
  compute.known('gpus', variable, devices, place)
  const { start, end } = flag.valueSpan
  compute.known('processes', flag.written, parts.processes, flag.span, {
    site: { start, end, target: { kind: 'option', part: 'value' } },
  })
  return true
}
