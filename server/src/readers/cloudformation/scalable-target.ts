/**
 * Application Auto Scaling of SageMaker endpoints in templates of CloudFormation, and what changes the size of groups at set
 * times. Source: CloudFormation template reference.
 */
import { instance } from '../../catalog/instances.js'
import { at, items } from '../../config/access.js'
import { stated } from '../../values/operations.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { SettingName, Words } from '../../workload/words.js'
import { claimPool, claimPoolMachine, type Pool } from '../pool-claims.js'
import { isShare, measureOf } from '../scaling-policy.js'
import type { Resource, Said, Template } from './template.js'

const targetType = 'AWS::ApplicationAutoScaling::ScalableTarget'
const policyType = 'AWS::ApplicationAutoScaling::ScalingPolicy'

function* resourcesOf(template: Template, type: string): Generator<Resource> {
  for (const one of template.resources()) if (one.type === type) yield one
}

/** What scales the endpoints of the template; others are scaled by the same resource. */
export function scalesEndpoints(template: Template): boolean {
  return [...resourcesOf(template, targetType)].some((one) => {
    const service = one.text('ServiceNamespace')
    return service.state !== 'known' || service.value === 'sagemaker'
  })
}

export function readScalableTarget(claims: ClaimBuilder, resource: Resource): void {
  const { template } = resource
  const service = resource.text('ServiceNamespace')
  if (service.state !== 'known' || service.value !== 'sagemaker') return
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
  if (!claimPoolMachine(pool, 'InstanceType', stated(claims.origin(resource.header), type))) return
  pool.known('target', 'ResourceId', 'endpoint', resource.header)
  claim(pool, 'leastReplicas', 'MinCapacity', resource.number('MinCapacity'))
  claim(pool, 'mostReplicas', 'MaxCapacity', resource.number('MaxCapacity'))
  if (resource.has('ScheduledActions'))
    pool.known('schedule', 'ScheduledActions', 'ScheduledActions', resource.header)
  const policies = [...resourcesOf(template, policyType)]
  if (policies.length === 1 && [...resourcesOf(template, targetType)].length === 1)
    claimPolicy(pool, policies[0]!, type)
}

function claim<K extends SettingName<'Scaling'>>(
  pool: Pool,
  setting: K,
  key: string,
  said: Said<number>,
): void {
  if (said.state === 'known')
    pool.known(setting, key, said.value as Words['Scaling'][K], said.place, said.options)
  else if (said.state === 'unknown') pool.unknown(setting, key, said.because, said.place)
}

/** The machine of all variants of all endpoints of the template; null: several, or one that cannot be read. */
function onlyMachine(template: Template): string | null {
  const found = new Set<string | null>()
  for (const one of resourcesOf(template, 'AWS::SageMaker::EndpointConfig')) {
    for (const index of items(one.get('ProductionVariants')?.node).keys()) {
      const type = one.text('ProductionVariants', index, 'InstanceType')
      found.add(type.state === 'known' ? type.value : null)
    }
  }
  const [first] = found
  return found.size === 1 && first !== undefined ? first : null
}

const tracking = 'TargetTrackingScalingPolicyConfiguration'

function claimPolicy(pool: Pool, policy: Resource, machine: string): void {
  claim(pool, 'idleDelay', 'ScaleInCooldown', policy.number(tracking, 'ScaleInCooldown'))
  const kept = policy.boolean(tracking, 'DisableScaleIn')
  if (kept.state === 'known' && kept.value)
    pool.known('blockedBy', 'DisableScaleIn', '`DisableScaleIn: true`', kept.place, kept.options)
  const own = policy.text(tracking, 'PredefinedMetricSpecification', 'PredefinedMetricType')
  const metric =
    own.state === 'absent' ? policy.text(tracking, 'CustomizedMetricSpecification', 'MetricName') : own
  if (metric.state !== 'known') return
  pool.known('metrics', 'MetricName', [measureOf(metric.value)], metric.place, metric.options)
  if (isShare(metric.value, instance(machine)?.gpuCount))
    claim(pool, 'utilization', 'TargetValue', policy.number(tracking, 'TargetValue'))
}

/** Calls of the AWS API that give a pool another size. */
const resizes = /updateNodegroupConfig|updateAutoScalingGroup|setDesiredCapacity/i

/** `least`: the machines that the group keeps by itself. */
export function claimSchedule(pool: Pool, resource: Resource, least: Said<number>): void {
  const { template, header } = resource
  for (const one of resourcesOf(template, 'AWS::AutoScaling::ScheduledAction')) {
    const group = template.referred(at(one.properties, 'AutoScalingGroupName'))
    if (group !== null && group.name !== resource.name) continue
    const [named, own] = [one.text('AutoScalingGroupName'), resource.text('AutoScalingGroupName')]
    if (group === null && named.state === 'known' && own.state === 'known' && named.value !== own.value)
      continue
    const size = one.number('MinSize')
    if (size.state === 'absent') continue
    if (size.state === 'known' && least.state === 'known' && size.value >= least.value) continue
    pool.known('schedule', one.type, one.type, header)
    return
  }
  for (const one of resourcesOf(template, 'AWS::Scheduler::Schedule')) {
    const target = one.text('Target', 'Arn')
    if (target.state === 'known' && !resizes.test(target.value)) continue
    pool.known('schedule', one.type, one.type, header)
    return
  }
}
