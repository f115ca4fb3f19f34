/** Definitions of AWS Batch jobs. Source: CloudFormation template reference, AWS::Batch::JobDefinition. */
import { at, entry, items, text } from '../../config/access.js'
import type { ConfigEntry, ConfigNode } from '../../config/node.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Keys } from '../config-change.js'
import { claimContainer } from '../kubernetes/containers.js'
import type { ReaderContext } from '../reader.js'
import type { Resource } from './template.js'

export function readJobDefinition(claims: ClaimBuilder, context: ReaderContext, resource: Resource): void {
  const several = resource.get('NodeProperties', 'NodeRangeProperties')
  const base: Keys =
    several === undefined
      ? ['ContainerProperties']
      : ['NodeProperties', 'NodeRangeProperties', 0, 'Container']
  const container = resource.get(...base)?.node
  if (container?.kind !== 'map') return
  const gpus = gpusOf(resource, base)
  const { header, name } = resource
  const id = `${claims.path}#${resource.template.document.index}:${name}`
  const compute = claims.subject(
    'Compute',
    header,
    name,
    {
      role: 'job',
      accelerator: gpus === null ? 'maybe' : gpus.count > 0 ? 'gpu' : 'cpu',
      small: null,
      notebook: false,
    },
    id,
  )
  const own = resource.text('JobDefinitionName')
  compute.known('name', 'JobDefinitionName', own.state === 'known' ? own.value : name, header)
  compute.known('provider', resource.type, 'aws', header)
  // The environment of the queue decides on spot.
  compute.known('choosesCapacity', resource.type, false, header)
  compute.known('service', resource.type, false, header)
  compute.known('trials', resource.type, false, header)
  if (gpus === null) compute.unknown('gpus', 'ResourceRequirements', 'a number that is not readable', header)
  else compute.known('gpus', 'ResourceRequirements', gpus.count, gpus.place, gpus.options)
  const nodes = several === undefined ? 1 : numberOf(resource, 'NodeProperties', 'NumNodes')
  if (nodes !== null) compute.known('nodes', 'NumNodes', nodes, header)
  claimLimits(compute, resource)
  claimContainer(claims, context, asContainer(container), id, `${id}:0`, nodes)
  if (several !== undefined) compute.known('sharing', 'NodeProperties', 'nodes of one job', header)
}

function numberOf(resource: Resource, ...keys: Keys): number | null {
  const said = resource.number(...keys)
  return said.state === 'known' ? said.value : null
}

/** `ResourceRequirements: [{Type: GPU, Value: '4'}]`; null: it cannot be read. */
function gpusOf(resource: Resource, base: Keys) {
  const listed = resource.get(...base, 'ResourceRequirements')
  const none = { count: 0, place: resource.header, options: {} }
  if (listed === undefined) return none
  if (listed.node.kind !== 'list') return null
  const index = items(listed.node).findIndex((one) => text(at(one, 'Type')) === 'GPU')
  if (index < 0) return none
  const said = resource.number(...base, 'ResourceRequirements', index, 'Value')
  return said.state === 'known' ? { count: said.value, place: said.place, options: said.options } : null
}

/** Whoever sends a job may set both of these as well. */
function claimLimits(compute: SubjectBuilder<'Compute'>, resource: Resource): void {
  const { header } = resource
  const key = 'AttemptDurationSeconds'
  const limit = resource.number('Timeout', key)
  if (limit.state === 'known') compute.known('timeLimit', key, limit.value, limit.place, limit.options)
  else if (limit.state === 'unknown') compute.unknown('timeLimit', key, limit.because, limit.place)
  else compute.default('timeLimit', key, null, header, { ...resource.absent(), overridable: true })
  const attempts = resource.number('RetryStrategy', 'Attempts')
  if (attempts.state === 'known')
    compute.known('retries', 'Attempts', Math.max(0, attempts.value - 1), attempts.place, attempts.options)
  else if (attempts.state === 'unknown')
    compute.unknown('retries', 'Attempts', attempts.because, attempts.place)
  else compute.default('retries', 'Attempts', 0, header, resource.absent())
  if (resource.has('RetryStrategy', 'EvaluateOnExit'))
    compute.known('retryFilter', 'EvaluateOnExit', 'EvaluateOnExit', header)
}

/** The container as Kubernetes writes one, so that one reading serves both. */
function asContainer(node: ConfigNode & { kind: 'map' }): ConfigNode {
  const named = (key: string, as: string): ConfigEntry[] => {
    const found = entry(node, key)
    return found === undefined ? [] : [{ ...found, key: as }]
  }
  const variables = items(at(node, 'Environment')).map((one): ConfigNode => {
    if (one.kind !== 'map') return one
    return { ...one, entries: one.entries.map((each) => ({ ...each, key: each.key.toLowerCase() })) }
  })
  const environment = entry(node, 'Environment')
  return {
    ...node,
    entries: [
      ...named('Image', 'image'),
      ...named('Command', 'args'),
      ...(environment?.value.kind === 'list'
        ? [{ ...environment, key: 'env', value: { ...environment.value, items: variables } }]
        : []),
    ],
  }
}
