/**
 * Configuration files that name the file which lies under them, by a key of the program's own making (`_base_: base.yaml`,
 * `extends: ../common.yaml`), where that is a file of the project.
 */
import { folderOf, join, parents } from '../link/paths.js'
import type { Configured, ConfiguredMap } from '../text/configured.js'
import { mergeConfigured } from '../text/merge-configured.js'
import { define } from '../text/records.js'
import type { ProjectFiles } from './project-files.js'

const naming = /^(_*base_*|base_?(config|cfg|file)s?|extends?|inherits?(_?from)?|parents?(_?(config|cfg))?)$/i
const file = /\.(ya?ml|json|toml)$/i
const deepest = 6
const most = 30

/** What a file holds with what lies under it; undefined: there is no such file; null: it is no configuration. */
export function valuesWithBases(
  project: ProjectFiles,
  path: string,
): Configured | null | 'pending' | undefined {
  const own = project.values(path)
  if (own === undefined || own === 'pending') return own
  return own.root?.kind === 'map' ? laid(project, path, own.root, [path]) : own.root
}

function laid(
  project: ProjectFiles,
  path: string,
  own: ConfiguredMap,
  seen: readonly string[],
): ConfiguredMap | 'pending' {
  let under: ConfiguredMap | null = null
  const keys: string[] = []
  for (const [key, value] of Object.entries(own.entries).slice(0, most)) {
    if (!naming.test(key)) continue
    const named = textsOf(value)
    const paths = named.map((one) => locate(project, path, one))
    if (named.length === 0 || seen.length > deepest) continue
    for (const base of paths) {
      const found = base === null || seen.includes(base) ? undefined : project.values(base)
      if (found === 'pending') return found
      if (found?.root?.kind !== 'map') continue
      const whole = laid(project, base!, found.root, [...seen, base!])
      if (whole === 'pending') return whole
      under = under === null ? whole : mergeConfigured(under, whole)
      keys.push(key)
    }
  }
  if (under === null) return own
  const entries: ConfiguredMap['entries'] = {}
  for (const [key, value] of Object.entries(own.entries)) if (!keys.includes(key)) define(entries, key, value)
  return mergeConfigured(under, { ...own, entries })
}

function textsOf(value: Configured): string[] {
  const texts = (value.kind === 'list' ? value.items : [value]).map((one) =>
    one.kind === 'scalar' && typeof one.value === 'string' && file.test(one.value) ? one.value : null,
  )
  return texts.every((text) => text !== null) ? texts : []
}

/** Beside the file, or below a folder above it. */
function locate(project: ProjectFiles, path: string, named: string): string | null {
  if (named.includes('://')) return null
  const home = folderOf(path)
  return [home, ...parents(home)].map((folder) => join(folder, named)).find((one) => project.has(one)) ?? null
}
