/** Workstations of Azure Machine Learning. Source: provider azurerm 4, machine_learning_compute_instance. */
import type { Block } from './block.js'
import { claimKind, startMachine } from './machines.js'
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
