/** Workstations on Azure. Source: provider azurerm 4, machine_learning_compute_instance and linux_virtual_machine. */
import { orDefault } from '../../values/operations.js'
import type { Key } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import { claimType } from '../machine-claims.js'
import { isAcceleratedType } from '../pool-claims.js'
import type { Block } from './block.js'
import { claimMachineUse, startMachine } from './machine-use.js'
import { claimNeverStops } from './machines.js'

/** The resource itself has no setting that stops it: the service has one, set in the studio or by another provider. */
export function readComputeInstance(block: Block): void {
  const type = block.text('virtual_machine_size')
  if (effective(type) === undefined) return
  const compute = startMachine(block, 'azure', true)
  claimType(compute, 'virtual_machine_size', type)
  const others = [...block.module.scope.declared.resourceTypes.keys()]
  const ending = others.find((one) =>
    /azapi_(update_)?resource|azapi_resource_action|schedule|runbook|automation_job/.test(one),
  )
  claimNeverStops(compute, block, 'idleTimeBeforeShutdown', ending)
}

/** The same as the service takes it, with the time after which it stops. `body`: keys down to what it is made of. */
export function readAzapiInstance(block: Block, type: Given<string>, body: readonly Key[]): void {
  if (effective(type) === undefined) return
  const compute = startMachine(block, 'azure', true)
  claimType(compute, 'vmSize', type)
  const key = 'idleTimeBeforeShutdown'
  const stops = [key, 'schedules'].find((one) => block.at(...body, one) !== undefined)
  // Whatever is not in the body of the request is not set.
  if (stops === undefined && block.inside(...body)?.isOpen() === false)
    compute.say('idleStop', key, orDefault(block.absent(...body, key), null))
  else claimNeverStops(compute, block, key, stops ?? 'body')
}

/** A single machine with accelerators. */
export function readVirtualMachine(block: Block): void {
  const key = block.holds('vm_size') ? 'vm_size' : 'size'
  const type = block.text(key)
  if (!isAcceleratedType(effective(type) ?? '')) return
  claimMachineUse(block, 'azure', { type: { key, value: type } })
}
