/**
 * Machines and endpoints in templates of CloudFormation that stay until something stops them. Source: CloudFormation
 * template reference; SageMaker developer guide, "Idle shutdown".
 */
import { instance } from '../../catalog/instances.js'
import { items } from '../../config/access.js'
import { stated } from '../../values/operations.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { claimMachineRequest, claimType, workstation } from '../machine-claims.js'
import { scalesEndpoints } from './scalable-target.js'
import type { Resource, Said } from './template.js'

function start(
  claims: ClaimBuilder,
  resource: Resource,
  type: Said<string>,
  shown: Place,
): SubjectBuilder<'Compute'> | null {
  if (type.state !== 'known') return null
  const compute = claimMachineRequest(claims, null, {
    provider: 'aws',
    interactive: true,
    place: shown,
    site: shown,
    scope: resource.name,
  })
  const before = claims.reading.claims.length
  claimType(compute, 'InstanceType', stated(claims.origin(type.place), type.value))
  for (const claim of claims.reading.claims.slice(before))
    claim.overridable = type.options.overridable ?? false
  return compute
}

/** A notebook instance can stop by itself only by a script of its lifecycle configuration. */
export function readNotebookInstance(claims: ClaimBuilder, resource: Resource): void {
  const compute = start(claims, resource, resource.text('InstanceType'), resource.header)
  if (compute === null) return
  compute.known('managedBy', resource.type, 'sagemaker', resource.header)
  const key = 'LifecycleConfigName'
  if (resource.has(key)) compute.unknown('idleStop', key, 'a script may stop it', resource.header)
  else compute.default('idleStop', key, null, resource.header, resource.absent())
}

const apps = ['JupyterLabAppSettings', 'CodeEditorAppSettings']

/** Apps of a domain, a user or a space, on the type that is given for them. `base`: where its settings stand. */
export function readApps(claims: ClaimBuilder, resource: Resource, base: string): void {
  for (const app of apps) {
    const keys = [base, app]
    const type = resource.text(...keys, 'DefaultResourceSpec', 'InstanceType')
    const inside = resource.get(...keys)
    if (type.state !== 'known' || inside === undefined) continue
    const place: Place = {
      ...type.place,
      ...(type.options.site ?? {}),
      start: type.place.start,
      end: type.place.end,
    }
    const compute = start(claims, resource, type, place)
    if (compute === null) continue
    compute.known('managedBy', app, 'sagemaker', place)
    // A user and a space take over what the domain says.
    if (base !== 'DefaultUserSettings') continue
    const settings = [...keys, 'AppLifecycleManagement', 'IdleSettings']
    const state = resource.text(...settings, 'LifecycleManagement')
    const site: Place = { ...resource.header, anchor: `${resource.name}/${app}` }
    if (state.state === 'known' && state.value === 'DISABLED')
      compute.known('idleStop', 'LifecycleManagement', null, state.place, { ...state.options, site })
    else if (!resource.has(...keys, 'AppLifecycleManagement'))
      compute.default('idleStop', 'IdleSettings', null, place, { ...resource.absent(), site })
    else compute.unknown('idleStop', 'IdleSettings', 'it is given', place)
  }
}

/** What stops a machine from outside of it, anywhere in the template. */
const stoppers = /Scheduler|Events::Rule|CloudWatch::Alarm|SSM::Maintenance|Budgets|AutoScaling/

/** A single machine with accelerators that a person works on; services are left alone. */
export function readInstance(claims: ClaimBuilder, resource: Resource): void {
  const type = resource.text('InstanceType')
  if (type.state !== 'known' || (instance(type.value)?.gpuCount ?? 0) < 1) return
  if (!workstation.test(resource.words('Tags').join(' '))) return
  for (const other of resource.template.resources()) if (stoppers.test(other.type)) return
  const compute = start(claims, resource, type, resource.header)
  if (compute === null) return
  const given = ['InstanceInitiatedShutdownBehavior', 'LaunchTemplate', 'UserData'].find((key) =>
    resource.has(key),
  )
  // What runs on it, and who stops it, is not in the template.
  if (given !== undefined) compute.unknown('idleStop', given, 'it may stop by itself', resource.header)
  else
    compute.default('idleStop', 'AWS::Scheduler::Schedule', null, resource.header, {
      ...resource.absent(),
      overridable: true,
    })
}

/** An endpoint's instances, and whether anything in the template scales them. */
export function readEndpointConfiguration(claims: ClaimBuilder, resource: Resource): void {
  const variants = items(resource.get('ProductionVariants')?.node)
  const scaled = scalesEndpoints(resource.template)
  variants.forEach((_variant, index) => {
    const type = resource.text('ProductionVariants', index, 'InstanceType')
    const count = resource.number('ProductionVariants', index, 'InitialInstanceCount')
    if (type.state !== 'known' || count.state !== 'known') return
    const { header } = resource
    const serving = claims.subject(
      'Serving',
      { ...header, start: count.place.start, end: count.place.end },
      resource.name,
      {
        role: 'job',
        accelerator: 'maybe',
        small: null,
        notebook: false,
      },
    )
    serving.subject.id = `${serving.subject.id}:${resource.name}:${index}`
    serving.known('platform', resource.type, 'SageMaker', header)
    serving.known('purpose', 'ProductionVariants', 'deployment', header)
    serving.known('tornDown', 'ProductionVariants', false, header)
    serving.known('machine', 'InstanceType', type.value, type.place, type.options)
    serving.known('minReplicas', 'InitialInstanceCount', count.value, count.place, count.options)
    const own = resource.has('ProductionVariants', index, 'ManagedInstanceScaling')
    const key = 'AWS::ApplicationAutoScaling::ScalableTarget'
    if (scaled || own) serving.known('autoscaled', key, true, header)
    else serving.default('autoscaled', key, false, header)
    const machine = instance(type.value)
    if (machine === undefined) return
    serving.known('gpus', 'InstanceType', machine.gpuCount, type.place)
    if (machine.gpu !== null) serving.known('gpuModel', 'InstanceType', machine.gpu.name, type.place)
  })
}
