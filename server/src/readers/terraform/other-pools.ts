/** Pools on Azure (AKS, Azure Machine Learning) and Databricks. Defaults: providers azurerm 4 and databricks 1. */
import type { Json } from '../../text/json.js'
import { firstGiven, unreadable } from '../../values/operations.js'
import { asQuotedNumber, asWord } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import { claimFixed, claimPoolMachine, isAcceleratedType } from '../pool-claims.js'
import { settingTable } from '../setting-table.js'
import { readAzapiInstance } from './azure-machines.js'
import { type Block, regionOf } from './block.js'
import { firstPool } from './change.js'
import { claimNodeLabels, claimScaledMinimum, claimTaints, startPool } from './pool-claims.js'

const minimum = { keys: ['min_count'], parse: asQuotedNumber }
const nodeCount = { keys: ['node_count'], parse: asQuotedNumber }

export const scaledAksSettings = settingTable('Scaling', {
  minimum,
  maximum: { keys: ['max_count'], parse: asQuotedNumber },
})
export const fixedAksSettings = settingTable('Scaling', { minimum: nodeCount })
export const aksSettings = settingTable('Scaling', {
  capacity: {
    keys: ['priority'],
    parse: asWord(
      new Map([
        ['spot', 'spot' as const],
        ['regular', 'on-demand' as const],
      ]),
    ),
    otherwise: 'on-demand',
  },
})

const scalesOf = (block: Block) =>
  firstGiven(block.boolean('auto_scaling_enabled'), block.boolean('enable_auto_scaling'))

/** `around`: the call of a module that makes the pool. */
export function readAksPool(block: Block, poolsBeside: number, around?: Block): void {
  const region = around === undefined ? undefined : regionOf(around, 'azure')
  const pool = startPool(block, 'name', {
    kind: 'node pool',
    provider: 'azure',
    words: block.words('name', 'node_labels', 'node_taints', 'tags'),
    ...(region === undefined ? {} : { region }),
  })
  const type = block.text('vm_size')
  claimPoolMachine(pool, 'vm_size', type)
  const scales = scalesOf(block)
  if (scales.state === 'unknown')
    pool.say('minimum', 'min_count', unreadable(block.atHeader(), scales.because))
  else if (effective(scales) === true) {
    scaledAksSettings.claim(pool, block, {}, ['maximum'])
    const { key, value } = scaledAksSettings.read('minimum', block)
    claimScaledMinimum(pool, block, key, value, {
      count: 'node_count',
      instead: 'give that a value of its own',
      shared: true,
    })
    claimFixed(pool, 'max_count', block.number('min_count'), block.number('max_count'))
  } else {
    fixedAksSettings.claim(pool, block)
    pool.known('fixed', 'node_count', true, block.header)
  }
  aksSettings.claim(pool, block)
  if (block.holds('capacity_reservation_group_id'))
    pool.known('capacity', 'capacity_reservation_group_id', 'reserved', block.header)
  // Azure taints spot pools by itself.
  claimTaints(pool, block, 'node_taints')
  const name = effective(block.text('name'))
  claimNodeLabels(pool, block, ['node_labels'], {
    agentpool: name,
    'kubernetes.azure.com/agentpool': name,
    'kubernetes.azure.com/scalesetpriority':
      effective(block.text('priority'))?.toLowerCase() === 'spot' ? 'spot' : undefined,
    'node.kubernetes.io/instance-type': effective(type),
  })
  // The cluster's own default pool is always beside it.
  pool.known('otherPools', 'default_node_pool', poolsBeside + 1, block.header)
}

/** The first pool of a cluster, which keeps a machine at least: accelerators in it are never given back. */
export function readAksCluster(cluster: Block): void {
  const block = cluster.inside('default_node_pool', 0)
  const type = block?.text('vm_size')
  if (block === null || type === undefined || !isAcceleratedType(effective(type) ?? '')) return
  const pool = startPool(block, 'name', {
    kind: 'node pool',
    provider: 'azure',
    words: block.words('name', 'node_labels', 'tags'),
  })
  claimPoolMachine(pool, 'vm_size', type)
  const scales = scalesOf(block)
  if (scales.state === 'unknown') return
  const key = effective(scales) === true ? 'min_count' : 'node_count'
  const count = block.number(key)
  if (effective(count) === undefined) return
  pool.say('minimum', key, { ...count, site: { ...count.site, target: firstPool } })
  pool.known('fixed', key, key === 'node_count', block.header)
}

/** `PT30M`, `PT2H`, `P1D` in seconds. */
function isoDuration(value: string): number | undefined {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(value.trim())
  if (match === null || value.trim().length < 3) return undefined
  const [days, hours, minutes, seconds] = match.slice(1).map((one) => Number(one ?? 0))
  return ((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!
}

const idleSeconds = (value: Json): number | undefined =>
  typeof value === 'string' ? isoDuration(value) : undefined

const azureMlCapacity = {
  parse: asWord(
    new Map([
      ['lowpriority', 'spot' as const],
      ['dedicated', 'on-demand' as const],
    ]),
  ),
}

export const azureMlSettings = settingTable('Scaling', {
  minimum: { keys: [['scale_settings', 0, 'min_node_count']], parse: asQuotedNumber },
  maximum: { keys: [['scale_settings', 0, 'max_node_count']], parse: asQuotedNumber },
  idleDelay: { keys: [['scale_settings', 0, 'scale_down_nodes_after_idle_duration']], parse: idleSeconds },
  capacity: { ...azureMlCapacity, keys: ['vm_priority'] },
})

export function readAzureMlCluster(block: Block): void {
  const pool = startPool(block, 'name', {
    kind: 'compute cluster',
    provider: 'azure',
    words: [...block.words('name', 'tags', 'description'), 'training'],
  })
  claimPoolMachine(pool, 'vm_size', block.text('vm_size'))
  azureMlSettings.claim(pool, block)
  const [low, high] = ['min_node_count', 'max_node_count'].map((key) =>
    block.number('scale_settings', 0, key),
  )
  claimFixed(pool, 'max_node_count', low!, high!)
}

/** The body of an `azapi_resource`: what the service itself takes. Source: Microsoft.MachineLearningServices/workspaces/computes. */
const body = ['body', 'properties', 'properties'] as const
const scale = (key: string) => [...body, 'scaleSettings', key]

export const azapiClusterSettings = settingTable('Scaling', {
  minimum: { keys: [scale('minNodeCount')], parse: asQuotedNumber, otherwise: 0 },
  maximum: { keys: [scale('maxNodeCount')], parse: asQuotedNumber },
  idleDelay: { keys: [scale('nodeIdleTimeBeforeScaleDown')], parse: idleSeconds },
  capacity: { ...azureMlCapacity, keys: [[...body, 'vmPriority']] },
})

/** Any kind of resource, by the name that the service gives it. */
export function readAzapiResource(block: Block): void {
  const kind = effective(block.text('type'))
  if (!/^Microsoft\.MachineLearningServices\/workspaces\/computes@/i.test(kind ?? '')) return
  const sort = effective(block.text('body', 'properties', 'computeType'))
  const type = block.text(...body, 'vmSize')
  if (sort === 'ComputeInstance') readAzapiInstance(block, type, body)
  if (sort !== 'AmlCompute') return
  const pool = startPool(block, 'name', {
    kind: 'compute cluster',
    provider: 'azure',
    words: [...block.words('name', 'tags'), 'training'],
  })
  claimPoolMachine(pool, 'vmSize', type)
  azapiClusterSettings.claim(pool, block)
  const [low, high] = ['minNodeCount', 'maxNodeCount'].map((key) => block.number(...scale(key)))
  claimFixed(pool, 'maxNodeCount', low!, high!)
}

const secondsOfMinutes = (value: Json): number | undefined => {
  const minutes = asQuotedNumber(value)
  return minutes === undefined ? undefined : minutes * 60
}

export const databricksPoolSettings = settingTable('Scaling', {
  minimum: { keys: ['min_idle_instances'], parse: asQuotedNumber, otherwise: 0 },
  idleDelay: { keys: ['idle_instance_autotermination_minutes'], parse: secondsOfMinutes },
})

export function readDatabricksPool(block: Block): void {
  const pool = startPool(block, 'instance_pool_name', {
    kind: 'instance pool',
    provider: 'other',
    words: block.words('instance_pool_name', 'custom_tags'),
  })
  claimPoolMachine(pool, 'node_type_id', block.text('node_type_id'))
  databricksPoolSettings.claim(pool, block)
}
