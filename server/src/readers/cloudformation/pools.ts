/**
 * Pools of machines in templates of CloudFormation: node groups of EKS, Auto Scaling groups, environments of AWS Batch.
 * Source: CloudFormation template reference.
 */
import { instance } from '../../catalog/instances.js'
import { at, items, text } from '../../config/access.js'
import { lookUp } from '../../text/records.js'
import { stated } from '../../values/operations.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { SettingName, Words } from '../../workload/words.js'
import { claimPool, claimPoolMachine, type Pool } from '../pool-claims.js'
import { claimSchedule } from './scalable-target.js'
import type { Resource, Said } from './template.js'

const capacities: Record<string, 'on-demand' | 'spot' | 'reserved'> = {
  ON_DEMAND: 'on-demand',
  SPOT: 'spot',
  CAPACITY_BLOCK: 'reserved',
}

function start(
  claims: ClaimBuilder,
  resource: Resource,
  kind: string,
  nameKey: string,
  words: string[],
): Pool {
  const name = resource.text(nameKey)
  return claimPool(claims, {
    kind,
    provider: 'aws',
    name: name.state === 'known' ? name.value : resource.name,
    place: resource.header,
    scope: resource.name,
    words,
  })
}

/** `absent`: what the service does by itself; undefined: nothing is claimed. */
function claimSaid<K extends SettingName<'Scaling'>, T>(
  pool: Pool,
  resource: Resource,
  setting: K,
  key: string,
  said: Said<T>,
  convert: (value: T) => Words['Scaling'][K] | undefined,
  absent?: Words['Scaling'][K],
): void {
  if (said.state === 'absent') {
    if (absent !== undefined) pool.default(setting, key, absent, resource.header, resource.absent())
    return
  }
  const value = said.state === 'known' ? convert(said.value) : undefined
  if (value !== undefined) pool.known(setting, key, value, said.place, said.options)
  else pool.unknown(setting, key, said.state === 'unknown' ? said.because : 'not understood', said.place)
}

const same = <T>(value: T): T => value

function claimSizes(pool: Pool, resource: Resource, ...base: string[]): void {
  const [low, high] = [resource.number(...base, 'MinSize'), resource.number(...base, 'MaxSize')]
  claimSaid(pool, resource, 'minimum', 'MinSize', low, same)
  claimSaid(pool, resource, 'maximum', 'MaxSize', high, same)
  if (low.state === 'known' && high.state === 'known')
    pool.known('fixed', 'MaxSize', low.value === high.value, resource.header)
  claimSchedule(pool, resource, low)
}

function claimMachine(pool: Pool, resource: Resource, key: string, said: Said<string>): void {
  if (said.state === 'known')
    claimPoolMachine(pool, key, stated(pool.locator.origin(said.place, said.options), said.value))
  else pool.unknown('gpus', key, said.state === 'unknown' ? said.because : 'not given', resource.header)
}

/** The template that the machines of a group are started from; null: none in this file. */
function launchTemplate(resource: Resource, ...keys: string[]): Resource | null {
  for (const name of ['LaunchTemplateId', 'Id', 'LaunchTemplateName', 'Name']) {
    const found = resource.get(...keys)
    const referred = resource.template.referred(at(found?.node, name))
    if (referred?.type === 'AWS::EC2::LaunchTemplate') return referred
  }
  return null
}

const data = 'LaunchTemplateData'

function marketOf(template: Resource): string | undefined {
  const market = template.text(data, 'InstanceMarketOptions', 'MarketType')
  return market.state === 'known' ? market.value : market.state === 'unknown' ? '?' : undefined
}

/** How a launch template buys; undefined: it says nothing of it. */
function claimBought(pool: Pool, template: Resource | null, resource: Resource): boolean {
  if (template === null) return false
  const market = marketOf(template)
  if (market === 'capacity-block' || template.has(data, 'CapacityReservationSpecification')) {
    pool.known('capacity', 'CapacityReservationSpecification', 'reserved', resource.header)
  } else if (market === 'spot') pool.known('capacity', 'InstanceMarketOptions', 'spot', resource.header)
  else if (market !== undefined)
    pool.unknown('capacity', 'InstanceMarketOptions', 'not readable', resource.header)
  else return false
  return true
}

export function readNodeGroup(claims: ClaimBuilder, resource: Resource, beside: number): void {
  const pool = start(
    claims,
    resource,
    'node group',
    'NodegroupName',
    resource.words('NodegroupName', 'Labels', 'Tags', 'Taints'),
  )
  const template = launchTemplate(resource, 'LaunchTemplate')
  const types = resource.get('InstanceTypes')
  const own = types?.node.kind === 'list' ? resource.text('InstanceTypes', 0) : resource.text('InstanceTypes')
  const unseen: Said<string> = {
    state: 'unknown',
    because: 'LaunchTemplate',
    place: resource.header,
    options: {},
  }
  const elsewhere = template === null && resource.has('LaunchTemplate')
  claimMachine(
    pool,
    resource,
    'InstanceTypes',
    own.state !== 'absent' ? own : elsewhere ? unseen : (template?.text(data, 'InstanceType') ?? own),
  )
  claimSizes(pool, resource, 'ScalingConfig')
  if (!claimBought(pool, template, resource)) {
    const key = 'CapacityType'
    claimSaid(
      pool,
      resource,
      'capacity',
      key,
      resource.text(key),
      (value) => lookUp(capacities, value),
      'on-demand',
    )
  }
  const taints = resource.get('Taints')
  if (taints === undefined) pool.default('taints', 'Taints', [], resource.header, resource.absent())
  else if (taints.node.kind !== 'list') pool.unknown('taints', 'Taints', 'not readable', resource.header)
  else
    pool.known(
      'taints',
      'Taints',
      items(taints.node).map((one) => text(at(one, 'Key')) ?? '?'),
      resource.header,
    )
  pool.known('otherPools', 'AWS::EKS::Nodegroup', beside, resource.header)
  pool.known('labels', 'Labels', resource.texts('Labels'), resource.header)
}

export function readAutoScalingGroup(claims: ClaimBuilder, resource: Resource): void {
  const pool = start(
    claims,
    resource,
    'Auto Scaling group',
    'AutoScalingGroupName',
    resource.words('AutoScalingGroupName', 'Tags'),
  )
  const mixed = resource.has('MixedInstancesPolicy')
  const template =
    launchTemplate(resource, 'LaunchTemplate') ??
    launchTemplate(resource, 'MixedInstancesPolicy', 'LaunchTemplate', 'LaunchTemplateSpecification')
  const old = resource.template.referred(at(resource.properties, 'LaunchConfigurationName'))
  const override = resource.text('MixedInstancesPolicy', 'LaunchTemplate', 'Overrides', 0, 'InstanceType')
  const type =
    mixed && override.state !== 'absent'
      ? override
      : (template?.text(data, 'InstanceType') ?? old?.text('InstanceType'))
  claimMachine(pool, resource, 'InstanceType', type ?? { state: 'absent' })
  claimSizes(pool, resource)
  if (mixed) pool.unknown('capacity', 'MixedInstancesPolicy', 'a mixture', resource.header)
  else if (!claimBought(pool, template, resource)) {
    if (old?.has('SpotPrice') === true) pool.known('capacity', 'SpotPrice', 'spot', resource.header)
    else if (template !== null || old !== null)
      pool.default('capacity', 'InstanceMarketOptions', 'on-demand', resource.header, resource.absent())
  }
  const kept = resource.boolean('NewInstancesProtectedFromScaleIn')
  // A capacity provider of ECS needs the protection and lifts it where nothing runs.
  const byEcs = [...resource.template.resources()].some((one) => one.type === 'AWS::ECS::CapacityProvider')
  if (kept.state === 'known' && kept.value && !byEcs) {
    const key = 'NewInstancesProtectedFromScaleIn'
    pool.known('blockedBy', key, `\`${key}: true\``, kept.place, kept.options)
  }
}

/** vCPUs rather than machines. */
export function readBatchEnvironment(claims: ClaimBuilder, resource: Resource): void {
  if (!resource.has('ComputeResources')) return
  const base = 'ComputeResources'
  const types = resource.get(base, 'InstanceTypes')
  // Several types: how many vCPUs one machine has is not known.
  if (types?.node.kind !== 'list' || types.node.items.length !== 1) return
  const type = resource.text(base, 'InstanceTypes', 0)
  if (type.state !== 'known') return
  const pool = start(claims, resource, 'Batch compute environment', 'ComputeEnvironmentName', [
    ...resource.words('ComputeEnvironmentName', 'Tags'),
    'batch',
  ])
  claimPoolMachine(pool, 'InstanceTypes', stated(pool.locator.origin(type.place, type.options), type.value))
  const cpus = instance(type.value)?.vcpus
  if (cpus !== undefined)
    claimSaid(pool, resource, 'minimum', 'MinvCpus', resource.number(base, 'MinvCpus'), (value) =>
      Math.ceil(value / cpus),
    )
  const template = launchTemplate(resource, base, 'LaunchTemplate')
  if (claimBought(pool, template, resource)) return
  claimSaid(pool, resource, 'capacity', 'Type', resource.text(base, 'Type'), (value) =>
    value === 'SPOT' ? 'spot' : value === 'EC2' ? 'on-demand' : undefined,
  )
}
