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

/** Files with what lies under them; null: that is being found out. */
type Whole = Map<string, ConfiguredMap | null>

/** What a file holds with what lies under it; undefined: there is no such file; null: it is no configuration. */
export function valuesWithBases(
  project: ProjectFiles,
  path: string,
): Configured | null | 'pending' | undefined {
  const own = project.values(path)
  if (own === undefined || own === 'pending') return own
  return own.root?.kind === 'map' ? laid(project, path, own.root, new Map(), 0) : own.root
}

function laid(
  project: ProjectFiles,
  path: string,
  own: ConfiguredMap,
  known: Whole,
  depth: number,
): ConfiguredMap | 'pending' {
  const before = known.get(path)
  if (before != null) return before
  known.set(path, null)
  let under: ConfiguredMap | null = null
  const keys = new Set<string>()
  const namings = depth > deepest ? [] : Object.entries(own.entries).slice(0, most)
  for (const [key, value] of namings) {
    if (!naming.test(key)) continue
    for (const named of textsOf(value)) {
      const base = locate(project, path, named)
      const found = base === null || known.get(base) === null ? undefined : project.values(base)
      if (found === 'pending') return found
      if (found?.root?.kind !== 'map') continue
      const whole = laid(project, base!, found.root, known, depth + 1)
      if (whole === 'pending') return whole
      under = under === null ? whole : mergeConfigured(under, whole)
      keys.add(key)
    }
  }
  const whole = under === null ? own : mergeConfigured(under, without(own, keys))
  known.set(path, whole)
  return whole
}

function without(map: ConfiguredMap, keys: ReadonlySet<string>): ConfiguredMap {
  const entries: ConfiguredMap['entries'] = {}
  for (const [key, value] of Object.entries(map.entries)) if (!keys.has(key)) define(entries, key, value)
  return { ...map, entries }
}

/** Empty: it names no files, or not only files, or more than anybody lays under one. */
function textsOf(value: Configured): string[] {
  const texts = (value.kind === 'list' ? value.items : [value]).map((one) =>
    one.kind === 'scalar' && typeof one.value === 'string' && file.test(one.value) ? one.value : null,
  )
  return texts.length <= most && texts.every((text) => text !== null) ? texts : []
}

/** Beside the file, or below a folder above it. */
function locate(project: ProjectFiles, path: string, named: string): string | null {
  if (named.includes('://')) return null
  const home = folderOf(path)
  return [home, ...parents(home)].map((folder) => join(folder, named)).find((one) => project.has(one)) ?? null
}
