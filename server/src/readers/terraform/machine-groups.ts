/**
 * Groups of machines that are no cluster's: scale sets of Azure and instance groups of Compute Engine, with what scales
 * them. Defaults: providers hashicorp/azurerm 4 (`priority` is Regular) and hashicorp/google 7.
 */
import { derived, orDefault } from '../../values/operations.js'
import { effective, type Given } from '../../values/value.js'
import { attachedModel } from '../machine-claims.js'
import { claimPoolMachine, type Pool } from '../pool-claims.js'
import type { Block } from './block.js'
import { startPool } from './pool-claims.js'
import { mayName, resourcesOf } from './schedules.js'

const scaleSets = /^azurerm_(linux_|windows_|orchestrated_)?virtual_machine_scale_set$/

/** `azurerm_linux_virtual_machine_scale_set`. */
export function readScaleSet(block: Block): void {
  const key = block.holds('sku_name') ? 'sku_name' : 'sku'
  const type = block.text(key)
  const scaler = scalerOf(block, ['azurerm_monitor_autoscale_setting'], 'target_resource_id', scaleSets)
  const pool = startPool(block, 'name', {
    kind: 'scale set',
    provider: 'azure',
    words: block.words('name', 'tags'),
  })
  if (!claimPoolMachine(pool, key, type)) return
  claimSize(pool, block, 'instances', scaler, {
    least: ['profile', 0, 'capacity', 0, 'minimum'],
    most: ['profile', 0, 'capacity', 0, 'maximum'],
  })
  const spot = derived(block.text('priority'), (text) => (/^spot$/i.test(text) ? 'spot' : 'on-demand'))
  if (block.holds('capacity_reservation_group_id'))
    pool.known('capacity', 'capacity_reservation_group_id', 'reserved', block.header)
  else pool.say('capacity', 'priority', orDefault(spot, 'on-demand'))
}

const templates = /\bgoogle_compute_(region_)?instance_template\.([\w-]+)/
const managers = /^google_compute_(region_)?instance_group_manager$/

/** `google_compute_instance_group_manager` with its template and its autoscaler. */
export function readInstanceGroup(block: Block): void {
  const { module } = block
  const named = block.at('version', 0, 'instance_template')?.node
  const said = named?.kind === 'unknown' ? (named.reference ?? named.because) : ''
  const name = templates.exec(said)?.[2]
  const [template, ...others] = [
    'google_compute_instance_template',
    'google_compute_region_instance_template',
  ].flatMap((type) => [...resourcesOf(module, type)].filter((one) => one.name === name))
  if (template === undefined || others.length > 0) return
  const scalers = ['google_compute_autoscaler', 'google_compute_region_autoscaler']
  const scaler = scalerOf(block, scalers, 'target', managers)
  const pool = startPool(block, 'name', {
    kind: 'instance group',
    provider: 'gcp',
    words: [...block.words('name', 'base_instance_name'), ...template.words('labels', 'tags')],
  })
  if (!claimPoolMachine(pool, 'machine_type', template.text('machine_type'))) {
    pool.say('gpus', 'guest_accelerator', template.number('guest_accelerator', 0, 'count'))
    const model = derived(template.text('guest_accelerator', 0, 'type'), attachedModel)
    pool.say('gpuModel', 'guest_accelerator', model)
  }
  claimSize(pool, block, 'target_size', scaler, {
    least: ['autoscaling_policy', 0, 'min_replicas'],
    most: ['autoscaling_policy', 0, 'max_replicas'],
  })
  const key = 'provisioning_model'
  const model = template.text('scheduling', 0, key)
  const preemptible = template.boolean('scheduling', 0, 'preemptible')
  if (template.holds('reservation_affinity'))
    pool.known('capacity', 'reservation_affinity', 'reserved', block.header)
  else if (effective(model) === 'SPOT' || effective(preemptible) === true)
    pool.known('capacity', key, 'spot', block.header)
  else if (model.state === 'unknown' || preemptible.state === 'unknown')
    pool.unknown('capacity', key, 'it cannot be read', block.header)
  else pool.default('capacity', key, 'on-demand', block.header)
}

/** What scales the group; null: nothing; undefined: one of several may. */
function scalerOf(
  block: Block,
  types: readonly string[],
  target: string,
  groups: RegExp,
): Block | null | undefined {
  const found = types
    .flatMap((type) => [...resourcesOf(block.module, type)])
    .filter((one) => mayName(block, one.at(target), groups))
  return found.length > 1 ? undefined : (found[0] ?? null)
}

interface Bounds {
  least: (string | number)[]
  most: (string | number)[]
}

/** `count`: the key of the machines that it has without a scaler. */
function claimSize(
  pool: Pool,
  block: Block,
  count: string,
  scaler: Block | null | undefined,
  { least, most }: Bounds,
): void {
  if (scaler === undefined) return
  // Something else changes it: `lifecycle { ignore_changes = [instances] }`.
  if (scaler === null && leavesToOthers(block, count)) return
  if (scaler === null) {
    pool.say('minimum', count, byHand(block.number(count), 'with none it would have no machine at all'))
    pool.known('fixed', count, true, block.header)
    return
  }
  const { path } = scaler.value
  if (path !== block.value.path) return
  pool.say('minimum', String(least.at(-1)), byHand(scaler.number(...least), 'its scaler decides'))
  pool.say('maximum', String(most.at(-1)), scaler.number(...most))
}

function leavesToOthers(block: Block, key: string): boolean {
  const ignored = block.at('lifecycle', 0, 'ignore_changes')?.node
  const names = ignored?.kind === 'list' ? ignored.items : [ignored]
  return names.some((one) => one?.kind === 'unknown' && (one.because === key || one.because === 'all'))
}

function byHand(given: Given<number>, reason: string): Given<number> {
  return { ...given, site: { ...given.site, target: { kind: 'refused', reason } } }
}
