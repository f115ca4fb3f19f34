/** What a single machine is for, and what stops it: as far as names, scripts and the resources beside it tell. */
import { textWithTemplates } from '../../config/access.js'
import type { HclValue } from '../../config/hcl-module.js'
import type { ConfigNode } from '../../config/node.js'
import { derived, orDefault, unreadable } from '../../values/operations.js'
import { effective, type Given } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import {
  acceleratorModel,
  acceleratorsInType,
  claimBought,
  claimMachineRequest,
  claimType,
  mayEndMachine,
  servesByName,
  servingScript,
  trainsByName,
  workstation,
} from '../machine-claims.js'
import { type Block, type Module, regionOf } from './block.js'

/** What stops a machine from outside of it, anywhere in the module. */
const stoppers =
  /schedule|cloudwatch_metric_alarm|aws_lambda|cloud_scheduler|resource_policy|ssm_maintenance|autoscaling|budgets/

/** The key that would stop it, by provider. */
const stopper = {
  aws: 'aws_scheduler_schedule',
  gcp: 'resource_policies',
  azure: 'azurerm_dev_test_global_vm_shutdown_schedule',
  other: 'schedule',
}
export type MachineProvider = keyof typeof stopper

/** Keys of the block that may end the machine without anybody's help. */
const ending: Record<MachineProvider, string[]> = {
  aws: [
    'instance_market_options',
    'instance_initiated_shutdown_behavior',
    'launch_template',
    'user_data_base64',
  ],
  gcp: ['resource_policies'],
  // Shut down from inside, a machine of Azure is billed on, as those of most others are.
  azure: ['custom_data', 'user_data', 'priority'],
  other: ['preemptible', 'scheduling_policy', 'spot', 'is_spot', 'preemptible_instance_config'],
}
const scripts = ['user_data', 'metadata_startup_script', 'cloud_init', 'custom_data']

function placeOf({ header, module, value }: Block): Place {
  const keys = module.keysOf(value)
  return { ...header, document: 0, ...(keys === undefined ? {} : { keys }) }
}

export function startMachine(
  block: Block,
  provider: MachineProvider,
  interactive: boolean,
): SubjectBuilder<'Compute'> {
  const { module, header } = block
  const place = placeOf(block)
  const compute = claimMachineRequest(module.claims, null, {
    provider,
    interactive,
    place,
    site: place,
    scope: block.name,
    ...(block.value.each === undefined ? {} : { copy: block.value.each.key }),
  })
  const region = regionOf(block, provider)
  if (region !== undefined) compute.known('region', 'region', region, header)
  return compute
}

/** What a machine holds, each with the key that says so. */
export interface Holds {
  type?: { key: string; value: Given<string> }
  gpus?: { key: string; value: Given<number> }
  model?: { key: string; value: Given<string> }
}

/**
 * Claims a single machine, and that nothing stops it where nothing seems to. What serves requests is there at all hours; of
 * the others only names tell whether somebody works at them.
 */
export function claimMachineUse(block: Block, provider: MachineProvider, holds: Holds, spot = false): void {
  const words = block
    .words('name', 'hostname', 'display_name', 'label', 'computer_name', 'tags', 'labels')
    .join(' ')
  const byHand = workstation.test(words)
  if (!byHand && !trainsByName.test(words) && serves(block, words)) {
    if (!spot) claimServer(block, provider, holds)
    return
  }
  const compute = startMachine(block, provider, byHand)
  const { type, gpus, model } = holds
  if (type !== undefined) claimType(compute, type.key, type.value)
  if (gpus !== undefined) compute.say('gpus', gpus.key, gpus.value)
  if (model !== undefined) compute.say('gpuModel', model.key, model.value)
  if (provider !== 'other' && !byHand && trainsByName.test(words))
    claimCapacity(compute, block, provider, spot)
  else if (spot) compute.known('spot', 'aws_spot_instance_request', true, block.header)
  else if (isSpot(block, provider)) compute.known('spot', 'machine', true, block.header)
  claimStop(compute, block, provider)
}

const capacity = {
  aws: { spot: 'instance_market_options', reserved: 'capacity_reservation_specification' },
  gcp: { spot: 'provisioning_model', reserved: 'reservation_affinity' },
  azure: { spot: 'priority', reserved: 'capacity_reservation_group_id' },
}

/** How a machine that trains is bought. `spot`: it is a request for spot capacity. */
export function claimCapacity(
  compute: SubjectBuilder<'Compute'>,
  block: Block,
  provider: keyof typeof capacity,
  spot: boolean,
): void {
  const keys = capacity[provider]
  const place = placeOf(block)
  const reserved = block.isOpen() || block.holds(keys.reserved)
  const asked = spot || isSpot(block, provider) || isPreemptible(block, provider)
  const bought = asked || (isPlain(block, provider) ? false : null)
  claimBought(compute, { key: keys.spot, spot: bought, reserved, place, site: place })
}

function isPreemptible(block: Block, provider: MachineProvider): boolean {
  return provider === 'gcp' && effective(block.boolean('scheduling', 0, 'preemptible')) === true
}

/** Nothing that cannot be read, and no template, may ask for other capacity. */
function isPlain(block: Block, provider: keyof typeof capacity): boolean {
  const isOr = <T>(given: Given<T>, usual: T) => given.state === 'absent' || effective(given) === usual
  switch (provider) {
    case 'aws':
      return (
        ['instance_market_options', 'launch_template'].every((key) => !block.holds(key)) &&
        isOr(block.boolean('create_spot_instance'), false)
      )
    case 'gcp':
      return (
        isOr(block.text('scheduling', 0, 'provisioning_model'), 'STANDARD') &&
        isOr(block.boolean('scheduling', 0, 'preemptible'), false)
      )
    case 'azure':
      return isOr(block.text('priority'), 'Regular')
  }
}

/** What ends the machine once its work is done, or that nothing seems to. */
export function claimStop(compute: SubjectBuilder<'Compute'>, block: Block, provider: MachineProvider): void {
  const key = endedBy(block, provider)
  if (key === undefined) compute.say('idleStop', stopper[provider], orDefault(block.absent(), null, true))
  else compute.say('idleStop', key, unreadable(block.atHeader(), 'it may stop by itself'))
}

/** A machine that answers requests is an endpoint with one replica. */
function claimServer(block: Block, provider: MachineProvider, { type, gpus, model }: Holds): void {
  const key = endedBy(block, provider, true)
  const { module, header } = block
  const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  const serving = module.claims.subject('Serving', header, block.name, evidence)
  serving.known('platform', 'machine', 'virtual machine', header)
  serving.known('purpose', 'machine', 'deployment', header)
  serving.known('tornDown', 'machine', false, header)
  serving.known('minReplicas', 'machine', 1, header)
  serving.known('autoscaled', key ?? stopper[provider], key !== undefined, header)
  if (provider === 'other') serving.known('object', 'machine', `machine/${block.name}`, header)
  const region = regionOf(block, provider)
  if (region !== undefined) serving.known('region', 'region', region, header)
  if (type !== undefined) {
    serving.say('machine', type.key, type.value)
    serving.say('gpus', type.key, derived(type.value, acceleratorsInType))
    serving.say('gpuModel', type.key, derived(type.value, acceleratorModel))
  }
  if (gpus !== undefined) serving.say('gpus', gpus.key, gpus.value)
  if (model !== undefined) serving.say('gpuModel', model.key, model.value)
}

/** What may end the machine: a key of its own, or a resource beside it. */
function endedBy(block: Block, provider: MachineProvider, serves = false): string | undefined {
  const types = [...block.module.scope.declared.resourceTypes.keys()]
  return (
    endsByItself(block, provider, serves) ??
    types.find((one) => stoppers.test(one)) ??
    (block.isOpen() ? 'dynamic' : undefined)
  )
}

function serves(block: Block, words: string): boolean {
  return servesByName.test(words) || scripts.some((one) => servingScript.test(scriptOf(block, one) ?? ''))
}

/** A script as it is written: what is filled in later names things rather than ends the machine. */
function scriptOf(block: Block, ...keys: string[]): string | undefined {
  const value = block.at(...keys)
  if (value === undefined) return effective(block.text(...keys))
  const made = block.module.scope.dataOf(value.node)
  if (made !== undefined) return textOfData(block.module, made)
  return effective(block.text(...keys)) ?? textWithTemplates(value.node) ?? block.module.textOf(value)?.text
}

/** All that a data source puts into the script that it makes (`cloudinit_config`, `template_file`); undefined: not readable. */
function textOfData(module: Module, data: HclValue): string | undefined {
  const texts: string[] = []
  const readable = (node: ConfigNode): boolean => {
    if (node.kind === 'map')
      return node.open === undefined && node.entries.every((one) => readable(one.value))
    if (node.kind === 'list') return node.items.every(readable)
    const text = textWithTemplates(node) ?? module.textOf({ ...data, node })?.text
    if (text !== undefined) texts.push(text)
    // A variable names things rather than ends the machine.
    return text !== undefined || node.kind === 'scalar' || node.reference !== undefined
  }
  return readable(data.node) ? texts.join('\n') : undefined
}

/** Spot capacity, which is billed until others want it. What was called preemptible on Google ends after a day. */
function isSpot(block: Block, provider: MachineProvider): boolean {
  if (provider === 'aws') return effective(block.text('instance_market_options', 0, 'market_type')) === 'spot'
  if (provider === 'gcp') return effective(block.text('scheduling', 0, 'provisioning_model')) === 'SPOT'
  return provider === 'azure' && effective(block.text('priority')) === 'Spot'
}

/** A server on spot capacity is not there at all hours. */
function mayEnd(block: Block, key: string, serves: boolean): boolean {
  if (!block.holds(key)) return false
  if (key === 'priority') return serves || !/^(Spot|Regular)$/.test(effective(block.text(key)) ?? '')
  if (key !== 'instance_market_options' || serves || !isSpot(block, 'aws')) return true
  return block.has(key, 0, 'spot_options', 0, 'valid_until')
}

const schedulings = ['preemptible', 'provisioning_model', 'max_run_duration', 'instance_termination_action']

/** The script of a server that cannot be read starts the server. */
function endsByItself(block: Block, provider: MachineProvider, serves: boolean): string | undefined {
  const found = ending[provider].find((one) => mayEnd(block, one, serves))
  if (found !== undefined) return found
  const spot = !serves && isSpot(block, provider)
  // GPUs cannot be moved while they run, so `scheduling` is always there.
  for (const key of spot ? ['max_run_duration'] : schedulings) {
    if (
      provider === 'gcp' &&
      block.has('scheduling', 0, key) &&
      effective(block.boolean('scheduling', 0, key)) !== false
    )
      return key
  }
  return scripts.find((script) => {
    if (!block.has(script)) return false
    const text = scriptOf(block, script) ?? (serves ? '' : undefined)
    return text === undefined || mayEndMachine.test(text)
  })
}
