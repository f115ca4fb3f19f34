/**
 * Constructs of the second layer for AWS Batch, as the resources of the first that they make. Source: CDK reference for Python,
 * aws_cdk.aws_batch (ManagedEc2EcsComputeEnvironment, EcsJobDefinition, EcsEc2ContainerDefinition).
 */
import { entry } from '../../config/access.js'
import type { ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'

const constructs: [RegExp, string][] = [
  [/^aws_cdk\.aws_batch(_alpha)?\.ManagedEc2EcsComputeEnvironment$/, 'AWS::Batch::ComputeEnvironment'],
  [/^aws_cdk\.aws_batch(_alpha)?\.EcsJobDefinition$/, 'AWS::Batch::JobDefinition'],
]

/** Null: the construct is none of Batch that is read. */
export function batchResource(name: string): string | null {
  return constructs.find(([pattern]) => pattern.test(name))?.[1] ?? null
}

/** Properties of the construct as those of its resource, each where it is written. */
export function batchProperties(own: ConfigMap, type: string): ConfigMap {
  return type === 'AWS::Batch::JobDefinition' ? jobDefinition(own) : computeEnvironment(own)
}

function computeEnvironment(own: ConfigMap): ConfigMap {
  const spot = entry(own, 'Spot')
  const isSpot = spot?.value.kind === 'scalar' ? spot.value.value === true : spot === undefined ? false : null
  const kind: ConfigEntry[] =
    isSpot === null ? [] : [property(own, spot, 'Type', scalar(spot?.value ?? own, isSpot ? 'SPOT' : 'EC2'))]
  return {
    ...own,
    entries: [
      ...kept(own, 'ComputeEnvironmentName', 'Tags'),
      within(own, 'ComputeResources', [...kind, ...kept(own, 'InstanceTypes', 'MinvCpus', 'MaxvCpus')]),
    ],
  }
}

function jobDefinition(own: ConfigMap): ConfigMap {
  const container = entry(own, 'Container')
  const held = container?.value.kind === 'map' ? container.value : null
  const attempts = entry(own, 'RetryAttempts')
  const filter = entry(own, 'RetryStrategies')
  const timeout = entry(own, 'Timeout')
  const retries = [
    ...(attempts === undefined ? [] : [{ ...attempts, key: 'Attempts' }]),
    ...(filter === undefined ? [] : [{ ...filter, key: 'EvaluateOnExit' }]),
  ]
  return {
    ...own,
    entries: [
      ...kept(own, 'JobDefinitionName', 'Tags'),
      ...(retries.length === 0 ? [] : [within(own, 'RetryStrategy', retries)]),
      ...(timeout === undefined
        ? []
        : [within(own, 'Timeout', [{ ...timeout, key: 'AttemptDurationSeconds' }])]),
      ...(held === null ? [] : [property(own, container, 'ContainerProperties', containerProperties(held))]),
    ],
  }
}

function containerProperties(own: ConfigMap): ConfigMap {
  const gpu = entry(own, 'Gpu')
  const environment = entry(own, 'Environment')
  const requirements: ConfigNode[] =
    gpu === undefined
      ? []
      : [mapOf(gpu.value, [property(own, gpu, 'Type', scalar(gpu.value, 'GPU')), { ...gpu, key: 'Value' }])]
  const variables =
    environment?.value.kind === 'map'
      ? environment.value.entries.map((one) =>
          mapOf(one.value, [
            property(own, one, 'Name', scalar(one.value, one.key)),
            { ...one, key: 'Value' },
          ]),
        )
      : []
  const list = (key: string, from: ConfigEntry | undefined, items: ConfigNode[]): ConfigEntry[] =>
    from === undefined || items.length === 0
      ? []
      : [property(own, from, key, { kind: 'list', items, start: from.value.start, end: from.value.end })]
  return {
    ...own,
    entries: [
      ...kept(own, 'Image', 'Command'),
      ...list('ResourceRequirements', gpu, requirements),
      ...list('Environment', environment, variables),
    ],
  }
}

const kept = (own: ConfigMap, ...keys: string[]): ConfigEntry[] =>
  keys.flatMap((key) => entry(own, key) ?? [])

/** A property that the construct has no word of its own for. */
function within(own: ConfigMap, key: string, entries: ConfigEntry[]): ConfigEntry {
  return property(own, undefined, key, mapOf(own, entries))
}

function property(
  own: ConfigMap,
  from: ConfigEntry | undefined,
  key: string,
  value: ConfigNode,
): ConfigEntry {
  const { keyStart, keyEnd } = from ?? { keyStart: own.start, keyEnd: own.end }
  return { key, keyStart, keyEnd, value }
}

const mapOf = ({ start, end }: ConfigNode, entries: ConfigEntry[]): ConfigMap => ({
  kind: 'map',
  entries,
  start,
  end,
})

const scalar = ({ start, end }: ConfigNode, value: string): ConfigNode => ({
  kind: 'scalar',
  value,
  raw: value,
  start,
  end,
})
