/**
 * Machines that stay until something stops them: SageMaker notebooks and domains, Databricks clusters, workstations.
 * Defaults: providers aws 5, google 6, databricks 1 (`autotermination_minutes` is 60 where it is left out).
 */

import { entries, map } from '../../config/access.js'
import { convert, derived, opaque, orDefault, unreadable } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { attachedModel, claimType } from '../machine-claims.js'
import { isAcceleratedType } from '../pool-claims.js'
import { claimVariant } from '../sagemaker/endpoint-claims.js'
import { claimModelOfEnvironment } from '../served-model.js'
import { settingTable } from '../setting-table.js'
import { Block, type Module, regionOf } from './block.js'
import { claimMachineUse, startMachine } from './machine-use.js'
import { scalesEndpoints } from './scalable-target.js'
import { resourcesOf } from './schedules.js'

/** A job that is defined here and started elsewhere. */
export function startJob(
  block: Block,
  accelerator: Evidence['accelerator'],
): { compute: SubjectBuilder<'Compute'>; id: string } {
  const { header, module } = block
  const keys = module.keysOf(block.value)
  const place = { ...header, document: 0, ...(keys === undefined ? {} : { keys }) }
  const id = `${block.value.path}#${block.name}`
  const evidence: Evidence = { role: 'job', accelerator, small: null, notebook: false }
  const compute = module.claims.subject('Compute', place, block.name, evidence, id)
  compute.known('provider', 'Terraform', 'aws', place)
  compute.known('service', 'Terraform', false, place)
  compute.known('trials', 'Terraform', false, place)
  const region = regionOf(block, 'aws')
  if (region !== undefined) compute.known('region', 'region', region, header)
  return { compute, id }
}

/** A script of its lifecycle configuration may stop a notebook instance; nothing else does by itself. */
export function readNotebookInstance(block: Block): void {
  const type = block.text('instance_type')
  if (effective(type) === undefined) return
  const compute = startMachine(block, 'aws', true)
  claimType(compute, 'instance_type', type)
  compute.known('managedBy', 'aws_sagemaker_notebook_instance', 'sagemaker', block.header)
  const key = 'lifecycle_config_name'
  compute.say('idleStop', key, orDefault(opaque(block.get(key), 'a script may stop it'), null))
}

/** Apps of a domain, a user or a space, on the type that is given for them. `base`: the block of its settings. */
export function readSagemakerApps(block: Block, base: string): void {
  // A user and a space take over what the domain says of idle apps.
  const isDomain = base === 'default_user_settings'
  for (const app of ['jupyter_lab_app_settings', 'code_editor_app_settings'] as const) {
    const inner = block.at(base, 0, app, 0)
    if (inner?.node.kind !== 'map') continue
    const { start } = inner.node
    const own = new Block(block.module, inner, block.name, { start, end: start + app.length })
    const given = own.text('default_resource_spec', 0, 'instance_type')
    const type = isDomain && app === 'jupyter_lab_app_settings' ? orDefault(given, usualMachine) : given
    if (effective(type) === undefined) continue
    const compute = startMachine(own, 'aws', true)
    claimType(compute, 'instance_type', type)
    compute.known('managedBy', app, 'sagemaker', own.header)
    if (isDomain) claimIdleApps(compute, own, block.isOpen())
  }
  if (isDomain && isClosed(block, base) && !block.has(base, 0, 'jupyter_lab_app_settings', 0)) {
    const compute = startMachine(block, 'aws', true)
    claimType(compute, 'instance_type', orDefault(block.text('instance_type'), usualMachine))
    compute.known('managedBy', 'default_user_settings', 'sagemaker', block.header)
    const origin = block.absent(base, 0)
    const reason = 'name jupyter_lab_app_settings with app_lifecycle_management in default_user_settings'
    const site = { ...origin.site, target: { kind: 'refused' as const, reason } }
    compute.say('idleStop', 'idle_settings', orDefault({ ...origin, site }, null))
  }
}

/** On which JupyterLab starts where nothing names another. Source: SageMaker developer guide, "JupyterLab". */
const usualMachine = 'ml.t3.medium'

/** All that the block says can be read, and so can the settings in it. */
function isClosed(block: Block, base: string): boolean {
  const settings = map(block.at(base, 0)?.node)
  return !block.isOpen() && settings !== undefined && settings.open === undefined
}

function claimIdleApps(compute: SubjectBuilder<'Compute'>, app: Block, open: boolean): void {
  const path = ['app_lifecycle_management', 0, 'idle_settings', 0] as const
  const state = app.text(...path, 'lifecycle_management')
  const because = 'it is given'
  if (effective(state) === 'DISABLED')
    compute.say(
      'idleStop',
      'lifecycle_management',
      convert(state, () => null),
    )
  else if (open || app.has(...path, 'lifecycle_management') || app.has(...path, 'idle_timeout_in_minutes'))
    compute.say('idleStop', 'idle_settings', unreadable(app.atHeader(), because))
  else compute.say('idleStop', 'idle_settings', orDefault(app.absent('app_lifecycle_management', 0), null))
}

/** `autotermination_minutes = 0` keeps a cluster for ever; left out it is an hour. */
export const databricksClusterSettings = settingTable('Compute', {
  nodes: {
    keys: ['num_workers'],
    parse: (value) => {
      const workers = asQuotedNumber(value)
      return workers === undefined ? undefined : Math.max(1, workers)
    },
  },
  idleStop: {
    keys: ['autotermination_minutes'],
    parse: (value) => {
      const minutes = asQuotedNumber(value)
      return minutes === undefined ? undefined : minutes <= 0 ? null : minutes * 60
    },
    otherwise: 3600,
  },
})

export function readDatabricksCluster(block: Block): void {
  const type = block.text('node_type_id')
  // Whatever machine it is, it never stops.
  const minutes = effective(block.number('autotermination_minutes'))
  if (effective(type) === undefined && minutes !== 0) return
  const compute = startMachine(block, 'other', false)
  claimType(compute, 'node_type_id', type)
  databricksClusterSettings.claim(compute, block)
}

/** A single machine with accelerators. */
export function readInstance(block: Block, provider: 'aws' | 'gcp', spot = false): void {
  const key = provider === 'aws' ? 'instance_type' : 'machine_type'
  const type = block.text(key)
  const attached = block.number('guest_accelerator', 0, 'count')
  const named = namedForGpus(block, key, type)
  if (!named && !isAcceleratedType(effective(type) ?? '') && !((effective(attached) ?? 0) > 0)) return
  const card = derived(block.text('guest_accelerator', 0, 'type'), attachedModel)
  const onGoogle = {
    gpus: { key: 'guest_accelerator', value: attached },
    model: { key: 'guest_accelerator', value: card },
  }
  claimMachineUse(
    block,
    provider,
    {
      type: { key, value: type },
      ...(named ? { gpus: { key, value: { ...type, state: 'range', low: 1, high: null } as const } } : {}),
      ...(provider === 'gcp' && block.has('guest_accelerator', 0) ? onGoogle : {}),
    },
    spot,
  )
}

/** `instance_type = var.gpu_instance_type`, which whoever applies it gives: some machine with accelerators. */
function namedForGpus(block: Block, key: string, type: Given<string>): boolean {
  if (effective(type) !== undefined || !isGiven(type)) return false
  const node = map(block.value.node)?.entries.find((one) => one.key === key)?.value
  return node?.kind === 'unknown' && /\bvar\.(\w*_)?gpus?(_|\b)/i.test(node.reference ?? node.because)
}

/** What runs on a machine, and who stops it, is not in the configuration. `ending`: a key that may end it. */
export function claimNeverStops(
  compute: SubjectBuilder<'Compute'>,
  block: Block,
  key: string,
  ending: string | undefined,
): void {
  if (ending !== undefined || block.isOpen())
    compute.say('idleStop', ending ?? 'dynamic', unreadable(block.atHeader(), 'it may stop by itself'))
  else compute.say('idleStop', key, orDefault(block.absent(), null, true))
}

/** An endpoint's instances, and whether anything in the module scales them. */
export function readEndpointConfiguration(block: Block): void {
  const { module, header } = block
  const variants = block.at('production_variants')?.node
  if (variants?.kind !== 'list') return
  const scaled = scalesEndpoints(module)
  variants.items.forEach((variant, index) => {
    const type = block.text('production_variants', index, 'instance_type')
    const count = block.number('production_variants', index, 'initial_instance_count')
    if (effective(type) === undefined || effective(count) === undefined) return
    const here = count.location.path === module.claims.path
    const serving = module.claims.subject('Serving', here ? { ...count.site } : header, block.name, {
      role: 'job',
      accelerator: 'maybe',
      small: null,
      notebook: false,
    })
    serving.subject.id = `${serving.subject.id}:${index}`
    claimVariant(serving, {
      platform: 'aws_sagemaker_endpoint_configuration',
      purpose: 'production_variants',
      place: header,
      tornDown: false,
      machine: { key: 'instance_type', value: type },
      replicas: { key: 'initial_instance_count', value: count },
      scaling: {
        key: 'aws_appautoscaling_target',
        scaled: scaled || entries(variant).some((one) => one.key === 'managed_instance_scaling'),
      },
    })
    const region = regionOf(block, 'aws')
    if (region !== undefined) serving.known('region', 'region', region, header)
    claimModels(module, serving)
  })
}

/** The only model of the module. */
function claimModels(module: Module, serving: SubjectBuilder<'Serving'>): void {
  const models = [...resourcesOf(module, 'aws_sagemaker_model')]
  if (models.length !== 1) return
  const [model] = models
  claimModelOfEnvironment(serving, (name) => model!.get('primary_container', 0, 'environment', name))
}
