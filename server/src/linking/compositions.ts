/** What Hydra composes for a module: by each launch that starts it, or by itself where nothing does. */
import { hydraRoot } from '../python/configured-path.js'
import type { ModuleSummary } from '../python/module.js'
import type { ConfigurationRoot } from '../text/configured.js'
import type { Launch } from '../workload/claim.js'
import type { LinkedProject } from './link-kind.js'

/** Launches of one script that are composed; more say the same. */
const mostLaunches = 20

export class Compositions {
  private readonly known = new Map<string, readonly ConfigurationRoot[]>()
  private starting: Map<string, Launch[]> | null = null

  constructor(private readonly project: LinkedProject) {}

  /** Files may have been read since. */
  forget(): void {
    this.known.clear()
    this.starting = null
  }

  of(path: string): readonly ConfigurationRoot[] {
    let found = this.known.get(path)
    if (found === undefined) {
      // It leads to what the module imports, of which launches may ask.
      this.known.set(path, [])
      found = this.compose(path)
      this.known.set(path, found)
    }
    return found
  }

  private compose(path: string): readonly ConfigurationRoot[] {
    const { project } = this
    const file = project.files.record(path)
    if (file === undefined) return []
    const launches = this.launchesOf(path)
    return (launches.length === 0 ? [null] : launches).flatMap(
      (launch) => project.configurationsOf(file, launch).values[hydraRoot] ?? [],
    )
  }

  private launchesOf(path: string): readonly Launch[] {
    if (this.starting === null) {
      this.starting = new Map()
      for (const launch of this.project.launches()) {
        const script = launch.shell === undefined ? this.project.scriptOf(launch) : null
        if (script === null) continue
        const list = this.starting.get(script)
        if (list === undefined) this.starting.set(script, [launch])
        else if (list.length < mostLaunches) list.push(launch)
      }
    }
    return this.starting.get(path) ?? []
  }
}

/** It has Hydra compose a configuration. A test does so with values of its own. */
export function composes(summary: ModuleSummary | null): boolean {
  return (
    summary !== null &&
    summary.evidence?.role !== 'test' &&
    summary.configurations?.some(({ kind }) => kind === 'hydra') === true
  )
}
