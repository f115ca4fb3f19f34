/**
 * Application Auto Scaling of SageMaker endpoints in templates of CloudFormation, and what changes the size of groups at set
 * times. Source: CloudFormation template reference.
 */
import { instance } from '../../catalog/instances.js'
import { at, items } from '../../config/access.js'
import { agreed, convert, derived, firstGiven } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { claimPool, claimPoolMachine, type Pool } from '../pool-claims.js'
import { isShare, measureOf } from '../scaling-policy.js'
import { settingTable } from '../setting-table.js'
import type { Resource, Template } from './template.js'

const targetType = 'AWS::ApplicationAutoScaling::ScalableTarget'
const endpoints = 'AWS::SageMaker::EndpointConfig'
const policyType = 'AWS::ApplicationAutoScaling::ScalingPolicy'

function* resourcesOf(template: Template, type: string): Generator<Resource> {
  for (const one of template.resources()) if (one.type === type) yield one
}

/** What scales the endpoints of the template; others are scaled by the same resource. */
export function scalesEndpoints(template: Template): boolean {
  return [...resourcesOf(template, targetType)].some((one) => {
    const service = effective(one.text('ServiceNamespace'))
    return service === undefined || service === 'sagemaker'
  })
}

export const scalableTargetSettings = settingTable('Scaling', {
  leastReplicas: { keys: ['MinCapacity'], parse: asQuotedNumber },
  mostReplicas: { keys: ['MaxCapacity'], parse: asQuotedNumber },
})

export function readScalableTarget(claims: ClaimBuilder, resource: Resource): void {
  const { template } = resource
  if (effective(resource.text('ServiceNamespace')) !== 'sagemaker') return
  const type = onlyMachine(template)
  if (type === null) return
  const pool = claimPool(claims, {
    kind: 'scalable target',
    provider: 'aws',
    name: resource.name,
    place: resource.header,
    scope: resource.name,
    words: resource.words('ResourceId'),
  })
  if (!claimPoolMachine(pool, 'InstanceType', type)) return
  pool.known('target', 'ResourceId', 'endpoint', resource.header)
  scalableTargetSettings.claim(pool, resource)
  const queue = 'AsyncInferenceConfig'
  if ([...resourcesOf(template, endpoints)].every((one) => one.has(queue)))
    pool.known('queued', queue, true, resource.header)
  if (resource.has('ScheduledActions'))
    pool.known('schedule', 'ScheduledActions', 'ScheduledActions', resource.header)
  const policies = [...resourcesOf(template, policyType)]
  if (policies.length === 1 && [...resourcesOf(template, targetType)].length === 1)
    claimPolicy(pool, policies[0]!, effective(type)!)
}

/** The machine of all variants of all endpoints of the template; null: several, or one that cannot be read. */
function onlyMachine(template: Template): Given<string> | null {
  const found: Given<string>[] = []
  for (const one of resourcesOf(template, endpoints))
    for (const index of items(one.at('ProductionVariants')?.node).keys())
      found.push(one.text('ProductionVariants', index, 'InstanceType'))
  return agreed(found)
}

const tracking = 'TargetTrackingScalingPolicyConfiguration'

export const policySettings = settingTable('Scaling', {
  idleDelay: { keys: [[tracking, 'ScaleInCooldown']], parse: asQuotedNumber },
})

function claimPolicy(pool: Pool, policy: Resource, machine: string): void {
  policySettings.claim(pool, policy)
  const kept = policy.boolean(tracking, 'DisableScaleIn')
  pool.say(
    'blockedBy',
    'DisableScaleIn',
    derived(kept, (on) => (on ? '`DisableScaleIn: true`' : undefined)),
  )
  const metric = firstGiven(
    policy.text(tracking, 'PredefinedMetricSpecification', 'PredefinedMetricType'),
    policy.text(tracking, 'CustomizedMetricSpecification', 'MetricName'),
  )
  pool.say(
    'metrics',
    'MetricName',
    convert(metric, (name) => [measureOf(name)]),
  )
  if (isShare(effective(metric) ?? '', instance(machine)?.gpuCount))
    pool.say('utilization', 'TargetValue', policy.number(tracking, 'TargetValue'))
}

/** Calls of the AWS API that give a pool another size. */
const resizes = /updateNodegroupConfig|updateAutoScalingGroup|setDesiredCapacity/i

/** `least`: the machines that the group keeps by itself. */
export function claimSchedule(pool: Pool, resource: Resource, least: Given<number>): void {
  const { template, header } = resource
  const minimum = effective(least)
  for (const one of resourcesOf(template, 'AWS::AutoScaling::ScheduledAction')) {
    const group = template.referred(at(one.properties, 'AutoScalingGroupName'))
    if (group !== null && group.name !== resource.name) continue
    const [named, own] = [one, resource].map((each) => effective(each.text('AutoScalingGroupName')))
    if (group === null && named !== undefined && own !== undefined && named !== own) continue
    if (!one.has('MinSize')) continue
    const size = effective(one.number('MinSize'))
    if (size !== undefined && minimum !== undefined && size >= minimum) continue
    pool.known('schedule', one.type, one.type, header)
    return
  }
  for (const one of resourcesOf(template, 'AWS::Scheduler::Schedule')) {
    const target = effective(one.text('Target', 'Arn'))
    if (target !== undefined && !resizes.test(target)) continue
    pool.known('schedule', one.type, one.type, header)
    return
  }
}
