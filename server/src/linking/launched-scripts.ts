/** Scripts that are read as they are launched, and by themselves only where somebody asks for that. */
import type { FileRecord } from '../extraction/file-record.js'
import type { Launch } from '../workload/claim.js'
import { maximumBindings } from './bind-launches.js'

/** Scripts that nothing but launches speaks of, as far as their launches are known. */
export function launchedScripts(
  launches: readonly Launch[],
  scriptOf: (launch: Launch) => string | null,
): Set<string> {
  const counts = new Map<string, number>()
  for (const launch of launches) {
    const script = scriptOf(launch)
    if (script === null) continue
    // Workflows ask what a script does by itself, and so does the notebook that starts one of its cells.
    const asks = launch.asks === true || launch.location.path === script
    counts.set(script, (counts.get(script) ?? 0) + (asks ? maximumBindings + 1 : 1))
  }
  return new Set([...counts].flatMap(([path, count]) => (count <= maximumBindings ? [path] : [])))
}

/** By itself a file says nothing that other files are joined with. */
export function standsAlone({ imports, extraction, shares, writes }: FileRecord): boolean {
  return (
    imports !== null &&
    shares !== true &&
    writes === undefined &&
    extraction.subjects.length === 0 &&
    extraction.launches.length === 0 &&
    extraction.names === undefined &&
    extraction.frameworkConfig === undefined
  )
}
