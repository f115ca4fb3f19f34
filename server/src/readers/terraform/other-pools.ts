/** Pools on Azure (AKS, Azure Machine Learning) and Databricks. Defaults: providers azurerm 4 and databricks 1. */
import { items, text } from '../../config/access.js'
import type { Place } from '../../workload/builder.js'
import { isAcceleratedType } from '../pool-claims.js'
import { Block } from './block.js'
import { firstPool } from './change.js'
import {
  absentPlace,
  claimMachineOf,
  claimNodeLabels,
  claimSaid,
  knownText,
  same,
  startPool,
} from './pool-claims.js'

export function readAksPool(block: Block, poolsBeside: number): void {
  const name = block.text('name')
  const pool = startPool(block, {
    kind: 'node pool',
    provider: 'azure',
    name: name.state === 'known' ? name.value : block.name,
    words: block.words('name', 'node_labels', 'node_taints', 'tags'),
  })
  claimMachineOf(pool, block, 'vm_size', block.text('vm_size'))
  const scales = block.first(block.boolean('auto_scaling_enabled'), block.boolean('enable_auto_scaling'))
  if (scales.state === 'unknown') pool.unknown('minimum', 'min_count', scales.because, block.header)
  else if (scales.state === 'known' && scales.value) {
    claimSaid(pool, block, 'minimum', 'min_count', block.number('min_count'), same)
    claimSaid(pool, block, 'maximum', 'max_count', block.number('max_count'), same)
    const [low, high] = [block.number('min_count'), block.number('max_count')]
    if (low.state === 'known' && high.state === 'known')
      pool.known('fixed', 'max_count', low.value === high.value, block.header)
  } else {
    claimSaid(pool, block, 'minimum', 'node_count', block.number('node_count'), same)
    pool.known('fixed', 'node_count', true, block.header)
  }
  if (block.has('capacity_reservation_group_id'))
    pool.known('capacity', 'capacity_reservation_group_id', 'reserved', block.header)
  else
    claimSaid(
      pool,
      block,
      'capacity',
      'priority',
      block.text('priority'),
      (value) => (value === 'Spot' ? 'spot' : value === 'Regular' ? 'on-demand' : undefined),
      'on-demand',
    )
  const taints = block.get('node_taints')
  if (taints === undefined) {
    // Azure taints spot pools by itself.
    const { place, options } = absentPlace(block, 'node_taints')
    pool.default('taints', 'node_taints', [], place, options)
  } else if (taints.node.kind === 'list') {
    const keys = items(taints.node).map((one) => text(one)?.split('=')[0] ?? '?')
    pool.known('taints', 'node_taints', keys, block.header, absentPlace(block, 'node_taints').options)
  } else pool.unknown('taints', 'node_taints', 'a reference', block.header)
  const poolLabel = knownText(name)
  const spot = knownText(block.text('priority'))?.toLowerCase() === 'spot'
  claimNodeLabels(pool, block, ['node_labels'], {
    agentpool: poolLabel,
    'kubernetes.azure.com/agentpool': poolLabel,
    'kubernetes.azure.com/scalesetpriority': spot ? 'spot' : undefined,
    'node.kubernetes.io/instance-type': knownText(block.text('vm_size')),
  })
  // The cluster's own default pool is always beside it.
  pool.known('otherPools', 'default_node_pool', poolsBeside + 1, block.header)
}

/** The first pool of a cluster, which keeps a machine at least: accelerators in it are never given back. */
export function readAksCluster(cluster: Block): void {
  const inner = cluster.get('default_node_pool', 0)
  if (inner === undefined) return
  const block = new Block(cluster.module, inner, cluster.name, cluster.header)
  const type = block.text('vm_size')
  if (type.state !== 'known' || !isAcceleratedType(type.value)) return
  const name = block.text('name')
  const pool = startPool(block, {
    kind: 'node pool',
    provider: 'azure',
    name: name.state === 'known' ? name.value : block.name,
    words: block.words('name', 'node_labels', 'tags'),
  })
  claimMachineOf(pool, block, 'vm_size', type)
  const scales = block.first(block.boolean('auto_scaling_enabled'), block.boolean('enable_auto_scaling'))
  if (scales.state === 'unknown') return
  const key = scales.state === 'known' && scales.value ? 'min_count' : 'node_count'
  const count = block.number(key)
  if (count.state !== 'known') return
  const { place, options } = block.module.placed(count.at)
  const site: Place = { ...(options.site ?? place), anchor: firstPool }
  pool.known('minimum', key, count.value, place, { ...options, site })
  pool.known('fixed', key, key === 'node_count', block.header)
}

/** `PT30M`, `PT2H`, `P1D` in seconds. */
export function isoDuration(value: string): number | undefined {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(value.trim())
  if (match === null || value.trim().length < 3) return undefined
  const [days, hours, minutes, seconds] = match.slice(1).map((one) => Number(one ?? 0))
  return ((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!
}

export function readAzureMlCluster(block: Block): void {
  const name = block.text('name')
  const pool = startPool(block, {
    kind: 'compute cluster',
    provider: 'azure',
    name: name.state === 'known' ? name.value : block.name,
    words: [...block.words('name', 'tags', 'description'), 'training'],
  })
  claimMachineOf(pool, block, 'vm_size', block.text('vm_size'))
  const low = block.number('scale_settings', 0, 'min_node_count')
  const high = block.number('scale_settings', 0, 'max_node_count')
  claimSaid(pool, block, 'minimum', 'min_node_count', low, same)
  claimSaid(pool, block, 'maximum', 'max_node_count', high, same)
  if (low.state === 'known' && high.state === 'known')
    pool.known('fixed', 'max_node_count', low.value === high.value, block.header)
  const key = 'scale_down_nodes_after_idle_duration'
  claimSaid(pool, block, 'idleDelay', key, block.text('scale_settings', 0, key), isoDuration)
  claimSaid(pool, block, 'capacity', 'vm_priority', block.text('vm_priority'), (value) =>
    value === 'LowPriority' ? 'spot' : value === 'Dedicated' ? 'on-demand' : undefined,
  )
}

export function readDatabricksPool(block: Block): void {
  const name = block.text('instance_pool_name')
  const pool = startPool(block, {
    kind: 'instance pool',
    provider: 'other',
    name: name.state === 'known' ? name.value : block.name,
    words: block.words('instance_pool_name', 'custom_tags'),
  })
  claimMachineOf(pool, block, 'node_type_id', block.text('node_type_id'))
  claimSaid(pool, block, 'minimum', 'min_idle_instances', block.number('min_idle_instances'), same, 0)
  claimSaid(
    pool,
    block,
    'idleDelay',
    'idle_instance_autotermination_minutes',
    block.number('idle_instance_autotermination_minutes'),
    (minutes) => minutes * 60,
  )
}
