/** Node pools of Google Kubernetes Engine. Defaults: provider hashicorp/google 6, module kubernetes-engine (cluster.tf: it scales, from 1). */
import { gpu } from '../../catalog/gpus.js'
import { instance } from '../../catalog/instances.js'
import { items, number, text } from '../../config/access.js'
import { claimPoolMachine, type Pool } from '../pool-claims.js'
import { Block, type Module, type Said } from './block.js'
import { absentPlace, claimNodeLabels, claimSaid, knownText, same, startPool } from './pool-claims.js'

export function readNodePool(block: Block): void {
  const said = block.text('name')
  const pool = startPool(block, {
    kind: 'node pool',
    provider: 'gcp',
    name: said.state === 'known' ? said.value : block.name,
    words: block.words('name', 'node_config'),
  })
  claimMachine(pool, block)
  const autoscaling = block.get('autoscaling', 0)
  if (autoscaling !== undefined) {
    // `dynamic "autoscaling"` may not be there at all.
    const least = block.first(
      block.number('autoscaling', 0, 'total_min_node_count'),
      block.number('autoscaling', 0, 'min_node_count'),
    )
    const total = block.number('autoscaling', 0, 'total_min_node_count').state !== 'absent'
    claimSaid(pool, block, 'minimum', total ? 'total_min_node_count' : 'min_node_count', least, same, 0)
    const most = block.first(
      block.number('autoscaling', 0, 'total_max_node_count'),
      block.number('autoscaling', 0, 'max_node_count'),
    )
    claimSaid(pool, block, 'maximum', 'max_node_count', most, same)
    if (least.state === 'known' && most.state === 'known')
      pool.known('fixed', 'autoscaling', least.value === most.value, block.header)
  } else if (!block.isOpen()) {
    const count = block.first(block.number('node_count'), block.number('initial_node_count'))
    const key = block.has('node_count') ? 'node_count' : 'initial_node_count'
    claimSaid(pool, block, 'minimum', key, count, same)
    pool.known('fixed', key, true, block.header)
  }
  claimCapacity(pool, block)
  const spot = block.boolean('node_config', 0, 'spot')
  claimNodeLabels(pool, block, ['node_config', 0, 'labels'], {
    'cloud.google.com/gke-nodepool': knownText(said),
    'cloud.google.com/gke-accelerator': knownText(
      block.text('node_config', 0, 'guest_accelerator', 0, 'type'),
    ),
    'cloud.google.com/gke-spot': spot.state === 'known' && spot.value ? 'true' : undefined,
    'node.kubernetes.io/instance-type': knownText(block.text('node_config', 0, 'machine_type')),
  })
  // GKE taints pools with accelerators by itself.
}

function claimMachine(pool: Pool, block: Block): void {
  const machine = block.text('node_config', 0, 'machine_type')
  const attached = block.get('node_config', 0, 'guest_accelerator', 0)
  if (machine.state !== 'known') {
    const { place, options } = absentPlace(block)
    pool.unknown(
      'gpus',
      'machine_type',
      machine.state === 'unknown' ? machine.because : 'not given',
      place,
      options,
    )
    return
  }
  const { place, options } = block.module.placed(machine.at)
  if (attached === undefined || (instance(machine.value)?.gpuCount ?? 0) > 0) {
    claimPoolMachine(pool, 'machine_type', machine.value, place, options)
    return
  }
  const count = block.number('node_config', 0, 'guest_accelerator', 0, 'count')
  const type = block.text('node_config', 0, 'guest_accelerator', 0, 'type')
  pool.known('machine', 'machine_type', machine.value, place, options)
  claimSaid(pool, block, 'gpus', 'guest_accelerator', count, same)
  if (type.state === 'known') {
    const model = gpu(type.value)?.name ?? gpu(type.value.replace(/^nvidia-(tesla-)?/, ''))?.name
    if (model !== undefined) pool.known('gpuModel', 'guest_accelerator', model, place, options)
  }
}

function claimCapacity(pool: Pool, block: Block): void {
  const header = absentPlace(block, 'spot')
  const reservation = block.text('node_config', 0, 'reservation_affinity', 0, 'consume_reservation_type')
  const queued = block.get('queued_provisioning') ?? block.get('node_config', 0, 'flex_start')
  if (
    reservation.state !== 'absent' &&
    !(reservation.state === 'known' && reservation.value === 'NO_RESERVATION')
  )
    pool.known('capacity', 'reservation_affinity', 'reserved', block.header)
  else if (queued !== undefined)
    pool.unknown('capacity', 'queued_provisioning', 'it waits for capacity', block.header)
  else {
    const spot = block.first(
      block.boolean('node_config', 0, 'spot'),
      block.boolean('node_config', 0, 'preemptible'),
    )
    if (spot.state === 'absent' && !block.isOpen())
      pool.default('capacity', 'spot', 'on-demand', header.place, header.options)
    else claimSaid(pool, block, 'capacity', 'spot', spot, (value) => (value ? 'spot' : 'on-demand'))
  }
}

/** `node_pools = [{ name = …, machine_type = …, min_count = … }]` of the module terraform-google-modules/kubernetes-engine. */
export function readModulePools(module: Module, call: Block): void {
  const pools = call.get('node_pools')
  for (const item of items(pools?.node)) {
    const inner = module.scope.resolve({ ...pools!, node: item })
    if (inner.node.kind !== 'map') continue
    const nameEntry = inner.node.entries.find((one) => one.key === 'name')
    const header =
      nameEntry === undefined
        ? { start: inner.node.start, end: inner.node.start + 1 }
        : { start: nameEntry.keyStart, end: nameEntry.value.end }
    const block = new Block(module, inner, text(nameEntry?.value) ?? 'pool', header)
    readModulePool(block, call)
  }
}

function readModulePool(block: Block, call: Block): void {
  const machine = block.text('machine_type')
  if (machine.state !== 'known') return
  const pool = startPool(block, {
    kind: 'node pool',
    provider: 'gcp',
    name: block.name,
    words: block.words('name'),
  })
  const { place, options } = block.module.placed(machine.at)
  const accelerated = claimPoolMachine(pool, 'machine_type', machine.value, place, options)
  const count = block.get('accelerator_count')
  const devices = number(count?.node)
  if (!accelerated && devices !== undefined && devices > 0) {
    pool.known('gpus', 'accelerator_count', devices, place, options)
    const type = block.text('accelerator_type')
    const model = type.state === 'known' ? gpu(type.value.replace(/^nvidia-(tesla-)?/, ''))?.name : undefined
    if (model !== undefined) pool.known('gpuModel', 'accelerator_type', model, place, options)
  }
  const scales = block.boolean('autoscaling')
  if (scales.state === 'known' && !scales.value) {
    claimSaid(
      pool,
      block,
      'minimum',
      'node_count',
      block.first(block.number('node_count'), block.number('min_count')),
      same,
    )
    pool.known('fixed', 'autoscaling', true, block.header)
  } else if (scales.state !== 'unknown')
    claimSaid(
      pool,
      block,
      'minimum',
      'min_count',
      block.first(block.number('total_min_count'), block.number('min_count')),
      same,
      1,
    )
  // Labels of its own stand in a list beside (`node_pools_labels`).
  if (!call.has('node_pools_labels'))
    claimNodeLabels(pool, block, ['labels'], {
      'cloud.google.com/gke-nodepool': block.name,
      'cloud.google.com/gke-accelerator': knownText(block.text('accelerator_type')),
      'node.kubernetes.io/instance-type': machine.value,
    })
  const spot: Said<boolean> = block.first(block.boolean('spot'), block.boolean('preemptible'))
  if (block.text('reservation_affinity').state !== 'absent' || block.has('consume_reservation_type'))
    pool.known('capacity', 'consume_reservation_type', 'reserved', block.header)
  else if (!block.has('queued_provisioning') && !block.has('flex_start'))
    claimSaid(pool, block, 'capacity', 'spot', spot, (value) => (value ? 'spot' : 'on-demand'), 'on-demand')
}
