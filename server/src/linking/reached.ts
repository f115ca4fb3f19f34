/** Which files of a project run: those that something starts, and what they import. */
import type { LinkedLaunch } from './runs.js'

/** Paths that can be reached along imports from entry points and what launches start, those among them. */
export function reachedFrom(
  entries: ReadonlySet<string>,
  launches: readonly LinkedLaunch[],
  imported: ReadonlyMap<string, string[]>,
): Set<string> {
  const reached = new Set(entries)
  // What a server imports runs when it is asked for.
  for (const { script, launch } of launches)
    if (script !== null && launch.serves !== true) reached.add(script)
  for (const { frameworkConfig } of launches) if (frameworkConfig !== null) reached.add(frameworkConfig.path)
  // What is added while the set is walked over is visited as well.
  for (const path of reached) for (const next of imported.get(path) ?? []) reached.add(next)
  return reached
}
