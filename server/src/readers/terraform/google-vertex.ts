/**
 * Vertex AI in Terraform: endpoints with machines of their own, and notebooks. Defaults: provider hashicorp/google 7; a
 * Workbench instance stops after three idle hours unless its metadata say otherwise.
 */
import { gpu } from '../../catalog/gpus.js'
import { instance } from '../../catalog/instances.js'
import type { Evidence } from '../../workload/claim.js'
import { claimMachineRequest, claimType } from '../machine-claims.js'
import { type Block, type Key, regionOf } from './block.js'
import { absentPlace } from './pool-claims.js'

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
  if (block.get(...keys) === undefined) return
  const { module, header } = block
  const said = block.text(...keys, 'machine_spec', 0, 'machine_type')
  const least = block.number(...keys, 'min_replica_count')
  if (said.state !== 'known' || least.state !== 'known') return
  const serving = module.claims.subject('Serving', header, block.name, evidence)
  serving.known('platform', 'dedicated_resources', 'Vertex AI', header)
  serving.known('purpose', 'dedicated_resources', 'deployment', header)
  serving.known('tornDown', 'dedicated_resources', false, header)
  const kind = module.placed(said.at)
  serving.known('machine', 'machine_type', said.value, kind.place, kind.options)
  const { place, options } = module.placed(least.at)
  serving.known('minReplicas', 'min_replica_count', least.value, place, options)
  const most = block.number(...keys, 'max_replica_count')
  // A ceiling that is not given is the floor.
  if (most.state === 'absent') serving.default('autoscaled', 'max_replica_count', false, header)
  else if (most.state === 'known')
    serving.known('autoscaled', 'max_replica_count', most.value > least.value, header)
  else serving.unknown('autoscaled', 'max_replica_count', most.because, header)
  const machine = instance(said.value)
  const count = block.number(...keys, 'machine_spec', 0, 'accelerator_count')
  const card = block.text(...keys, 'machine_spec', 0, 'accelerator_type')
  if (count.state === 'unknown' || card.state === 'unknown')
    serving.unknown('gpus', 'accelerator_count', 'a reference', header)
  else if (count.state === 'known')
    serving.known('gpus', 'accelerator_count', count.value, kind.place, kind.options)
  else if (machine !== undefined)
    serving.known('gpus', 'machine_type', machine.gpuCount, kind.place, kind.options)
  const model = (card.state === 'known' ? gpu(card.value)?.name : undefined) ?? machine?.gpu?.name
  if (model !== undefined) serving.known('gpuModel', 'accelerator_type', model, kind.place, kind.options)
}

const threeHours = 3 * 3600

/** `google_workbench_instance`. */
export function readWorkbench(block: Block): void {
  const said = block.text('gce_setup', 0, 'machine_type')
  if (said.state !== 'known') return
  const compute = startNotebook(block, 'machine_type', said, ['gce_setup', 0, 'accelerator_configs', 0])
  const key = 'idle-timeout-seconds'
  const { place, options } = absentPlace(block)
  const metadata = block.get('gce_setup', 0, 'metadata')
  const given = block.number('gce_setup', 0, 'metadata', key)
  if (given.state === 'known' && given.value > 0) {
    const at = block.module.placed(given.at)
    compute.known('idleStop', key, given.value, at.place, at.options)
  } else if (given.state === 'absent' && metadata?.node.kind !== 'unknown' && !block.isOpen())
    compute.default('idleStop', key, threeHours, place, options)
  else compute.unknown('idleStop', key, 'a value that is not known', place, options)
}

/** `google_notebooks_runtime`: stops after three idle hours unless that is switched off. */
export function readNotebookRuntime(block: Block): void {
  const machine = ['virtual_machine', 0, 'virtual_machine_config', 0] as const
  const said = block.text(...machine, 'machine_type')
  if (said.state !== 'known') return
  const compute = startNotebook(block, 'machine_type', said, [...machine, 'accelerator_config', 0])
  const stops = block.boolean('software_config', 0, 'idle_shutdown')
  const { place, options } = absentPlace(block)
  if (stops.state === 'known') {
    const at = block.module.placed(stops.at)
    compute.known('idleStop', 'idle_shutdown', stops.value ? threeHours : null, at.place, at.options)
  } else if (stops.state === 'absent' && !block.isOpen())
    compute.default('idleStop', 'idle_shutdown', threeHours, place, options)
  else compute.unknown('idleStop', 'idle_shutdown', 'a value that is not known', place, options)
}

function startNotebook(
  block: Block,
  key: string,
  said: Extract<ReturnType<Block['text']>, { state: 'known' }>,
  accelerator: Key[],
) {
  const { module } = block
  const header = absentPlace(block)
  const compute = claimMachineRequest(module.claims, null, {
    provider: 'gcp',
    interactive: true,
    place: { ...header.place, document: 0 },
    site: { ...block.header },
    scope: block.name,
  })
  const region = regionOf(block, 'gcp')
  if (region !== undefined) compute.known('region', 'location', region, header.place)
  const { place, options } = module.placed(said.at)
  claimType(compute, key, said.value, place, place, options)
  const count = block.number(...accelerator, 'core_count')
  const card = block.text(...accelerator, 'type')
  if (count.state === 'known') {
    const at = module.placed(count.at)
    const stronger = { ...at.options, channel: 'launch flag' as const }
    compute.known('gpus', 'core_count', count.value, at.place, stronger)
    const model = card.state === 'known' ? gpu(card.value)?.name : undefined
    if (model !== undefined) compute.known('gpuModel', 'type', model, at.place, stronger)
  } else if (count.state === 'unknown')
    compute.unknown('gpus', 'core_count', count.because, header.place, { channel: 'launch flag' })
  return compute
}
