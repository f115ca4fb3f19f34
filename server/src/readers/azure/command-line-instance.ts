/** `az ml compute create --type ComputeInstance`: a workstation, which stops by itself only where it is told so. Source: reference of the Azure CLI. */
import { stated } from '../../values/operations.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { commandSite } from '../command-lines/change.js'
import { type CloudCommand, optionOf, valuePlace } from '../command-lines/cloud-command.js'
import { claimMachineRequest, claimType } from '../machine-claims.js'

/** What stops it by itself: a property of its file, for which the command has no option of its own but `--set`. Source: azure-ai-ml, schema of compute instances. */
export const idleKey = 'idle_time_before_shutdown_minutes'

export function readWorkstation(claims: ClaimBuilder, one: CloudCommand): void {
  const size = optionOf(one, 'size')
  if (typeof size?.value !== 'string' || optionOf(one, 'file', 'f', 'set') !== undefined) return
  const { head } = one
  const site = commandSite(one)
  const name = optionOf(one, 'name', 'n')?.value ?? 'compute instance'
  const compute = claimMachineRequest(claims, null, {
    provider: 'azure',
    interactive: true,
    place: head,
    site,
    scope: name,
  })
  claimType(compute, 'size', stated(claims.origin(valuePlace(size)), size.value))
  const given = one.options.find(({ name: option }) => /^(idle-time|schedules)/.test(option))
  if (given !== undefined || !one.complete)
    compute.unknown('idleStop', given?.name ?? idleKey, 'it is given', head, { site })
  else compute.default('idleStop', idleKey, null, head, { site })
}
