/**
 * Pools of machines in templates of CloudFormation: node groups of EKS, Auto Scaling groups, environments of AWS Batch.
 * Source: CloudFormation template reference.
 */
import { at, items, text } from '../../config/access.js'
import { convert, derived, firstGiven, orDefault, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber, asWord } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { claimAnyOf, claimFixed, claimPool, claimPoolMachine, type Pool } from '../pool-claims.js'
import { settingTable } from '../setting-table.js'
import { claimSchedule } from './scalable-target.js'
import type { Resource } from './template.js'

const capacities = new Map([
  ['on_demand', 'on-demand' as const],
  ['spot', 'spot' as const],
  ['capacity_block', 'reserved' as const],
])

export const nodeGroupSettings = settingTable('Scaling', {
  minimum: { keys: [['ScalingConfig', 'MinSize']], parse: asQuotedNumber },
  maximum: { keys: [['ScalingConfig', 'MaxSize']], parse: asQuotedNumber },
  initial: { keys: [['ScalingConfig', 'DesiredSize']], parse: asQuotedNumber },
  capacity: { keys: ['CapacityType'], parse: asWord(capacities), otherwise: 'on-demand' },
})

export const groupSettings = settingTable('Scaling', {
  minimum: { keys: ['MinSize'], parse: asQuotedNumber },
  maximum: { keys: ['MaxSize'], parse: asQuotedNumber },
})

const environments = new Map([
  ['spot', 'spot' as const],
  ['ec2', 'on-demand' as const],
])

export const batchSettings = settingTable('Scaling', {
  capacity: { keys: [['ComputeResources', 'Type']], parse: asWord(environments) },
})

function start(
  claims: ClaimBuilder,
  resource: Resource,
  kind: string,
  nameKey: string,
  words: string[],
): Pool {
  return claimPool(claims, {
    kind,
    provider: 'aws',
    name: effective(resource.text(nameKey)) ?? resource.name,
    place: resource.header,
    scope: resource.name,
    words,
  })
}

/** The template that the machines of a group are started from; null: none in this file. */
function launchTemplate(resource: Resource, ...keys: string[]): Resource | null {
  for (const name of ['LaunchTemplateId', 'Id', 'LaunchTemplateName', 'Name']) {
    const found = resource.at(...keys)
    const referred = resource.template.referred(at(found?.node, name))
    if (referred?.type === 'AWS::EC2::LaunchTemplate') return referred
  }
  return null
}

const data = 'LaunchTemplateData'

const markets = new Map([
  ['spot', 'spot' as const],
  ['capacity-block', 'reserved' as const],
])

/** How a launch template buys, if it says so. */
function claimBought(pool: Pool, template: Resource | null): void {
  if (template === null) return
  const market = template.get(data, 'InstanceMarketOptions', 'MarketType')
  pool.say('capacity', 'InstanceMarketOptions', convert(market, asWord(markets)))
  const reservation = template.get(data, 'CapacityReservationSpecification')
  if (template.has(data, 'CapacityReservationSpecification'))
    pool.say('capacity', 'CapacityReservationSpecification', stated(reservation, 'reserved'))
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
  const listed = resource.at('InstanceTypes')?.node.kind === 'list'
  const own = listed ? resource.text('InstanceTypes', 0) : resource.text('InstanceTypes')
  const given = template?.text(data, 'InstanceType')
  const unseen = template === null && resource.has('LaunchTemplate') && !resource.has('InstanceTypes')
  claimPoolMachine(
    pool,
    'InstanceTypes',
    unseen ? unreadable(own, 'LaunchTemplate') : given === undefined ? own : firstGiven(own, given),
  )
  nodeGroupSettings.claim(pool, resource)
  const minimum = resource.number('ScalingConfig', 'MinSize')
  claimFixed(pool, 'MaxSize', minimum, resource.number('ScalingConfig', 'MaxSize'))
  claimSchedule(pool, resource, minimum)
  claimBought(pool, template)
  const taints = resource.at('Taints')?.node
  const keys = items(taints).map((one) => text(at(one, 'Key')) ?? '?')
  if (taints === undefined) pool.say('taints', 'Taints', orDefault(resource.absent('Taints'), []))
  else if (taints.kind !== 'list') pool.unknown('taints', 'Taints', 'not readable', resource.header)
  else pool.known('taints', 'Taints', keys, resource.header)
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
  const key = 'InstanceType'
  const named = template?.text(data, key) ?? old?.text(key) ?? resource.absent(key)
  const override = resource.text('MixedInstancesPolicy', 'LaunchTemplate', 'Overrides', 0, key)
  claimPoolMachine(pool, key, firstGiven(override, named))
  groupSettings.claim(pool, resource)
  const minimum = resource.number('MinSize')
  claimFixed(pool, 'MaxSize', minimum, resource.number('MaxSize'))
  claimSchedule(pool, resource, minimum)
  if (template !== null || old !== null)
    pool.say('capacity', 'InstanceMarketOptions', orDefault(resource.absent(), 'on-demand'))
  claimBought(pool, template)
  if (old?.has('SpotPrice') === true) pool.known('capacity', 'SpotPrice', 'spot', resource.header)
  if (mixed) pool.unknown('capacity', 'MixedInstancesPolicy', 'a mixture', resource.header)
  // A capacity provider of ECS needs the protection and lifts it where nothing runs.
  if ([...resource.template.resources()].some((one) => one.type === 'AWS::ECS::CapacityProvider')) return
  const kept = 'NewInstancesProtectedFromScaleIn'
  pool.say(
    'blockedBy',
    kept,
    derived(resource.boolean(kept), (on) => (on ? `\`${kept}: true\`` : undefined)),
  )
}

/** vCPUs rather than machines. */
export function readBatchEnvironment(claims: ClaimBuilder, resource: Resource): void {
  const base = 'ComputeResources'
  const types = resource.at(base, 'InstanceTypes')?.node
  if (types?.kind !== 'list') return
  const all = types.items.map((_, index) => resource.text(base, 'InstanceTypes', index))
  const pool = start(claims, resource, 'Batch compute environment', 'ComputeEnvironmentName', [
    ...resource.words('ComputeEnvironmentName', 'Tags'),
    'batch',
  ])
  const least = { key: 'MinvCpus', least: resource.number(base, 'MinvCpus') }
  if (!claimAnyOf(pool, 'InstanceTypes', all, least)) return
  batchSettings.claim(pool, resource)
  claimBought(pool, launchTemplate(resource, base, 'LaunchTemplate'))
}
