/**
 * Machines and pools of the smaller clouds, whose resources say a machine type and a number. Sources: the documentation of the
 * providers exoscale 0.62, ovh 1.6, openstack 3, scaleway 2, digitalocean 2, lambdalabs 0.1, vultr 2, oci 6, linode 2,
 * ibm 1, crusoe 0.5, hyperstack 1, nebius 0.5, yandex 0.130, runpod 1.
 */
import { gpu } from '../../catalog/gpus.js'
import { lookUp } from '../../text/records.js'
import { convert, derived, firstGiven, orDefault } from '../../values/operations.js'
import type { Key } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import { claimFixed, claimPoolMachine, isAcceleratedType, type Pool } from '../pool-claims.js'
import type { Block } from './block.js'
import { claimMachineUse } from './machine-use.js'
import { startPool } from './pool-claims.js'

/** Resources that are one machine, with the key of its type. */
const machines: Record<string, Key[]> = {
  exoscale_compute_instance: ['type'],
  exoscale_compute: ['size'],
  ovh_cloud_project_instance: ['flavor', 0, 'flavor_name'],
  openstack_compute_instance_v2: ['flavor_name'],
  scaleway_instance_server: ['type'],
  digitalocean_droplet: ['size'],
  lambdalabs_instance: ['instance_type_name'],
  lambda_instance: ['instance_type_name'],
  vultr_instance: ['plan'],
  oci_core_instance: ['shape'],
  linode_instance: ['type'],
  ibm_is_instance: ['profile'],
  crusoe_compute_instance: ['type'],
  hyperstack_core_virtual_machine: ['flavor_name'],
}

interface PoolKeys {
  type: Key[]
  count: Key[]
  /** Where the pool can change its size by itself: the switch, if there is one, and the bounds. */
  scaled?: { by?: Key[]; minimum: Key[]; maximum: Key[] }
}

const pools: Record<string, PoolKeys> = {
  exoscale_sks_nodepool: { type: ['instance_type'], count: ['size'] },
  exoscale_instance_pool: { type: ['instance_type'], count: ['size'] },
  ovh_cloud_project_kube_nodepool: {
    type: ['flavor_name'],
    count: ['desired_nodes'],
    scaled: { minimum: ['min_nodes'], maximum: ['max_nodes'] },
  },
  scaleway_k8s_pool: {
    type: ['node_type'],
    count: ['size'],
    scaled: { by: ['autoscaling'], minimum: ['min_size'], maximum: ['max_size'] },
  },
  digitalocean_kubernetes_node_pool: {
    type: ['size'],
    count: ['node_count'],
    scaled: { by: ['auto_scale'], minimum: ['min_nodes'], maximum: ['max_nodes'] },
  },
  vultr_kubernetes_node_pools: {
    type: ['plan'],
    count: ['node_quantity'],
    scaled: { by: ['auto_scaler'], minimum: ['min_nodes'], maximum: ['max_nodes'] },
  },
  oci_containerengine_node_pool: { type: ['node_shape'], count: ['node_config_details', 0, 'size'] },
  linode_lke_node_pool: {
    type: ['type'],
    count: ['node_count'],
    scaled: { by: ['autoscaler'], minimum: ['autoscaler', 0, 'min'], maximum: ['autoscaler', 0, 'max'] },
  },
  ibm_container_vpc_worker_pool: { type: ['flavor'], count: ['worker_count'] },
}

/** Clusters that describe their first pool inside of themselves. */
const clusters: Record<string, { pool: Key[]; as: string }> = {
  digitalocean_kubernetes_cluster: { pool: ['node_pool', 0], as: 'digitalocean_kubernetes_node_pool' },
  vultr_kubernetes: { pool: ['node_pools', 0], as: 'vultr_kubernetes_node_pools' },
  linode_lke_cluster: { pool: ['pool', 0], as: 'linode_lke_node_pool' },
}

/** Machines whose accelerators are told apart from their type. */
const described: Record<string, (block: Block) => void> = {
  nebius_compute_v1_instance: (block) =>
    readDescribed(block, {
      model: derived(block.text('resources', 'platform'), cardOfPlatform),
      count: convert(block.text('resources', 'preset'), cardsOfPreset),
      key: 'preset',
    }),
  yandex_compute_instance: (block) =>
    readDescribed(block, {
      model: derived(block.text('platform_id'), (name) => lookUp(yandex, name)),
      count: block.number('resources', 0, 'gpus'),
      key: 'gpus',
    }),
  runpod_pod: (block) =>
    readDescribed(block, {
      model: derived(
        firstGiven(block.text('gpu_type_ids', 0), block.text('gpu_type_id')),
        (name) => gpu(name)?.name,
      ),
      count: orDefault(block.number('gpu_count'), 1),
      key: 'gpu_count',
    }),
}

/** Pools whose accelerators are told apart from their type. */
const describedPools: Record<string, (block: Block) => void> = { nebius_mk8s_v1_node_group: readNebiusPool }

const yandex: Record<string, string> = {
  'gpu-standard-v1': 'V100',
  'gpu-standard-v2': 'V100',
  'gpu-standard-v3': 'A100-80GB',
}

export const otherCloudTypes = [machines, pools, clusters, described, describedPools].flatMap((one) =>
  Object.keys(one),
)

/** Reads a resource of one of these clouds; nothing where it holds no accelerators. */
export function readOtherCloud(type: string, block: Block): void {
  const key = lookUp(machines, type)
  if (key !== undefined) readMachine(block, key)
  const pool = lookUp(pools, type)
  if (pool !== undefined) readPool(block, pool)
  const cluster = lookUp(clusters, type)
  const first = cluster === undefined ? null : block.inside(...cluster.pool)
  if (cluster !== undefined && first !== null) readPool(first, lookUp(pools, cluster.as)!)
  lookUp(described, type)?.(block)
  lookUp(describedPools, type)?.(block)
}

function readMachine(block: Block, key: Key[]): void {
  const type = block.text(...key)
  if (!isAcceleratedType(effective(type) ?? '')) return
  claimMachineUse(block, 'other', { type: { key: String(key.at(-1)), value: type } })
}

function readDescribed(
  block: Block,
  { model, count, key }: { model: Given<string>; count: Given<number>; key: string },
): void {
  if (!((effective(count) ?? 0) > 0)) return
  claimMachineUse(block, 'other', { gpus: { key, value: count }, model: { key, value: model } })
}

/** `gpu-h100-sxm` */
function cardOfPlatform(name: string): string | undefined {
  return gpu(name.replace(/^gpu-/, '').replace(/-[a-z]$/, ''))?.name
}

/** `8gpu-128vcpu-1600gb` */
function cardsOfPreset(name: string): number | undefined {
  const count = /^(\d+)gpu-/.exec(name)?.[1]
  return count === undefined ? undefined : Number(count)
}

function readPool(block: Block, { type: typeKey, count, scaled }: PoolKeys): void {
  const type = block.text(...typeKey)
  if (!isAcceleratedType(effective(type) ?? '')) return
  const pool = startPool(block, 'name', {
    kind: 'node pool',
    provider: 'other',
    words: block.words('name', 'tags', 'labels', 'taints'),
  })
  claimPoolMachine(pool, String(typeKey.at(-1)), type)
  if (scaled !== undefined && scales(block, scaled.by, scaled.minimum)) {
    const [low, high] = [block.number(...scaled.minimum), block.number(...scaled.maximum)]
    pool.say('minimum', String(scaled.minimum.at(-1)), low)
    claimFixed(pool, String(scaled.maximum.at(-1)), low, high)
  } else claimSize(pool, block, count)
}

/** Managed Kubernetes of Nebius: a fixed number of machines, or autoscaling between two. */
function readNebiusPool(block: Block): void {
  const resources: Key[] = ['template', 'resources']
  const count = convert(block.text(...resources, 'preset'), cardsOfPreset)
  if (!((effective(count) ?? 0) > 0)) return
  const pool = startPool(block, 'name', {
    kind: 'node pool',
    provider: 'other',
    words: block.words('name', 'labels'),
  })
  pool.say('gpus', 'preset', count)
  pool.say('gpuModel', 'platform', derived(block.text(...resources, 'platform'), cardOfPlatform))
  if (block.has('autoscaling')) {
    const [low, high] = [
      block.number('autoscaling', 'min_node_count'),
      block.number('autoscaling', 'max_node_count'),
    ]
    pool.say('minimum', 'min_node_count', low)
    claimFixed(pool, 'max_node_count', low, high)
  } else claimSize(pool, block, ['fixed_node_count'])
}

function scales(block: Block, by: Key[] | undefined, minimum: Key[]): boolean {
  if (by === undefined) return block.has(...minimum)
  return block.has(...by) && effective(block.boolean(...by)) !== false
}

/** A number of machines that nothing changes. */
function claimSize(pool: Pool, block: Block, key: Key[]): void {
  const size = block.number(...key)
  const reason = "turn on the pool's autoscaling, or let a schedule change its size"
  pool.say('minimum', String(key.at(-1)), {
    ...size,
    site: { ...size.site, target: { kind: 'refused', reason } },
  })
  pool.known('fixed', String(key.at(-1)), true, block.header)
}
