/**
 * Which YAML documents are tasks of SkyPilot, and the machines that they ask for. Source: skypilot, sky/utils/schemas.py
 * (`get_task_schema`, `_get_single_resources_schema`).
 */
import { at, entry, items, map, written } from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import { lookUp } from '../../text/records.js'
import type { Place } from '../../workload/builder.js'
import type { ComputeSettings } from '../../workload/resource-kinds.js'
import { keyedPlace } from '../config-change.js'

const taskKeys = new Set([
  'name',
  'workdir',
  'event_callback',
  'num_nodes',
  'resources',
  'file_mounts',
  'service',
  'pool',
  'setup',
  'run',
  'envs',
  'secrets',
  'managed_secrets',
  'inputs',
  'outputs',
  'volumes',
  'volume_mounts',
  'config',
  'experimental',
  'api_server_access',
  '_metadata',
])
/** Keys by which the request for machines is one of SkyPilot's. */
const resourceKeys = [
  'accelerators',
  'instance_type',
  'use_spot',
  'cloud',
  'infra',
  'any_of',
  'ordered',
  'cpus',
]

export interface Task {
  document: ConfigDocument
  root: ConfigMap
  resources: ConfigNode
  /** Candidates of `any_of` and `ordered`, each laid over what is common to all; one without them. */
  candidates: (ConfigNode | undefined)[]
  place: Place
}

export function taskOf(document: ConfigDocument): Task | null {
  const root = map(document.root)
  if (root === undefined || !root.entries.every((one) => taskKeys.has(one.key))) return null
  const resources = entry(root, 'resources')
  if (resources === undefined || map(resources.value) === undefined) return null
  if (entry(root, 'run') === undefined && entry(root, 'setup') === undefined) return null
  if (!resourceKeys.some((key) => entry(resources.value, key) !== undefined)) return null
  const several = [...items(at(resources.value, 'any_of')), ...items(at(resources.value, 'ordered'))]
  return {
    document,
    root,
    resources: resources.value,
    candidates: several.length === 0 ? [undefined] : several,
    place: keyedPlace({ start: resources.keyStart, end: resources.keyEnd }, document.index, ['resources']),
  }
}

/** `any_of` and `ordered` may say something else for each candidate. */
export function candidatesDiffer(task: Task, key: string): boolean {
  return task.candidates.some((one) => entry(one, key) !== undefined)
}

export const clouds: Record<string, ComputeSettings['provider']> = {
  aws: 'aws',
  gcp: 'gcp',
  azure: 'azure',
  kubernetes: 'kubernetes',
  k8s: 'kubernetes',
}

/** The cloud that the task names; empty where it leaves the choice. */
export function cloudNamed(resources: ConfigNode | undefined): string {
  const named = written(at(resources, 'infra')) ?? written(at(resources, 'cloud')) ?? ''
  return named.split('/')[0]!.toLowerCase()
}

export function onPods(resources: ConfigNode | undefined): boolean {
  return lookUp(clouds, cloudNamed(resources)) === 'kubernetes'
}
