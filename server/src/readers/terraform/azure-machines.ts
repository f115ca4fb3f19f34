/** Workstations on Azure. Source: provider azurerm 4, machine_learning_compute_instance and linux_virtual_machine. */
import { workstation } from '../machine-claims.js'
import { isAcceleratedType } from '../pool-claims.js'
import type { Block } from './block.js'
import { claimKind, startMachine, stoppers } from './machines.js'
import { absentPlace } from './pool-claims.js'

/** The resource itself has no setting that stops it: the service has one, set in the studio or by another provider. */
export function readComputeInstance(block: Block): void {
  const type = block.text('virtual_machine_size')
  if (type.state !== 'known') return
  const compute = startMachine(block, 'azure', true)
  claimKind(compute, block, 'virtual_machine_size', type)
  const { place, options } = absentPlace(block, 'machine')
  for (const { type: other } of block.module.scope.allResources())
    if (/azapi_(update_)?resource|azapi_resource_action|schedule|runbook|automation_job/.test(other)) {
      compute.unknown('idleStop', other, 'it may stop by itself', place, options)
      return
    }
  compute.default('idleStop', 'idleTimeBeforeShutdown', null, place, { ...options, overridable: true })
}

/** A single machine with accelerators that a person works on; services are left alone. */
export function readVirtualMachine(block: Block): void {
  const key = block.has('vm_size') ? 'vm_size' : 'size'
  const type = block.text(key)
  if (type.state !== 'known' || !isAcceleratedType(type.value)) return
  if (!workstation.test(block.words('name', 'computer_name', 'tags').join(' '))) return
  for (const { type: other } of block.module.scope.allResources()) if (stoppers.test(other)) return
  const compute = startMachine(block, 'azure', true)
  claimKind(compute, block, key, type)
  const { place, options } = absentPlace(block, 'machine')
  const given = ['custom_data', 'user_data', 'priority'].find((one) => block.has(one))
  if (given !== undefined || block.isOpen())
    compute.unknown('idleStop', given ?? 'dynamic', 'it may stop by itself', place, options)
  // Shut down from inside, such a machine is billed on: the schedule deallocates it.
  else
    compute.default('idleStop', 'azurerm_dev_test_global_vm_shutdown_schedule', null, place, {
      ...options,
      overridable: true,
    })
}
