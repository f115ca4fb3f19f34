/**
 * Pools of machines on AWS: EKS node groups (also those of the module terraform-aws-modules/eks), Auto Scaling groups,
 * environments of AWS Batch. Defaults: provider hashicorp/aws 5, module eks 18 to 21.
 */

import { instance } from '../../catalog/instances.js'
import { entries, items, map, text } from '../../config/access.js'
import type { HclValue } from '../../config/hcl-scope.js'
import { lookUp } from '../../text/records.js'
import { claimPoolMachine, type Pool } from '../pool-claims.js'
import { Block, type Module, type Said } from './block.js'
import {
  absentPlace,
  claimMachineOf,
  claimNodeLabels,
  claimSaid,
  firstText,
  knownText,
  same,
  startPool,
} from './pool-claims.js'
import { claimSchedule } from './schedules.js'

const capacities: Record<string, 'on-demand' | 'spot' | 'reserved'> = {
  ON_DEMAND: 'on-demand',
  SPOT: 'spot',
  CAPACITY_BLOCK: 'reserved',
}

export function readNodeGroup(block: Block, poolsBeside: number): void {
  const pool = startPool(block, {
    kind: 'node group',
    provider: 'aws',
    name: nameOf(block, 'node_group_name'),
    words: block.words('node_group_name', 'labels', 'tags', 'taint'),
  })
  const template = templateOf(
    block,
    block.get('launch_template', 0, 'id') ?? block.get('launch_template', 0, 'name'),
  )
  const own = firstText(block, 'instance_types')
  const type = own.state === 'absent' && template !== null ? template.text('instance_type') : own
  // A type that the template may give and that cannot be read.
  const unseen = own.state === 'absent' && template === null && block.has('launch_template')
  claimMachineOf(
    pool,
    block,
    'instance_types',
    unseen ? { state: 'unknown', because: 'launch_template', at: null } : type,
  )
  claimSaid(pool, block, 'minimum', 'min_size', block.number('scaling_config', 0, 'min_size'), same)
  claimMaximum(pool, block, block.number('scaling_config', 0, 'max_size'), 'max_size')
  claimFixed(pool, block, ['scaling_config', 0, 'min_size'], ['scaling_config', 0, 'max_size'])
  claimSchedule(pool, block, sizeOf(block.number('scaling_config', 0, 'min_size')))
  claimCapacity(pool, block, template)
  claimTaintBlocks(pool, block)
  claimNodeLabels(pool, block, ['labels'], {
    'eks.amazonaws.com/nodegroup': knownText(block.text('node_group_name')),
    'eks.amazonaws.com/capacityType': knownText(block.text('capacity_type')),
    'node.kubernetes.io/instance-type': onlyType(block, 'instance_types', type),
  })
  pool.known('otherPools', 'aws_eks_node_group', poolsBeside, block.header)
}

/** The type of all machines of a group; undefined where it may take one of several. */
function onlyType(block: Block, key: string, type: Said<string>): string | undefined {
  return items(block.get(key)?.node).length > 1 ? undefined : knownText(type)
}

function nameOf(block: Block, key: string): string {
  const said = block.text(key)
  return said.state === 'known' ? said.value : block.name
}

function claimMaximum(pool: Pool, block: Block, said: Said<number>, key: string): void {
  claimSaid(pool, block, 'maximum', key, said, same)
}

function claimFixed(
  pool: Pool,
  block: Block,
  minimum: (string | number)[],
  maximum: (string | number)[],
): void {
  const [low, high] = [block.number(...minimum), block.number(...maximum)]
  if (low.state === 'known' && high.state === 'known')
    pool.known('fixed', String(maximum.at(-1)), low.value === high.value, block.header)
}

function sizeOf(said: Said<number>): number | null {
  return said.state === 'known' ? said.value : null
}

/** The launch template of the module that a reference names. */
function templateOf(block: Block, reference: ReturnType<Block['get']>): Block | null {
  const found = block.module.scope.referred(reference?.node)
  const type = map(found?.node)?.labels?.[0]
  return found === undefined || (type !== 'aws_launch_template' && type !== 'aws_launch_configuration')
    ? null
    : new Block(block.module, found, map(found.node)?.labels?.[1] ?? '', block.header)
}

function isReserved(block: Block | null): boolean {
  if (block === null) return false
  const market = block.text('instance_market_options', 0, 'market_type')
  const inMap = block.text('instance_market_options', 'market_type')
  return (
    block.has('capacity_reservation_specification') ||
    (market.state === 'known' && market.value === 'capacity-block') ||
    (inMap.state === 'known' && inMap.value === 'capacity-block')
  )
}

function claimCapacity(pool: Pool, block: Block, template: Block | null): void {
  const key = 'capacity_type'
  if (isReserved(block) || isReserved(template))
    pool.known('capacity', 'capacity_reservation_specification', 'reserved', block.header)
  else if (template?.has('instance_market_options') === true)
    pool.known('capacity', 'market_type', 'spot', block.header)
  else
    claimSaid(
      pool,
      block,
      'capacity',
      key,
      block.text(key),
      (value) => lookUp(capacities, value.toUpperCase()),
      'on-demand',
    )
}

function claimTaintBlocks(pool: Pool, block: Block): void {
  const taints = block.get('taint')
  if (taints === undefined || taints.node.kind !== 'list') {
    claimSaid(pool, block, 'taints', 'taint', { state: 'absent' } as Said<string[]>, same, [])
    return
  }
  const keys = items(taints.node).map(
    (one) => text(entries(one).find((each) => each.key === 'key')?.value) ?? '?',
  )
  pool.known('taints', 'taint', keys, block.header)
}

/** `eks_managed_node_groups = { gpu = { … } }`: an entry for each group, with defaults beside. */
export function readModuleGroups(module: Module, call: Block): void {
  for (const [key, defaultsKey] of [
    ['eks_managed_node_groups', 'eks_managed_node_group_defaults'],
    ['self_managed_node_groups', 'self_managed_node_group_defaults'],
  ] as const) {
    const defaults = call.get(defaultsKey)
    const maps = mapsOf(module, call.get(key))
    const count = maps.reduce((sum, groups) => sum + entries(groups.node).length, 0)
    for (const groups of maps) {
      for (const one of entries(groups.node)) {
        const inner = module.scope.resolve({ ...groups, node: one.value })
        if (inner.node.kind !== 'map') continue
        // An entry that refers to another file is shown where the map says its name.
        const header =
          inner.path === groups.path
            ? { start: one.keyStart, end: one.keyEnd }
            : { start: inner.node.start, end: inner.node.start + 1 }
        const block = new Block(module, inner, one.key, header)
        readGroup(
          block,
          call,
          defaultsKey,
          defaults !== undefined,
          key === 'eks_managed_node_groups',
          count - 1,
        )
      }
    }
  }
}

/** The maps that make up a value: those that `merge` takes from several files stay apart. */
function mapsOf(module: Module, value: HclValue | undefined): HclValue[] {
  if (value === undefined) return []
  const { node } = value
  if (node.kind === 'map') return [value]
  const parts = node.kind === 'unknown' ? (node.merged ?? []) : []
  return parts
    .map((part) => module.scope.resolve({ ...value, node: part }))
    .filter((part) => part.node.kind === 'map')
}

function readGroup(
  block: Block,
  call: Block,
  defaultsKey: string,
  hasDefaults: boolean,
  managed: boolean,
  beside: number,
): void {
  /** The group's own value, else that of the defaults of all groups. */
  const said = <T>(own: Said<T>, common: () => Said<T>): Said<T> =>
    own.state !== 'absent' || !hasDefaults ? own : common()
  const name = block.text('name')
  const pool = startPool(block, {
    kind: 'node group',
    provider: 'aws',
    name: name.state === 'known' ? name.value : block.name,
    words: block.words('name', 'labels', 'tags'),
  })
  const typeKey = managed ? 'instance_types' : 'instance_type'
  const type = said(firstText(block, typeKey), () => firstText(call, defaultsKey, typeKey))
  claimMachineOf(pool, block, typeKey, type)
  const minimum = said(block.number('min_size'), () => call.number(defaultsKey, 'min_size'))
  // What the module does without it changed between its versions.
  claimSaid(pool, block, 'minimum', 'min_size', minimum, same)
  claimMaximum(
    pool,
    block,
    said(block.number('max_size'), () => call.number(defaultsKey, 'max_size')),
    'max_size',
  )
  claimFixed(pool, block, ['min_size'], ['max_size'])
  claimSchedule(pool, block, sizeOf(minimum))
  if (isReserved(block))
    pool.known('capacity', 'capacity_reservation_specification', 'reserved', block.header)
  else if (managed)
    claimSaid(
      pool,
      block,
      'capacity',
      'capacity_type',
      said(block.text('capacity_type'), () => call.text(defaultsKey, 'capacity_type')),
      (value) => lookUp(capacities, value.toUpperCase()),
      'on-demand',
    )
  else if (block.has('instance_market_options'))
    pool.known('capacity', 'instance_market_options', 'spot', block.header)
  const taints = block.get('taints') ?? (hasDefaults ? call.get(defaultsKey, 'taints') : undefined)
  if (!managed) {
    // Nodes that register themselves take their taints from a script.
  } else if (taints === undefined)
    claimSaid(pool, block, 'taints', 'taints', { state: 'absent' } as Said<string[]>, same, [])
  else if (taints.node.kind === 'unknown')
    pool.unknown('taints', 'taints', taints.node.because, block.header, absentPlace(block).options)
  else {
    const list = taints.node.kind === 'map' ? taints.node.entries.map((one) => one.value) : items(taints.node)
    const keys = list.map((one) => text(entries(one).find((each) => each.key === 'key')?.value) ?? '?')
    if (keys.length > 0) pool.known('taints', 'taints', keys, block.header)
    else pool.known('taints', 'taints', [], block.header, absentPlace(block, 'taints').options)
  }
  claimNodeLabels(pool, block, ['labels'], {
    // The module adds a suffix of its own to the name.
    'eks.amazonaws.com/capacityType': managed ? knownText(block.text('capacity_type')) : undefined,
    'node.kubernetes.io/instance-type': onlyType(block, typeKey, type),
  })
  pool.known('otherPools', 'eks_managed_node_groups', beside, block.header)
}

export function readAutoScalingGroup(block: Block): void {
  const pool = startPool(block, {
    kind: 'Auto Scaling group',
    provider: 'aws',
    name: nameOf(block, 'name'),
    words: block.words('name', 'tag', 'tags'),
  })
  const mixed = block.get('mixed_instances_policy', 0)
  const template =
    templateOf(block, block.get('launch_template', 0, 'id') ?? block.get('launch_template', 0, 'name')) ??
    templateOf(
      block,
      block.get(
        'mixed_instances_policy',
        0,
        'launch_template',
        0,
        'launch_template_specification',
        0,
        'launch_template_id',
      ),
    ) ??
    templateOf(block, block.get('launch_configuration'))
  claimMachineOf(
    pool,
    block,
    'instance_type',
    template?.text('instance_type') ?? { state: 'unknown', because: 'launch_template', at: null },
  )
  claimSaid(pool, block, 'minimum', 'min_size', block.number('min_size'), same)
  claimMaximum(pool, block, block.number('max_size'), 'max_size')
  claimFixed(pool, block, ['min_size'], ['max_size'])
  claimSchedule(pool, block, sizeOf(block.number('min_size')))
  if (isReserved(template))
    pool.known('capacity', 'capacity_reservation_specification', 'reserved', block.header)
  else if (mixed !== undefined) pool.unknown('capacity', 'mixed_instances_policy', 'a mixture', block.header)
  else if (template?.has('instance_market_options') === true || template?.has('spot_price') === true)
    pool.known('capacity', 'instance_market_options', 'spot', block.header)
  else if (template !== null) pool.default('capacity', 'instance_market_options', 'on-demand', block.header)
  const kept = block.boolean('protect_from_scale_in')
  // A capacity provider of ECS needs the protection and lifts it where nothing runs.
  const byEcs = [...block.module.scope.allResources()].some((one) => one.type === 'aws_ecs_capacity_provider')
  if (kept.state === 'known' && kept.value && !byEcs) {
    const { place, options } = block.module.placed(kept.at)
    pool.known('blockedBy', 'protect_from_scale_in', '`protect_from_scale_in = true`', place, options)
  }
}

/** `aws_batch_compute_environment`: vCPUs rather than machines. */
export function readBatchEnvironment(block: Block): void {
  const resources = block.get('compute_resources', 0)
  if (resources === undefined) return
  const pool = startPool(block, {
    kind: 'Batch compute environment',
    provider: 'aws',
    name: nameOf(block, 'compute_environment_name'),
    words: [...block.words('compute_environment_name', 'name', 'tags'), 'batch'],
  })
  const types = block.get('compute_resources', 0, 'instance_type')
  const type = firstText(block, 'compute_resources', 0, 'instance_type')
  // Several types: how many vCPUs one machine has is not known.
  const one = types?.node.kind === 'list' && types.node.items.length === 1 && type.state === 'known'
  if (!one || type.state !== 'known') return
  const { place, options } = block.module.placed(type.at)
  claimPoolMachine(pool, 'instance_type', type.value, place, options)
  const cpus = instance(type.value)?.vcpus
  if (cpus !== undefined)
    claimSaid(
      pool,
      block,
      'minimum',
      'min_vcpus',
      block.number('compute_resources', 0, 'min_vcpus'),
      (value) => Math.ceil(value / cpus),
    )
  claimSaid(pool, block, 'capacity', 'type', block.text('compute_resources', 0, 'type'), (value) =>
    value === 'SPOT' ? 'spot' : value === 'EC2' ? 'on-demand' : undefined,
  )
}
