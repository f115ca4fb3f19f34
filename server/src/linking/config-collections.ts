/** Collections of framework configs, for others to choose from: what one of them leaves out costs its author nothing. */
import type { Extraction } from '../workload/claim.js'

/** From so many framework configs on that nothing in the project starts, they are a collection. */
const collectionSize = 20

/**
 * The paths of framework configs of collections: those of one framework in one folder at the top of the project, or in all folders that
 * hold few of them. What lies apart from a collection is somebody's own.
 */
export function configsOfCollections(
  extractions: ReadonlyMap<string, Extraction>,
  started: ReadonlyMap<string, unknown>,
): Set<string> {
  const byFramework = new Map<string, Map<string, string[]>>()
  for (const [path, { frameworkConfig, subjects }] of extractions) {
    if (frameworkConfig === undefined || subjects.length === 0 || started.has(path)) continue
    const folders = byFramework.get(frameworkConfig.framework) ?? new Map<string, string[]>()
    byFramework.set(frameworkConfig.framework, folders)
    const folder = path.slice(0, Math.max(path.indexOf('/'), 0))
    const paths = folders.get(folder)
    if (paths === undefined) folders.set(folder, [path])
    else paths.push(path)
  }
  const found = new Set<string>()
  for (const folders of byFramework.values()) {
    const all = [...folders.values()]
    const spread = all.filter(({ length }) => length < collectionSize).flat()
    const large = all.filter(({ length }) => length >= collectionSize).flat()
    for (const path of [...large, ...(spread.length >= collectionSize ? spread : [])]) found.add(path)
  }
  return found
}
