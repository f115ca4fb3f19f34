/**
 * Machines and endpoints in templates of CloudFormation that stay until something stops them. Source: CloudFormation
 * template reference; SageMaker developer guide, "Idle shutdown".
 */

import { instance } from '../../catalog/instances.js'
import { at, items, wordsBelow } from '../../config/access.js'
import type { Place } from '../../text/origin.js'
import { convert, opaque, orDefault } from '../../values/operations.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import {
  claimMachineRequest,
  claimType,
  mayEndMachine,
  servesByName,
  servingScript,
  trainsByName,
  workstation,
} from '../machine-claims.js'
import { claimVariant } from '../sagemaker/endpoint-claims.js'
import { mayStop, neverCalled } from './notebook-script.js'
import { scalesEndpoints } from './scalable-target.js'
import type { Resource } from './template.js'

/** Null: its machine cannot be read. */
function start(
  claims: ClaimBuilder,
  resource: Resource,
  type: Given<string>,
  shown: Place,
  interactive = true,
): SubjectBuilder<'Compute'> | null {
  if (effective(type) === undefined) return null
  const compute = claimMachineRequest(claims, null, {
    provider: 'aws',
    interactive,
    place: shown,
    site: shown,
    scope: resource.name,
  })
  claimType(compute, 'InstanceType', type)
  return compute
}

/** A notebook instance can stop by itself only by a script of its lifecycle configuration. */
export function readNotebookInstance(claims: ClaimBuilder, resource: Resource): void {
  const compute = start(claims, resource, resource.text('InstanceType'), resource.header)
  if (compute === null) return
  compute.known('managedBy', resource.type, 'sagemaker', resource.header)
  const key = 'LifecycleConfigName'
  const scripts = resource.template.referred(at(resource.properties, key))
  if (scripts?.properties !== undefined && !mayStop(scripts.properties))
    compute.default('idleStop', neverCalled, null, resource.header)
  else compute.say('idleStop', key, orDefault(opaque(resource.get(key), 'a script may stop it'), null))
}

const apps = ['JupyterLabAppSettings', 'CodeEditorAppSettings']

/** Apps of a domain, a user or a space, on the type that is given for them. `base`: where its settings stand. */
export function readApps(claims: ClaimBuilder, resource: Resource, base: string): void {
  for (const app of apps) {
    const type = resource.text(base, app, 'DefaultResourceSpec', 'InstanceType')
    const place: Place = type.site
    const compute = start(claims, resource, type, place)
    if (compute === null) continue
    compute.known('managedBy', app, 'sagemaker', place)
    // A user and a space take over what the domain says.
    if (base !== 'DefaultUserSettings') continue
    const settings = [base, app, 'AppLifecycleManagement']
    const state = resource.text(...settings, 'IdleSettings', 'LifecycleManagement')
    if (effective(state) === 'DISABLED')
      compute.say(
        'idleStop',
        'LifecycleManagement',
        convert(state, () => null),
      )
    else if (resource.has(...settings)) compute.unknown('idleStop', 'IdleSettings', 'it is given', place)
    else {
      const missing = resource.absent(...settings, 'IdleSettings', 'LifecycleManagement')
      compute.say('idleStop', 'IdleSettings', orDefault({ ...missing, location: type.location }, null))
    }
  }
}

/** What stops a machine from outside of it, anywhere in the template. */
const stoppers = /Scheduler|Events::Rule|CloudWatch::Alarm|SSM::Maintenance|Budgets|AutoScaling/

/** A single machine with accelerators; services are left alone. */
export function readInstance(claims: ClaimBuilder, resource: Resource): void {
  const type = resource.text('InstanceType')
  if ((instance(effective(type) ?? '')?.gpuCount ?? 0) < 1) return
  const words = resource.words('Tags').join(' ')
  const byHand = workstation.test(words)
  const script = scriptOf(resource)
  const serves = servesByName.test(words) || servingScript.test(script ?? '')
  if (!byHand && !trainsByName.test(words) && serves) return
  const compute = start(claims, resource, type, resource.header, byHand)
  if (compute === null) return
  const given =
    ['InstanceInitiatedShutdownBehavior', 'LaunchTemplate'].find((key) => resource.has(key)) ??
    (script === null || mayEndMachine.test(script) ? 'UserData' : undefined) ??
    [...resource.template.resources()].find((other) => stoppers.test(other.type))?.type
  // What runs on it, and who stops it, is not in the template.
  if (given !== undefined) compute.unknown('idleStop', given, 'it may stop by itself', resource.header)
  else compute.say('idleStop', 'AWS::Scheduler::Schedule', orDefault(resource.absent(), null, true))
}

/** What the machine runs at its start, '' where that is nothing; null: it cannot be read, or goes on with what is said elsewhere. */
function scriptOf({ properties }: Resource): string | null {
  const given = at(properties, 'UserData')
  if (given === undefined) return ''
  const text = wordsBelow([given], new Set(['Fn::Base64', 'Fn::Sub', 'Fn::Join'])).join(' ')
  return /\s/.test(text) && !/cfn-init/.test(text) ? text : null
}

/** An endpoint's instances, and whether anything in the template scales them. */
export function readEndpointConfiguration(claims: ClaimBuilder, resource: Resource): void {
  const { header } = resource
  const scaled = scalesEndpoints(resource.template)
  for (const index of items(resource.at('ProductionVariants')?.node).keys()) {
    const type = resource.text('ProductionVariants', index, 'InstanceType')
    const count = resource.number('ProductionVariants', index, 'InitialInstanceCount')
    if (effective(type) === undefined || effective(count) === undefined) continue
    const serving = claims.subject('Serving', count.site, resource.name, {
      role: 'job',
      accelerator: 'maybe',
      small: null,
      notebook: false,
    })
    serving.subject.id = `${serving.subject.id}:${resource.name}:${index}`
    claimVariant(serving, {
      platform: resource.type,
      purpose: 'ProductionVariants',
      place: header,
      tornDown: false,
      machine: { key: 'InstanceType', value: type },
      replicas: { key: 'InitialInstanceCount', value: count },
      scaling: {
        key: 'AWS::ApplicationAutoScaling::ScalableTarget',
        scaled: scaled || resource.has('ProductionVariants', index, 'ManagedInstanceScaling'),
      },
    })
  }
}
