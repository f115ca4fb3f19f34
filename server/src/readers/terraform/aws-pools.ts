/**
 * Pools of machines on AWS: EKS node groups (also those that are handed to a module), Auto Scaling groups, environments
 * of AWS Batch. Defaults: provider hashicorp/aws 5, module eks 18 to 21.
 */

import { at, items, map, text } from '../../config/access.js'
import type { HclValue } from '../../config/hcl-module.js'
import type { ConfigNode } from '../../config/node.js'
import { derived, firstGiven, unreadable } from '../../values/operations.js'
import { asQuotedNumber, asWord } from '../../values/parse.js'
import type { Key } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import { claimAnyOf, claimFixed, claimPoolMachine } from '../pool-claims.js'
import { settingTable } from '../setting-table.js'
import { Block, type Module } from './block.js'
import { claimNodeLabels, claimTaints, firstText, startPool } from './pool-claims.js'
import { claimSchedule } from './schedules.js'

const capacities = new Map([
  ['on_demand', 'on-demand' as const],
  ['spot', 'spot' as const],
  ['capacity_block', 'reserved' as const],
])

const capacityType = { keys: ['capacity_type'], parse: asWord(capacities), otherwise: 'on-demand' as const }

export const nodeGroupSettings = settingTable('Scaling', {
  minimum: { keys: [['scaling_config', 0, 'min_size']], parse: asQuotedNumber },
  maximum: { keys: [['scaling_config', 0, 'max_size']], parse: asQuotedNumber },
  initial: { keys: [['scaling_config', 0, 'desired_size']], parse: asQuotedNumber },
  capacity: capacityType,
})

export function readNodeGroup(block: Block, poolsBeside: number): void {
  const pool = startPool(block, 'node_group_name', {
    kind: 'node group',
    provider: 'aws',
    words: block.words('node_group_name', 'labels', 'tags', 'taint'),
  })
  const template = templateOf(block, ['launch_template', 0, 'id'], ['launch_template', 0, 'name'])
  const own = firstText(block, 'instance_types')
  const type = template === null ? own : firstGiven(own, template.text('instance_type'))
  // A type that the template may give and that cannot be read.
  const unseen = !block.has('instance_types') && template === null && block.holds('launch_template')
  claimPoolMachine(pool, 'instance_types', unseen ? unreadable(own, 'launch_template') : type)
  nodeGroupSettings.claim(pool, block)
  const minimum = block.number('scaling_config', 0, 'min_size')
  claimFixed(pool, 'max_size', minimum, block.number('scaling_config', 0, 'max_size'))
  claimSchedule(pool, block, minimum)
  if (isReserved(block) || isReserved(template))
    pool.known('capacity', 'capacity_reservation_specification', 'reserved', block.header)
  else if (template?.holds('instance_market_options') === true)
    pool.known('capacity', 'market_type', 'spot', block.header)
  claimTaints(pool, block, 'taint')
  claimNodeLabels(pool, block, ['labels'], {
    'eks.amazonaws.com/nodegroup': effective(block.text('node_group_name')),
    'eks.amazonaws.com/capacityType': effective(block.text('capacity_type')),
    'node.kubernetes.io/instance-type': onlyType(block, 'instance_types', type),
  })
  pool.known('otherPools', 'aws_eks_node_group', poolsBeside, block.header)
  // Something else changes it.
  if (block.at('lifecycle', 0, 'ignore_changes') !== undefined)
    pool.known('resizedBy', 'ignore_changes', 'ignore_changes', block.header)
}

/** The type of all machines of a group; undefined where it may take one of several. */
function onlyType(block: Block, key: string, type: Given<string>): string | undefined {
  return items(block.at(key)?.node).length > 1 ? undefined : effective(type)
}

/** The launch template of the module that the first reference names that is given. */
function templateOf(block: Block, ...paths: Key[][]): Block | null {
  for (const path of paths) {
    const found = block.module.scope.referred(block.at(...path)?.node)
    const [type, name] = map(found?.node)?.labels ?? []
    if (found !== undefined && (type === 'aws_launch_template' || type === 'aws_launch_configuration'))
      return new Block(block.module, found, name ?? '', block.header)
  }
  return null
}

function isReserved(block: Block | null): boolean {
  if (block === null) return false
  const market = firstGiven(
    block.text('instance_market_options', 0, 'market_type'),
    block.text('instance_market_options', 'market_type'),
  )
  return block.holds('capacity_reservation_specification') || effective(market) === 'capacity-block'
}

/**
 * Attributes of a module's call that hold groups, whichever module it is: `eks_managed_node_groups` of
 * terraform-aws-modules/eks, `managed_node_groups` of the EKS blueprints, `node_groups` and `worker_groups` of its past.
 */
export const groupsKey = /^(\w+_)?(node|worker)_groups$/

/** `eks_managed_node_groups = { gpu = { … } }`: an entry for each group, with defaults beside. */
export function readModuleGroups(module: Module, call: Block, key: string): void {
  const defaults = call.inside(`${key.replace(/s$/, '')}_defaults`) ?? call.inside(`${key}_defaults`)
  const found = groupsIn(module, call.at(key))
  const managed = !/^self_managed|worker_groups$/.test(key)
  const alone =
    managed &&
    found.length === 1 &&
    holdsOne(call.at(key)) &&
    !otherCapacity.some((one) => call.has(one)) &&
    !hasMachinesBeside(module)
  for (const block of found) readGroup(block, defaults, managed, found.length - 1, alone)
}

/** One group, and no others that cannot be read: `merge({…}, var.more)`. */
function holdsOne(value: HclValue | undefined): boolean {
  const all = value === undefined ? undefined : map(value.node)
  return (all?.entries ?? items(value?.node)).length === 1 && all?.open === undefined
}

/** What else gives a cluster machines. */
const otherCapacity = [
  ...[
    'fargate_profiles',
    'self_managed_node_groups',
    'worker_groups',
    'compute_config',
    'cluster_compute_config',
  ],
  ...['auto_scaling_groups', 'enable_karpenter', 'node_groups_launch_template'],
]
const otherMachines = /^aws_(eks_(node_group|fargate_profile)|autoscaling_group)$/
const bringsMachines = /karpenter|node-?(group|pool)|fargate|eks-blueprints|self-managed/i

/** Beside the module of the cluster: pools of their own, or what starts machines as pods ask for them. */
function hasMachinesBeside({ scope }: Module): boolean {
  return scope.declaredAround.some(
    (declared) =>
      declared.calls.some(({ node }) => bringsMachines.test(textIn(at(node, 'source')))) ||
      [...declared.allResources()].some(
        ({ type, name, value }) =>
          otherMachines.test(type) || bringsMachines.test(`${name} ${textIn(at(value.node, 'chart'))}`),
      ),
  )
}

const textIn = (node: ConfigNode | undefined): string => text(node) ?? ''

/** The groups of a map, or of a list whose items say their name. */
export function groupsIn(module: Module, value: HclValue | undefined): Block[] {
  return partsOf(module, value).flatMap((groups) => {
    const all =
      groups.node.kind === 'map'
        ? groups.node.entries.map((one) => ({
            name: one.key,
            node: one.value,
            at: one.keyStart,
            to: one.keyEnd,
          }))
        : items(groups.node).map((node) => ({
            name: text(at(node, 'name')) ?? 'pool',
            node,
            at: node.start,
            to: node.start + 1,
          }))
    return all.flatMap((one) => {
      const inner = module.scope.resolve({ ...groups, node: one.node })
      if (inner.node.kind !== 'map') return []
      // An entry that refers to another file is shown where the map says its name.
      const header =
        inner.path === groups.path
          ? { start: one.at, end: one.to }
          : { start: inner.node.start, end: inner.node.start + 1 }
      return [new Block(module, inner, one.name, header)]
    })
  })
}

/** The maps and lists that make up a value: those that `merge` takes from several files stay apart. */
function partsOf(module: Module, value: HclValue | undefined): HclValue[] {
  if (value === undefined) return []
  const { node } = value
  if (node.kind === 'map' || node.kind === 'list') return [value]
  const parts = node.kind === 'unknown' ? (node.merged ?? []) : []
  return parts
    .map((part) => module.scope.resolve({ ...value, node: part }))
    .filter((part) => part.node.kind === 'map')
}

const moduleGroupSettings = settingTable('Scaling', { capacity: capacityType })

/** Spellings of the module's versions. */
const leastKeys = ['min_size', 'min_capacity', 'asg_min_size'] as const
const mostKeys = ['max_size', 'max_capacity', 'asg_max_size'] as const
const initialKeys = ['desired_size', 'desired_capacity', 'asg_desired_capacity'] as const

/** `defaults`: what holds for every group that does not say otherwise. */
function readGroup(
  block: Block,
  defaults: Block | null,
  managed: boolean,
  beside: number,
  alone: boolean,
): void {
  const given = <T>(read: (source: Block) => Given<T>): Given<T> =>
    defaults === null ? read(block) : firstGiven(read(block), read(defaults))
  const keyed = (first: string, ...others: string[]): string =>
    [first, ...others].find((key) => block.has(key) || defaults?.has(key) === true) ?? first
  const pool = startPool(block, block.has('node_group_name') ? 'node_group_name' : 'name', {
    kind: 'node group',
    provider: 'aws',
    words: block.words('name', 'node_group_name', 'labels', 'k8s_labels', 'tags'),
  })
  const typeKey = managed ? keyed('instance_types', 'instance_type') : 'instance_type'
  const type = given((source) => firstText(source, typeKey))
  claimPoolMachine(pool, typeKey, type)
  const leastKey = keyed(...leastKeys)
  const minimum = given((source) => source.number(leastKey))
  // What the module does without it changed between its versions.
  pool.say('minimum', leastKey, minimum)
  const mostKey = keyed(...mostKeys)
  const maximum = given((source) => source.number(mostKey))
  pool.say('maximum', mostKey, maximum)
  claimFixed(pool, mostKey, minimum, maximum)
  const initialKey = keyed(...initialKeys)
  pool.say(
    'initial',
    initialKey,
    given((source) => source.number(initialKey)),
  )
  claimSchedule(pool, block, minimum)
  if (isReserved(block))
    pool.known('capacity', 'capacity_reservation_specification', 'reserved', block.header)
  else if (managed)
    moduleGroupSettings.claim(pool, {
      get: (...path) => given((source) => source.get(...path)),
      set: block.set,
    })
  else if (block.holds('instance_market_options'))
    pool.known('capacity', 'instance_market_options', 'spot', block.header)
  // Nodes that register themselves take their taints from a script.
  if (managed) claimTaints(pool, block, 'taints', (block.at('taints') ?? defaults?.at('taints'))?.node)
  claimNodeLabels(pool, block, ['labels'], {
    // The module adds a suffix of its own to the name.
    'eks.amazonaws.com/capacityType': managed ? effective(block.text('capacity_type')) : undefined,
    'node.kubernetes.io/instance-type': onlyType(block, typeKey, type),
  })
  pool.known('otherPools', 'eks_managed_node_groups', beside, block.header)
  if (alone) pool.known('onlyPool', 'eks_managed_node_groups', true, block.header)
}

export const autoScalingGroupSettings = settingTable('Scaling', {
  minimum: { keys: ['min_size'], parse: asQuotedNumber },
  maximum: { keys: ['max_size'], parse: asQuotedNumber },
})

export function readAutoScalingGroup(block: Block): void {
  const pool = startPool(block, 'name', {
    kind: 'Auto Scaling group',
    provider: 'aws',
    words: block.words('name', 'tag', 'tags'),
  })
  const mixed = 'mixed_instances_policy'
  const specification = [mixed, 0, 'launch_template', 0, 'launch_template_specification', 0]
  const template = templateOf(
    block,
    ['launch_template', 0, 'id'],
    ['launch_template', 0, 'name'],
    [...specification, 'launch_template_id'],
    ['launch_configuration'],
  )
  const type = template?.text('instance_type') ?? unreadable(block.absent('instance_type'), 'launch_template')
  claimPoolMachine(pool, 'instance_type', type)
  autoScalingGroupSettings.claim(pool, block)
  const minimum = block.number('min_size')
  claimFixed(pool, 'max_size', minimum, block.number('max_size'))
  claimSchedule(pool, block, minimum)
  if (isReserved(template))
    pool.known('capacity', 'capacity_reservation_specification', 'reserved', block.header)
  else if (block.has(mixed, 0)) pool.unknown('capacity', mixed, 'a mixture', block.header)
  else if (template?.holds('instance_market_options') === true || template?.holds('spot_price') === true)
    pool.known('capacity', 'instance_market_options', 'spot', block.header)
  else if (template !== null) pool.default('capacity', 'instance_market_options', 'on-demand', block.header)
  const kept = 'protect_from_scale_in'
  // A capacity provider of ECS needs the protection and lifts it where nothing runs.
  const byEcs = block.module.scope.declared.resourceTypes.has('aws_ecs_capacity_provider')
  if (!byEcs)
    pool.say(
      'blockedBy',
      kept,
      derived(block.boolean(kept), (on) => (on ? `\`${kept} = true\`` : undefined)),
    )
}

const batchCapacities = new Map([
  ['spot', 'spot' as const],
  ['ec2', 'on-demand' as const],
])

export const batchSettings = settingTable('Scaling', {
  capacity: { keys: [['compute_resources', 0, 'type']], parse: asWord(batchCapacities) },
})

/** `aws_batch_compute_environment`: vCPUs rather than machines. */
export function readBatchEnvironment(block: Block): void {
  const resources = block.inside('compute_resources', 0)
  if (resources === null) return
  const pool = startPool(block, 'compute_environment_name', {
    kind: 'Batch compute environment',
    provider: 'aws',
    words: [...block.words('compute_environment_name', 'name', 'tags'), 'batch'],
  })
  const types = resources.at('instance_type')?.node
  if (types?.kind !== 'list') return
  const all = types.items.map((_, index) => resources.text('instance_type', index))
  const least = { key: 'min_vcpus', least: resources.number('min_vcpus') }
  if (!claimAnyOf(pool, 'instance_type', all, least)) return
  batchSettings.claim(pool, block)
}
