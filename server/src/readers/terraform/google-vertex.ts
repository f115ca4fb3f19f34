/**
 * Vertex AI in Terraform: endpoints with machines of their own, and notebooks. Defaults: provider hashicorp/google 7; a
 * Workbench instance stops after three idle hours unless its metadata say otherwise.
 */
import { gpu } from '../../catalog/gpus.js'
import { instance } from '../../catalog/instances.js'
import { both, convert, derived, firstGiven, orDefault } from '../../values/operations.js'
import { asQuotedNumber, asSwitch } from '../../values/parse.js'
import type { Key } from '../../values/source.js'
import { effective } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimType } from '../machine-claims.js'
import { settingTable } from '../setting-table.js'
import type { Block } from './block.js'
import { startMachine } from './machine-use.js'

const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }

/** `google_vertex_ai_endpoint_with_model_garden_deployment`: a model of the catalogue with machines of its own. */
export function readModelGardenEndpoint(block: Block): void {
  readDedicated(block, ['deploy_config', 0, 'dedicated_resources', 0])
}

/** `google_vertex_ai_deployment_resource_pool`: machines that several models share. */
export function readDeploymentPool(block: Block): void {
  readDedicated(block, ['dedicated_resources', 0])
}

function readDedicated(block: Block, keys: Key[]): void {
  const dedicated = block.inside(...keys)
  if (dedicated === null) return
  const { module, header } = block
  const type = dedicated.text('machine_spec', 0, 'machine_type')
  const least = dedicated.number('min_replica_count')
  const machine = effective(type)
  if (machine === undefined || effective(least) === undefined) return
  const serving = module.claims.subject('Serving', header, block.name, evidence)
  serving.known('platform', 'dedicated_resources', 'Vertex AI', header)
  serving.known('managedBy', 'dedicated_resources', 'vertex', header)
  serving.known('purpose', 'dedicated_resources', 'deployment', header)
  serving.known('tornDown', 'dedicated_resources', false, header)
  serving.say('machine', 'machine_type', type)
  serving.say('minReplicas', 'min_replica_count', least)
  const most = dedicated.number('max_replica_count')
  // A ceiling that is not given is the floor.
  const autoscaled = both(most, least, (high, low) => high > low)
  serving.say('autoscaled', 'max_replica_count', orDefault(autoscaled, false))
  const held = convert(type, (name) => instance(name)?.gpuCount)
  const count = dedicated.number('machine_spec', 0, 'accelerator_count')
  const card = dedicated.text('machine_spec', 0, 'accelerator_type')
  serving.say('gpus', 'accelerator_count', firstGiven(count, held))
  const model = derived(card, (name) => gpu(name)?.name)
  serving.say(
    'gpuModel',
    'accelerator_type',
    firstGiven(
      model,
      derived(type, (name) => instance(name)?.gpu?.name),
    ),
  )
}

const threeHours = 3 * 3600

/** `google_workbench_instance`. */
export const workbenchSettings = settingTable('Compute', {
  idleStop: {
    keys: [['gce_setup', 0, 'metadata', 'idle-timeout-seconds']],
    parse: (value) => {
      const seconds = asQuotedNumber(value)
      return seconds !== undefined && seconds > 0 ? seconds : undefined
    },
    otherwise: threeHours,
  },
})

export function readWorkbench(block: Block): void {
  const machine = block.inside('gce_setup', 0)
  const compute = machine === null ? null : startNotebook(block, machine, ['accelerator_configs', 0])
  if (compute !== null) workbenchSettings.claim(compute, block)
}

/** `google_notebooks_runtime`: stops after three idle hours unless that is switched off. */
export const runtimeSettings = settingTable('Compute', {
  idleStop: {
    keys: [['software_config', 0, 'idle_shutdown']],
    parse: (value) => {
      const stops = asSwitch(value)
      return stops === undefined ? undefined : stops ? threeHours : null
    },
    otherwise: threeHours,
  },
})

export function readNotebookRuntime(block: Block): void {
  const machine = block.inside('virtual_machine', 0, 'virtual_machine_config', 0)
  const compute = machine === null ? null : startNotebook(block, machine, ['accelerator_config', 0])
  if (compute !== null) runtimeSettings.claim(compute, block)
}

/** `google_notebooks_instance`: what its owner set up inside may stop it, where the metadata do not. */
export function readUserNotebook(block: Block): void {
  const compute = startNotebook(block, block, ['accelerator_config', 0])
  if (compute === null) return
  const key = 'idle-timeout-seconds'
  const given = convert(block.get('metadata', key), (value) => {
    const seconds = asQuotedNumber(value)
    return seconds !== undefined && seconds > 0 ? seconds : undefined
  })
  compute.say('idleStop', key, orDefault<number | null>(given, null, true))
}

/** Null: its machine cannot be read. */
function startNotebook(block: Block, machine: Block, accelerator: Key[]): SubjectBuilder<'Compute'> | null {
  const type = machine.text('machine_type')
  if (effective(type) === undefined) return null
  const compute = startMachine(block, 'gcp', true)
  claimType(compute, 'machine_type', type)
  compute.say('gpus', 'core_count', machine.number(...accelerator, 'core_count'))
  compute.say(
    'gpuModel',
    'type',
    derived(machine.text(...accelerator, 'type'), (name) => gpu(name)?.name),
  )
  return compute
}
