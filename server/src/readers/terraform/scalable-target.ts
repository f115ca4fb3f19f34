/**
 * Application Auto Scaling of SageMaker endpoints: `aws_appautoscaling_target`, its policy and its scheduled actions.
 * Source: provider hashicorp/aws 5.
 */
import { instance } from '../../catalog/instances.js'
import { items } from '../../config/access.js'
import { agreed, convert, derived, firstGiven } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective, type Given } from '../../values/value.js'
import { claimPoolMachine, type Pool } from '../pool-claims.js'
import { isShare, measureOf } from '../scaling-policy.js'
import { settingTable } from '../setting-table.js'
import type { Block, Module } from './block.js'
import { startPool } from './pool-claims.js'
import { resourcesOf } from './schedules.js'

const targetType = 'aws_appautoscaling_target'
const endpoints = 'aws_sagemaker_endpoint_configuration'

/** Of an endpoint: other services are scaled by the same resource. */
function isOfSagemaker(block: Block): boolean {
  const service = block.text('service_namespace')
  return service.state === 'unknown' || effective(service) === 'sagemaker'
}

/** What scales the endpoints of the module; null: nothing. */
export function scalesEndpoints(module: Module): boolean {
  return [...resourcesOf(module, targetType)].some(isOfSagemaker)
}

export const scalableTargetSettings = settingTable('Scaling', {
  leastReplicas: { keys: ['min_capacity'], parse: asQuotedNumber },
  mostReplicas: { keys: ['max_capacity'], parse: asQuotedNumber },
})

export function readScalableTarget(block: Block): void {
  if (effective(block.text('service_namespace')) !== 'sagemaker') return
  const { module, header } = block
  const machine = onlyMachine(module)
  if (machine === null) return
  const pool = startPool(block, null, {
    kind: 'scalable target',
    provider: 'aws',
    words: block.words('resource_id'),
  })
  if (!claimPoolMachine(pool, 'instance_type', machine)) return
  pool.known('target', 'resource_id', 'endpoint', header)
  scalableTargetSettings.claim(pool, block)
  const queue = 'async_inference_config'
  if ([...resourcesOf(module, endpoints)].every((one) => one.has(queue)))
    pool.known('queued', queue, true, header)
  const scheduled = 'aws_appautoscaling_scheduled_action'
  if ([...resourcesOf(module, scheduled)].some(isOfSagemaker))
    pool.known('schedule', scheduled, scheduled, header)
  const policies = [...resourcesOf(module, 'aws_appautoscaling_policy')].filter(isOfSagemaker)
  if (policies.length === 1 && [...resourcesOf(module, targetType)].length === 1)
    claimPolicy(pool, policies[0]!, effective(machine)!)
}

/** The machine of all variants of all endpoints of the module; null: several, or one that cannot be read. */
function onlyMachine(module: Module): Given<string> | null {
  const found: Given<string>[] = []
  for (const one of resourcesOf(module, endpoints))
    for (const index of items(one.at('production_variants')?.node).keys())
      found.push(one.text('production_variants', index, 'instance_type'))
  return agreed(found)
}

const tracking = ['target_tracking_scaling_policy_configuration', 0] as const

export const scalingPolicySettings = settingTable('Scaling', {
  idleDelay: { keys: [[...tracking, 'scale_in_cooldown']], parse: asQuotedNumber },
})

function claimPolicy(pool: Pool, policy: Block, machine: string): void {
  scalingPolicySettings.claim(pool, policy)
  const kept = policy.boolean(...tracking, 'disable_scale_in')
  pool.say(
    'blockedBy',
    'disable_scale_in',
    derived(kept, (on) => (on ? '`disable_scale_in = true`' : undefined)),
  )
  const metric = firstGiven(
    policy.text(...tracking, 'predefined_metric_specification', 0, 'predefined_metric_type'),
    policy.text(...tracking, 'customized_metric_specification', 0, 'metric_name'),
  )
  pool.say(
    'metrics',
    'metric_name',
    convert(metric, (name) => [measureOf(name)]),
  )
  if (isShare(effective(metric) ?? '', instance(machine)?.gpuCount))
    pool.say('utilization', 'target_value', policy.number(...tracking, 'target_value'))
}
