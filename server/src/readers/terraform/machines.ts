/**
 * Machines that stay until something stops them: SageMaker notebooks and domains, Databricks clusters, workstations.
 * Defaults: providers aws 5, google 6, databricks 1 (`autotermination_minutes` is 60 where it is left out).
 */
import { gpu } from '../../catalog/gpus.js'
import { instance as instanceOf } from '../../catalog/instances.js'
import { entries } from '../../config/access.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { claimMachineRequest, claimType, workstation } from '../machine-claims.js'
import { Block, regionOf, type Said } from './block.js'
import { absentPlace } from './pool-claims.js'
import { scalesEndpoints } from './scalable-target.js'

export function startMachine(
  block: Block,
  provider: 'aws' | 'gcp' | 'azure' | 'other',
  interactive: boolean,
): SubjectBuilder<'Compute'> {
  const { place, options } = absentPlace(block)
  const site = (options as { site: Place }).site
  const compute = claimMachineRequest(block.module.claims, null, {
    provider,
    interactive,
    place: { ...place, ...site },
    site,
    scope: block.name,
  })
  const region = regionOf(block, provider)
  if (region !== undefined) compute.known('region', 'region', region, place)
  return compute
}

export function claimKind(
  compute: SubjectBuilder<'Compute'>,
  block: Block,
  key: string,
  said: Said<string>,
): boolean {
  if (said.state !== 'known') return false
  const { place, options } = block.module.placed(said.at)
  if (options.location !== undefined || options.overridable === true) {
    compute.known('instanceType', key, said.value, place, options)
    const probe = block.module.claims.reading.claims.length
    claimType(compute, key, said.value, place, place)
    // The place belongs to another file: the counts are kept, the place is corrected.
    for (const claim of block.module.claims.reading.claims.slice(probe)) {
      if (options.location !== undefined) claim.location = options.location
      claim.overridable = options.overridable ?? false
    }
    return true
  }
  claimType(compute, key, said.value, place, place)
  return true
}

/** A notebook instance can stop by itself only by a script of its lifecycle configuration. */
export function readNotebookInstance(block: Block): void {
  const type = block.text('instance_type')
  if (type.state !== 'known') return
  const compute = startMachine(block, 'aws', true)
  claimKind(compute, block, 'instance_type', type)
  compute.known('managedBy', 'aws_sagemaker_notebook_instance', 'sagemaker', block.header)
  const key = 'lifecycle_config_name'
  const given = block.text(key)
  const { place, options } = absentPlace(block, key)
  if (given.state === 'absent' && !block.isOpen()) compute.default('idleStop', key, null, place, options)
  else compute.unknown('idleStop', key, 'a script may stop it', place, options)
}

/** Apps of a domain, a user or a space, on the type that is given for them. `base`: the block of its settings. */
export function readSagemakerApps(block: Block, base: string): void {
  const settings = block.get(base, 0)
  if (settings === undefined) return
  for (const app of ['jupyter_lab_app_settings', 'code_editor_app_settings'] as const) {
    const inner = block.get(base, 0, app, 0)
    if (inner === undefined || inner.node.kind !== 'map') continue
    const { node } = inner
    const own = new Block(block.module, inner, block.name, {
      start: node.start,
      end: node.start + app.length,
    })
    const type = own.text('default_resource_spec', 0, 'instance_type')
    if (type.state !== 'known') continue
    const compute = startMachine(own, 'aws', true)
    claimKind(compute, own, 'instance_type', type)
    compute.known('managedBy', app, 'sagemaker', own.header)
    // A user and a space take over what the domain says of idle apps.
    if (base !== 'default_user_settings') continue
    const path = ['app_lifecycle_management', 0, 'idle_settings', 0] as const
    const state = own.text(...path, 'lifecycle_management')
    const minutes = own.number(...path, 'idle_timeout_in_minutes')
    const key = 'idle_settings'
    const { place, options } = absentPlace(own, key)
    if (state.state === 'known' && state.value === 'DISABLED') {
      const { place: at, options: more } = block.module.placed(state.at)
      compute.known('idleStop', 'lifecycle_management', null, at, more)
    } else if (state.state === 'absent' && minutes.state === 'absent' && !own.isOpen() && !block.isOpen())
      compute.default('idleStop', key, null, place, options)
    else compute.unknown('idleStop', key, 'it is given', place, options)
  }
}

/** `autotermination_minutes = 0` keeps a cluster for ever; left out it is an hour. */
export function readDatabricksCluster(block: Block): void {
  const type = block.text('node_type_id')
  if (type.state !== 'known') return
  const compute = startMachine(block, 'other', false)
  claimKind(compute, block, 'node_type_id', type)
  const workers = block.number('num_workers')
  if (workers.state === 'known')
    compute.known('nodes', 'num_workers', Math.max(1, workers.value), block.module.placed(workers.at).place)
  const key = 'autotermination_minutes'
  const minutes = block.number(key)
  if (minutes.state === 'known') {
    const { place, options } = block.module.placed(minutes.at)
    compute.known('idleStop', key, minutes.value <= 0 ? null : minutes.value * 60, place, options)
  } else if (minutes.state === 'absent') {
    const { place, options } = absentPlace(block, key)
    compute.default('idleStop', key, 3600, place, options)
  }
}

/** What stops a machine from outside of it, anywhere in the module. */
export const stoppers =
  /schedule|cloudwatch_metric_alarm|lambda|cloud_scheduler|resource_policy|ssm_maintenance|autoscaling|budgets/

/** A single machine with accelerators that a person works on; services are left alone. */
export function readInstance(block: Block, provider: 'aws' | 'gcp'): void {
  const key = provider === 'aws' ? 'instance_type' : 'machine_type'
  const type = block.text(key)
  if (type.state !== 'known') return
  if (!workstation.test(block.words('name', 'tags', 'labels').join(' '))) return
  for (const { type: other } of block.module.scope.allResources()) if (stoppers.test(other)) return
  const compute = startMachine(block, provider, true)
  claimKind(compute, block, key, type)
  if (provider === 'gcp') {
    const count = block.number('guest_accelerator', 0, 'count')
    const kind = block.text('guest_accelerator', 0, 'type')
    if (count.state === 'known') {
      const { place, options } = block.module.placed(count.at)
      compute.known('gpus', 'guest_accelerator', count.value, place, options)
      const model =
        kind.state === 'known' ? gpu(kind.value.replace(/^nvidia-(tesla-)?/, ''))?.name : undefined
      if (model !== undefined) compute.known('gpuModel', 'guest_accelerator', model, place, options)
    }
  }
  const { place, options } = absentPlace(block, 'machine')
  const given = endsByItself(block, provider)
  if (given !== undefined || block.isOpen())
    compute.unknown('idleStop', given ?? 'dynamic', 'it may stop by itself', place, options)
  // What runs on it, and who stops it, is not in the configuration.
  else
    compute.default(
      'idleStop',
      provider === 'aws' ? 'aws_scheduler_schedule' : 'resource_policies',
      null,
      place,
      { ...options, overridable: true },
    )
}

/** What may end the machine without anybody's help; undefined: nothing in the block. */
function endsByItself(block: Block, provider: 'aws' | 'gcp'): string | undefined {
  const present =
    provider === 'aws'
      ? [
          'instance_market_options',
          'instance_initiated_shutdown_behavior',
          'launch_template',
          'user_data_base64',
        ]
      : ['resource_policies']
  const found = present.find((one) => block.has(one))
  if (found !== undefined) return found
  if (provider === 'gcp') {
    // GPUs cannot be moved while they run, so `scheduling` is always there.
    for (const key of [
      'preemptible',
      'provisioning_model',
      'max_run_duration',
      'instance_termination_action',
    ]) {
      const value = block.get('scheduling', 0, key)
      if (value !== undefined && !(value.node.kind === 'scalar' && value.node.value === false)) return key
    }
  }
  const script = provider === 'aws' ? 'user_data' : 'metadata_startup_script'
  const text = block.text(script)
  if (text.state === 'absent') return undefined
  const ends =
    text.state === 'unknown' ||
    /shutdown|poweroff|halt|stop-instances|instances (stop|delete)|idle|cron/.test(text.value)
  return ends ? script : undefined
}

/** An endpoint's instances, and whether anything in the module scales them. */
export function readEndpointConfiguration(block: Block): void {
  const { module } = block
  const variants = block.get('production_variants')
  if (variants?.node.kind !== 'list') return
  const scaled = scalesEndpoints(module)
  variants.node.items.forEach((_variant, index) => {
    const type = block.text('production_variants', index, 'instance_type')
    const count = block.number('production_variants', index, 'initial_instance_count')
    if (type.state !== 'known' || count.state !== 'known') return
    const { place, options } = module.placed(count.at)
    const serving = module.claims.subject(
      'Serving',
      options.location === undefined ? place : block.header,
      block.name,
      { role: 'job', accelerator: 'maybe', small: null, notebook: false },
    )
    serving.subject.id = `${serving.subject.id}:${index}`
    serving.known('platform', 'aws_sagemaker_endpoint_configuration', 'SageMaker', block.header)
    serving.known('purpose', 'production_variants', 'deployment', block.header)
    serving.known('tornDown', 'production_variants', false, block.header)
    const kind = module.placed(type.at)
    serving.known('machine', 'instance_type', type.value, kind.place, kind.options)
    serving.known('minReplicas', 'initial_instance_count', count.value, place, options)
    const inside = entries(variants.node.kind === 'list' ? variants.node.items[index] : undefined)
    if (scaled || inside.some((one) => one.key === 'managed_instance_scaling'))
      serving.known('autoscaled', 'aws_appautoscaling_target', true, block.header)
    else serving.default('autoscaled', 'aws_appautoscaling_target', false, block.header)
    claimServingGpus(serving, type.value, kind.place)
  })
}

function claimServingGpus(serving: SubjectBuilder<'Serving'>, type: string, place: Place): void {
  const machine = instanceOf(type)
  if (machine === undefined) return
  serving.known('gpus', 'instance_type', machine.gpuCount, place)
  if (machine.gpu !== null) serving.known('gpuModel', 'instance_type', machine.gpu.name, place)
}
