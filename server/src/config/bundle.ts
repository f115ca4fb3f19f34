/** Databricks asset bundles: `databricks.yml` with the files that it includes. Source: "Declarative Automation Bundles configuration", `include` and `variables`. */

import { define } from '../text/records.js'
import { at, entries, entry, items, map, text } from './access.js'
import type { ConfigDocument, ConfigNode } from './node.js'

/** What one file says about the bundle that it belongs to. Plain JSON. */
export interface BundleFile {
  /** Patterns of the files that it includes, where it is the bundle's own file. */
  includes?: string[]
  /** It has jobs or clusters. */
  resources: boolean
  variables: Record<string, ConfigNode>
  /** Variables that a target gives a value of its own. */
  replaced: string[]
  /** Jobs that a target changes further. */
  changed: string[]
  /** It has a target for production; with the values that it gives variables, where there is one such target. */
  production?: { target: string; values: Record<string, ConfigNode> }
}

/** What the other files of the bundle say. */
export interface BundleFacts extends Pick<BundleFile, 'replaced' | 'changed'> {
  /** With the path of the file that declares each. */
  variables: Record<string, { declared: ConfigNode; path: string }>
  production?: NonNullable<BundleFile['production']> & { path: string }
}

export const bundleName = /(^|\/)(databricks|bundle)\.ya?ml$/

export function bundleFileOf(path: string, documents: readonly ConfigDocument[]): BundleFile | undefined {
  const root = documents.length === 1 && !documents[0]!.templated ? map(documents[0]!.root) : undefined
  if (root === undefined) return undefined
  const own = bundleName.test(path) && entry(root, 'bundle') !== undefined
  const declared = map(at(root, 'variables'))
  const resources = ['jobs', 'clusters'].some((key) => map(at(root, 'resources', key)) !== undefined)
  if (!own && declared === undefined && !resources) return undefined
  const variables = Object.fromEntries(
    (declared?.entries ?? []).flatMap(({ key, value }) => (map(value) === undefined ? [] : [[key, value]])),
  )
  const includes = items(at(root, 'include')).flatMap((one) => text(one) ?? [])
  return { ...(own ? { includes } : {}), resources, variables, ...targetsOf(root) }
}

export function targetsOf(root: ConfigNode): Pick<BundleFile, 'replaced' | 'changed' | 'production'> {
  const replaced = new Set<string>()
  const changed = new Set<string>()
  for (const target of entries(at(root, 'targets'))) {
    for (const one of entries(at(target.value, 'variables'))) replaced.add(one.key)
    for (const one of entries(at(target.value, 'resources', 'jobs')))
      if (['job_clusters', 'tasks', 'timeout_seconds'].some((key) => entry(one.value, key) !== undefined))
        changed.add(one.key)
  }
  return { replaced: [...replaced], changed: [...changed], ...productionOf(root) }
}

/** The target that runs on schedule, for which the jobs are there. */
function productionOf(root: ConfigNode): Pick<BundleFile, 'production'> {
  const targets = entries(at(root, 'targets'))
  const declared = targets.filter(({ value }) => text(at(value, 'mode')) === 'production')
  const named = targets.filter(({ key }) => /^(prod|production|prd|live)$/i.test(key))
  const [only, other] = declared.length > 0 ? declared : named
  if (only === undefined || other !== undefined) return {}
  const values: Record<string, ConfigNode> = {}
  for (const { key, value } of entries(at(only.value, 'variables'))) define(values, key, value)
  return { production: { target: only.key, values } }
}
