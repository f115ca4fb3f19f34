/**
 * Objects that Terraform writes as resources of their own (`kubernetes_deployment`), in the words of a manifest: blocks with names in
 * snake case, a block for each item of a list. Source: provider hashicorp/kubernetes 2.30, references of the resources.
 */
import type { ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import { lookUp } from '../../text/records.js'

/** By the resource without what comes before and behind its kind. */
const kinds: Record<string, { kind: string; version: string }> = {
  deployment: { kind: 'Deployment', version: 'apps/v1' },
  stateful_set: { kind: 'StatefulSet', version: 'apps/v1' },
  pod: { kind: 'Pod', version: 'v1' },
  job: { kind: 'Job', version: 'batch/v1' },
  cron_job: { kind: 'CronJob', version: 'batch/v1' },
  horizontal_pod_autoscaler: { kind: 'HorizontalPodAutoscaler', version: 'autoscaling/v2' },
}

/** Blocks that stand for the items of a list; all others stand once. */
const lists: Record<string, string> = {
  container: 'containers',
  init_container: 'initContainers',
  env: 'env',
  env_from: 'envFrom',
  port: 'ports',
  volume: 'volumes',
  volume_mount: 'volumeMounts',
  toleration: 'tolerations',
  node_selector_term: 'nodeSelectorTerms',
  match_expressions: 'matchExpressions',
  metric: 'metrics',
}

/** The object of such a resource; null: it is none. */
export function objectOfResource(resource: ConfigMap): ConfigMap | null {
  const name = /^kubernetes_(\w+?)(_v\d+((alpha|beta)\d+)?)?$/.exec(resource.labels?.[0] ?? '')?.[1]
  const found = name === undefined ? undefined : lookUp(kinds, name)
  if (found === undefined) return null
  const { start } = resource
  const written = (key: string, value: string): ConfigEntry => ({
    key,
    keyStart: start,
    keyEnd: start,
    value: { kind: 'scalar', value, raw: value, start, end: start },
  })
  const { entries } = fromBlock(resource)
  return {
    ...resource,
    entries: [written('apiVersion', found.version), written('kind', found.kind), ...entries],
  }
}

function fromBlock(block: ConfigMap): ConfigMap {
  return { ...block, entries: block.entries.map(fromEntry) }
}

function fromEntry(given: ConfigEntry): ConfigEntry {
  const { key, value } = given
  const camel = key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  const blocks = blocksOf(value)
  // What is given as a map (`limits`, `node_selector`) has the names of its author.
  if (blocks === null) return { ...given, key: camel }
  const plural = lookUp(lists, key)
  if (plural === undefined) return { ...given, key: camel, value: fromBlock(blocks[0]!) }
  return { ...given, key: plural, value: { ...value, kind: 'list', items: blocks.map(fromBlock) } }
}

/** Null: it is an attribute. */
function blocksOf(value: ConfigNode): ConfigMap[] | null {
  if (value.kind !== 'list' || value.items.length === 0) return null
  const blocks = value.items.filter((one): one is ConfigMap => one.kind === 'map' && one.labels !== undefined)
  return blocks.length === value.items.length ? blocks : null
}
