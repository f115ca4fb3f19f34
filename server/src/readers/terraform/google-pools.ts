/** Node pools of Google Kubernetes Engine. Defaults: provider hashicorp/google 6, module kubernetes-engine (cluster.tf: it scales, from 1). */
import { items, text } from '../../config/access.js'
import { convert, derived, firstGiven, orDefault } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { Key } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import { attachedModel } from '../machine-claims.js'
import { claimFixed, claimPoolMachine, type Pool } from '../pool-claims.js'
import { settingTable } from '../setting-table.js'
import { Block, type Module } from './block.js'
import { placeOfModulePool, placeOfPool } from './google-zones.js'
import { claimNodeLabels, claimScaledMinimum, startPool } from './pool-claims.js'

export const scaledNodePoolSettings = settingTable('Scaling', {
  minimum: {
    keys: [
      ['autoscaling', 0, 'min_node_count'],
      ['autoscaling', 0, 'total_min_node_count'],
    ],
    parse: asQuotedNumber,
    otherwise: 0,
  },
  maximum: {
    keys: [
      ['autoscaling', 0, 'max_node_count'],
      ['autoscaling', 0, 'total_max_node_count'],
    ],
    parse: asQuotedNumber,
  },
})

export const fixedNodePoolSettings = settingTable('Scaling', {
  minimum: { keys: ['node_count', 'initial_node_count'], parse: asQuotedNumber },
})

export function readNodePool(block: Block): void {
  const { region, zones } = placeOfPool(block)
  const pool = startPool(block, 'name', {
    kind: 'node pool',
    provider: 'gcp',
    words: block.words('name', 'node_config'),
    ...(region === undefined ? {} : { region }),
  })
  const machine = block.text('node_config', 0, 'machine_type')
  if (!claimPoolMachine(pool, 'machine_type', machine)) claimAttached(pool, block, 'node_config', 0)
  // `dynamic "autoscaling"` may not be there at all.
  if (block.has('autoscaling', 0)) {
    scaledNodePoolSettings.claim(pool, block, {}, ['maximum'])
    const [low, high] = [
      scaledNodePoolSettings.read('minimum', block),
      scaledNodePoolSettings.read('maximum', block),
    ]
    claimScaledMinimum(pool, block, low.key, low.value, {
      count: 'node_count',
      instead: 'put initial_node_count in its place',
      shared: false,
    })
    claimFixed(
      pool,
      'autoscaling',
      low.value,
      convert(high.value, (most) => most ?? undefined),
    )
  } else if (!block.isOpen()) {
    fixedNodePoolSettings.claim(pool, block)
    pool.known('fixed', 'node_count', true, block.header)
  }
  // A total is that of all zones.
  if (zones !== undefined && !block.has('autoscaling', 0, 'total_min_node_count'))
    pool.known('zones', 'node_locations', zones, block.header)
  claimCapacity(pool, block, 'node_config', 0)
  claimNodeLabels(pool, block, ['node_config', 0, 'labels'], {
    'cloud.google.com/gke-nodepool': effective(block.text('name')),
    'cloud.google.com/gke-accelerator': effective(
      block.text('node_config', 0, 'guest_accelerator', 0, 'type'),
    ),
    'cloud.google.com/gke-spot':
      effective(block.boolean('node_config', 0, 'spot')) === true ? 'true' : undefined,
    'node.kubernetes.io/instance-type': effective(machine),
  })
  // GKE taints pools with accelerators by itself.
}

/** Accelerators that are attached to a machine. `path`: where it is described. */
function claimAttached(pool: Pool, block: Block, ...path: Key[]): void {
  const attached = [...path, 'guest_accelerator', 0]
  pool.say('gpus', 'guest_accelerator', block.number(...attached, 'count'))
  pool.say('gpuModel', 'guest_accelerator', derived(block.text(...attached, 'type'), attachedModel))
}

const spotOf = (block: Block, ...path: Key[]): Given<'spot' | 'on-demand'> =>
  convert(firstGiven(block.boolean(...path, 'spot'), block.boolean(...path, 'preemptible')), (spot) =>
    spot ? 'spot' : 'on-demand',
  )

function claimCapacity(pool: Pool, block: Block, ...path: Key[]): void {
  pool.say('capacity', 'spot', orDefault(spotOf(block, ...path), 'on-demand'))
  const reservation = block.text(...path, 'reservation_affinity', 0, 'consume_reservation_type')
  if (block.has(...path, 'reservation_affinity', 0) && effective(reservation) !== 'NO_RESERVATION')
    pool.known('capacity', 'reservation_affinity', 'reserved', block.header)
  else if (block.has('queued_provisioning') || block.has(...path, 'flex_start'))
    pool.unknown('capacity', 'queued_provisioning', 'it waits for capacity', block.header)
}

/** `node_pools = [{ name = …, machine_type = …, min_count = … }]` of the module terraform-google-modules/kubernetes-engine. */
export function readModulePools(module: Module, call: Block): void {
  const pools = call.at('node_pools')
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

/** Total sizes come first. */
export const modulePoolSettings = settingTable('Scaling', {
  minimum: { keys: ['min_count', 'total_min_count'], parse: asQuotedNumber, otherwise: 1 },
})

const fixedModulePoolSettings = settingTable('Scaling', {
  minimum: { keys: ['node_count', 'min_count'], parse: asQuotedNumber },
})

function readModulePool(block: Block, call: Block): void {
  const pool = startModulePool(block, call)
  if (pool === null) return
  const scales = block.boolean('autoscaling')
  if (effective(scales) === false) {
    fixedModulePoolSettings.claim(pool, block)
    pool.known('fixed', 'autoscaling', true, block.header)
  } else if (scales.state !== 'unknown') modulePoolSettings.claim(pool, block)
  if (block.has('reservation_affinity') || block.holds('consume_reservation_type'))
    pool.known('capacity', 'consume_reservation_type', 'reserved', block.header)
  else if (!block.holds('queued_provisioning') && !block.holds('flex_start'))
    pool.say('capacity', 'spot', orDefault(spotOf(block), 'on-demand'))
}

/** Of a module whose defaults are not known: only what is written counts. */
const foreignPoolSettings = settingTable('Scaling', {
  minimum: { keys: ['min_count', 'min_node_count', 'total_min_count', 'min_size'], parse: asQuotedNumber },
  maximum: { keys: ['max_count', 'max_node_count', 'total_max_count', 'max_size'], parse: asQuotedNumber },
})

/** As the module kubernetes-engine has it, in a call of another one. */
export function readForeignPool(block: Block, call: Block): void {
  const pool = startModulePool(block, call)
  if (pool === null) return
  foreignPoolSettings.claim(pool, block)
  pool.say('capacity', 'spot', spotOf(block))
}

function startModulePool(block: Block, call: Block): Pool | null {
  const machine = block.text('machine_type')
  const name = effective(machine)
  if (name === undefined) return null
  const { region, zones } = placeOfModulePool(block, call)
  const pool = startPool(block, null, {
    kind: 'node pool',
    provider: 'gcp',
    words: block.words('name'),
    ...(region === undefined ? {} : { region }),
  })
  if (zones !== undefined && !block.has('total_min_count'))
    pool.known('zones', 'node_locations', zones, block.header)
  if (!claimPoolMachine(pool, 'machine_type', machine)) {
    const count = block.number('accelerator_count')
    pool.say(
      'gpus',
      'accelerator_count',
      derived(count, (devices) => (devices > 0 ? devices : undefined)),
    )
    pool.say('gpuModel', 'accelerator_type', derived(block.text('accelerator_type'), attachedModel))
  }
  // Labels of its own stand in a list beside (`node_pools_labels`).
  if (!call.holds('node_pools_labels'))
    claimNodeLabels(pool, block, ['labels'], {
      'cloud.google.com/gke-nodepool': block.name,
      'cloud.google.com/gke-accelerator': effective(block.text('accelerator_type')),
      'node.kubernetes.io/instance-type': name,
    })
  return pool
}
