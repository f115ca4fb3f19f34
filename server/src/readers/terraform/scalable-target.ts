/**
 * Application Auto Scaling of SageMaker endpoints: `aws_appautoscaling_target`, its policy and its scheduled actions.
 * Source: provider hashicorp/aws 5.
 */
import { instance } from '../../catalog/instances.js'
import { items } from '../../config/access.js'
import type { HclValue } from '../../config/hcl-scope.js'
import { claimPoolMachine, type Pool } from '../pool-claims.js'
import { isShare, measureOf } from '../scaling-policy.js'
import type { Block, Module } from './block.js'
import { claimSaid, same, startPool } from './pool-claims.js'
import { resourcesOf } from './schedules.js'

const targetType = 'aws_appautoscaling_target'

/** Of an endpoint: other services are scaled by the same resource. */
function isOfSagemaker(block: Block): boolean {
  const service = block.text('service_namespace')
  return service.state === 'unknown' || (service.state === 'known' && service.value === 'sagemaker')
}

/** What scales the endpoints of the module; null: nothing. */
export function scalesEndpoints(module: Module): boolean {
  return [...resourcesOf(module, targetType)].some(isOfSagemaker)
}

export function readScalableTarget(block: Block): void {
  const service = block.text('service_namespace')
  if (service.state !== 'known' || service.value !== 'sagemaker') return
  const { module, header } = block
  const machine = onlyMachine(module)
  if (machine === null) return
  const pool = startPool(block, {
    kind: 'scalable target',
    provider: 'aws',
    name: block.name,
    words: block.words('resource_id'),
  })
  const { place, options } = module.placed(machine.at)
  if (!claimPoolMachine(pool, 'instance_type', machine.type, place, options)) return
  pool.known('target', 'resource_id', 'endpoint', header)
  claimSaid(pool, block, 'leastReplicas', 'min_capacity', block.number('min_capacity'), same)
  claimSaid(pool, block, 'mostReplicas', 'max_capacity', block.number('max_capacity'), same)
  const scheduled = 'aws_appautoscaling_scheduled_action'
  if ([...resourcesOf(module, scheduled)].some(isOfSagemaker))
    pool.known('schedule', scheduled, scheduled, header)
  const policies = [...resourcesOf(module, 'aws_appautoscaling_policy')].filter(isOfSagemaker)
  if (policies.length === 1 && [...resourcesOf(module, targetType)].length === 1)
    claimPolicy(pool, policies[0]!, machine.type)
}

/** The machine of all variants of all endpoints of the module; null: several, or one that cannot be read. */
function onlyMachine(module: Module): { type: string; at: HclValue } | null {
  const found: { type: string; at: HclValue }[] = []
  for (const one of resourcesOf(module, 'aws_sagemaker_endpoint_configuration')) {
    for (const index of items(one.get('production_variants')?.node).keys()) {
      const type = one.text('production_variants', index, 'instance_type')
      if (type.state !== 'known') return null
      found.push({ type: type.value, at: type.at })
    }
  }
  const [first] = found
  return first !== undefined && found.every((one) => one.type === first.type) ? first : null
}

const tracking = ['target_tracking_scaling_policy_configuration', 0]

function claimPolicy(pool: Pool, policy: Block, machine: string): void {
  claimSaid(
    pool,
    policy,
    'idleDelay',
    'scale_in_cooldown',
    policy.number(...tracking, 'scale_in_cooldown'),
    same,
  )
  const kept = policy.boolean(...tracking, 'disable_scale_in')
  if (kept.state === 'known' && kept.value) {
    const { place, options } = policy.module.placed(kept.at)
    pool.known('blockedBy', 'disable_scale_in', '`disable_scale_in = true`', place, options)
  }
  const metric = policy.first(
    policy.text(...tracking, 'predefined_metric_specification', 0, 'predefined_metric_type'),
    policy.text(...tracking, 'customized_metric_specification', 0, 'metric_name'),
  )
  if (metric.state !== 'known') return
  const { place, options } = policy.module.placed(metric.at)
  pool.known('metrics', 'metric_name', [measureOf(metric.value)], place, options)
  if (isShare(metric.value, instance(machine)?.gpuCount))
    claimSaid(pool, policy, 'utilization', 'target_value', policy.number(...tracking, 'target_value'), same)
}
