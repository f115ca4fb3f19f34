/**
 * Databricks asset bundles (`databricks.yml` and the files that it includes) and requests of the Jobs and Clusters API
 * in JSON. Source: schema of bundles (databricks/cli), reference of the Jobs API 2.1 and 2.2.
 */
import { at, entries, entry, items, map } from '../../config/access.js'
import { type BundleFacts, targetsOf } from '../../config/bundle.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { type Keys, keyedPlace } from '../config-change.js'
import { defineReader } from '../reader.js'
import { changeDatabricks } from './change.js'
import { BundleVariables, ConfigFields } from './fields.js'
import { readJob, scheduledJobSettings } from './job.js'
import { claimStandingCluster, requestSettings } from './standing-cluster.js'

export const databricksReader = defineReader({
  name: 'databricks',
  title: 'Databricks',
  settings: [scheduledJobSettings, requestSettings],
  languages: ['yaml', 'json'],
  triggers: [
    'new_cluster',
    'job_clusters',
    'spark_version',
    'existing_cluster_id',
    'environment_key',
    'notebook_task',
    'spark_python_task',
    'python_wheel_task',
  ],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) readDocument(claims, document, facts.bundle)
  },
  change: changeDatabricks,
})

const taskKeys = [
  'notebook_task',
  'spark_python_task',
  'python_wheel_task',
  'spark_jar_task',
  'spark_submit_task',
]

function readDocument(claims: ClaimBuilder, document: ConfigDocument, around: BundleFacts | undefined): void {
  const root = map(document.root)
  if (root === undefined || document.templated) return
  const bundle = bundleOf(root, around)
  if (entry(root, 'resources') !== undefined) {
    for (const job of entries(at(root, 'resources', 'jobs'))) {
      const keys = ['resources', 'jobs', job.key]
      const shown = { start: job.keyStart, end: job.keyEnd }
      readJobAt(claims, document, job.value, keys, shown, job.key, bundle)
    }
    for (const cluster of entries(at(root, 'resources', 'clusters'))) {
      const keys = ['resources', 'clusters', cluster.key]
      const shown = { start: cluster.keyStart, end: cluster.keyEnd }
      readClusterAt(claims, document, cluster.value, keys, shown, cluster.key, bundle, false)
    }
    return
  }
  // The deployment file of dbx holds jobs for each of its environments.
  for (const environment of entries(at(root, 'environments')))
    for (const list of ['workflows', 'jobs'])
      items(at(environment.value, list)).forEach((node, index) => {
        const job = map(node)
        const first = job?.entries[0]
        if (job === undefined || first === undefined || !isJob(job)) return
        const keys = ['environments', environment.key, list, index]
        const shown = { start: first.keyStart, end: first.value.end }
        readJobAt(claims, document, job, keys, shown, `${environment.key}.${index}`, bundle)
      })
  // `databricks jobs get` wraps what was asked for.
  for (const keys of [[], ['settings'], ['new_settings']] as Keys[]) {
    const job = map(at(root, ...keys))
    if (job === undefined || !isJob(job)) continue
    const first = job.entries[0]!
    readJobAt(claims, document, job, keys, { start: first.keyStart, end: first.value.end }, 'job', bundle)
    return
  }
  if (entry(root, 'spark_version') !== undefined && entry(root, 'cluster_name') !== undefined) {
    const name = entry(root, 'cluster_name')!
    const shown = { start: name.keyStart, end: name.value.end }
    readClusterAt(claims, document, root, [], shown, 'cluster', bundle, true)
  }
}

/** Others have jobs and clusters too: what makes it one of these are its tasks. */
function isJob(node: ConfigMap): boolean {
  const own = ['new_cluster', 'existing_cluster_id'].some((key) => entry(node, key) !== undefined)
  if (own) return taskKeys.some((key) => entry(node, key) !== undefined)
  if (entry(node, 'tasks')?.value.kind !== 'list') return false
  if (entry(node, 'job_clusters') !== undefined) return true
  return taskListOf(node).some((task) => taskKeys.some((key) => entry(task, key) !== undefined))
}

function taskListOf(node: ConfigMap): ConfigNode[] {
  const tasks = entry(node, 'tasks')?.value
  return tasks?.kind === 'list' ? tasks.items : []
}

interface Bundle {
  variables: BundleVariables
  /** Jobs that a target changes further. */
  changed: ReadonlySet<string>
}

function bundleOf(root: ConfigMap, around: BundleFacts | undefined): Bundle {
  const own = targetsOf(root)
  return {
    variables: new BundleVariables(
      at(root, 'variables'),
      new Set([...own.replaced, ...(around?.replaced ?? [])]),
      around?.variables ?? {},
      own.production === undefined ? around?.production : { ...own.production, path: null },
    ),
    changed: new Set([...own.changed, ...(around?.changed ?? [])]),
  }
}

function readJobAt(
  claims: ClaimBuilder,
  document: ConfigDocument,
  node: ConfigNode,
  keys: Keys,
  shown: Place,
  key: string,
  bundle: Bundle,
): void {
  const job = map(node)
  if (job === undefined) return
  const fields = new ConfigFields(
    claims,
    job,
    keys,
    document.index,
    shown,
    bundle.variables,
    bundle.changed.has(key),
  )
  readJob(claims, fields, { key, place: shown, site: keyedPlace(shown, document.index, keys) })
}

function readClusterAt(
  claims: ClaimBuilder,
  document: ConfigDocument,
  node: ConfigNode,
  keys: Keys,
  shown: Place,
  key: string,
  bundle: Bundle,
  request: boolean,
): void {
  const cluster = map(node)
  if (cluster === undefined) return
  const fields = new ConfigFields(claims, cluster, keys, document.index, shown, bundle.variables, false)
  claimStandingCluster(claims, fields, key, shown, request)
}
