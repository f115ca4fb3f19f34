/** Definitions of AWS Batch jobs. Source: CloudFormation template reference, AWS::Batch::JobDefinition. */

import { at, entry, items, text } from '../../config/access.js'
import type { ConfigEntry, ConfigNode } from '../../config/node.js'
import { stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { ownProcesses } from '../../workload/sharing.js'
import type { Keys } from '../config-change.js'
import { claimContainer } from '../kubernetes/containers.js'
import type { ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { machineOfJob } from '../shell/job-operations.js'
import type { Resource } from './template.js'

export function readJobDefinition(claims: ClaimBuilder, context: ReaderContext, resource: Resource): void {
  const several = resource.at('NodeProperties', 'NodeRangeProperties')
  const base: Keys =
    several === undefined
      ? ['ContainerProperties']
      : ['NodeProperties', 'NodeRangeProperties', 0, 'Container']
  const container = resource.at(...base)?.node
  if (container?.kind !== 'map') return
  const gpus = gpusOf(resource, base)
  const count = effective(gpus)
  const { header, name } = resource
  const id = `${claims.path}#${resource.template.document.index}:${name}`
  const compute = claims.subject(
    'Compute',
    header,
    name,
    {
      role: 'job',
      accelerator: count === undefined ? 'maybe' : count > 0 ? 'gpu' : 'cpu',
      small: null,
      notebook: false,
    },
    id,
  )
  const own = effective(resource.text('JobDefinitionName'))
  compute.known('name', 'JobDefinitionName', own ?? name, header)
  compute.known('provider', resource.type, 'aws', header)
  // The environment of the queue decides on spot.
  compute.known('choosesCapacity', resource.type, false, header)
  compute.known('poolKind', resource.type, 'Batch compute environment', header)
  compute.known('service', resource.type, false, header)
  compute.known('trials', resource.type, false, header)
  compute.say('gpus', 'ResourceRequirements', gpus)
  const nodes = several === undefined ? 1 : (effective(resource.number('NodeProperties', 'NumNodes')) ?? null)
  if (nodes !== null) compute.known('nodes', 'NumNodes', nodes, header)
  jobSettings.claim(compute, resource)
  if (resource.has('RetryStrategy', 'EvaluateOnExit'))
    compute.known('retryFilter', 'EvaluateOnExit', 'EvaluateOnExit', header)
  const machine = machineOfJob(count, nodes, compute.subject.evidence)
  claimContainer(claims, context, asContainer(container), id, `${id}:0`, nodes, machine)
  if (several !== undefined) compute.known('sharing', 'NodeProperties', ownProcesses.nodes, header)
}

/** `ResourceRequirements: [{Type: GPU, Value: '4'}]`. */
function gpusOf(resource: Resource, base: Keys): Given<number> {
  const keys = [...base, 'ResourceRequirements']
  const listed = resource.at(...keys)?.node
  const none = resource.absent(...keys)
  if (listed !== undefined && listed.kind !== 'list') return unreadable(none, 'a number that is not readable')
  const index = items(listed).findIndex((one) => text(at(one, 'Type')) === 'GPU')
  return index < 0 ? stated(none, 0) : resource.number(...keys, index, 'Value')
}

/** Whoever sends a job may set both as well, and hardly anybody does. */
export const jobSettings = settingTable('Compute', {
  timeLimit: {
    keys: [['Timeout', 'AttemptDurationSeconds']],
    parse: asQuotedNumber,
    otherwise: null,
  },
  retries: {
    keys: [['RetryStrategy', 'Attempts']],
    parse: (value) => {
      const attempts = asQuotedNumber(value)
      return attempts === undefined ? undefined : Math.max(0, attempts - 1)
    },
    otherwise: 0,
  },
})

/** The container as Kubernetes writes one, so that one extraction serves both. */
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
