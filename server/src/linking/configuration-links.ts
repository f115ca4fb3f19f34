/** Scripts read configuration files, and hand what stands there to the modules that they import. */
import type { FileRecord } from '../extraction/analyzer.js'
import { hydraRoot } from '../python/configured-path.js'
import { rootIn } from '../python/configured-plain.js'
import type { HandedConfiguration, ModuleSummary } from '../python/module.js'
import { define } from '../text/records.js'
import type { Binding } from '../workload/claim.js'
import { composes } from './compositions.js'
import { handedTo, seenModules } from './configurations.js'
import { configuredParts } from './configured-calls.js'
import type { Around, LinkedProject, LinkKind } from './link-kind.js'

export class ConfigurationLinks implements LinkKind {
  constructor(private readonly project: LinkedProject) {}

  follow(): void {
    const { project } = this
    for (const file of project.files.readRecords())
      if (project.summaryOf(file.path)?.configurations !== undefined) project.configurationsOf(file, null)
    for (const launch of project.launches()) {
      const path = launch.shell === undefined ? project.scriptOf(launch) : null
      const script = path === null ? undefined : project.files.record(path)
      if (script !== undefined) project.configurationsOf(script, launch)
    }
  }

  /** Its own configurations, and what importers hand to it. */
  around(file: FileRecord, binding: Binding | null): Around {
    const { project } = this
    const values = { ...project.configurationsOf(file, binding?.launch ?? null).values }
    const handed: HandedConfiguration[] = []
    for (const path of project.importersOf(file.path)) {
      const summary = project.summaryOf(path)
      const importer = summary === null ? undefined : project.files.record(path)
      if (summary === null || importer === undefined) continue
      const parts = [...(summary.handed ?? []), ...this.composedParts(importer, summary)]
      handed.push(
        ...handedTo(parts, importer.path, file.path, (target) => project.definitionOf(importer, target)),
      )
    }
    const imported = [...project.importsOf(file).values()].flatMap((path) => project.summaryOf(path) ?? [])
    for (const path of seenModules(imported, handed)) {
      const module = project.files.record(path)
      if (module === undefined) continue
      const theirs = project.configurationsOf(module, null)
      for (const [key, value] of Object.entries(theirs.values)) define(values, rootIn(path, key), value)
    }
    return {
      ...(Object.keys(values).length === 0 ? {} : { configurations: values }),
      ...(handed.length === 0 ? {} : { handed }),
    }
  }

  /** Parts of what a module has Hydra compose that are arguments of what a `_target_` names. */
  private composedParts(file: FileRecord, summary: ModuleSummary): HandedConfiguration[] {
    const composed = composes(summary)
      ? this.project.configurationsOf(file, null).values[hydraRoot]
      : undefined
    return composed === undefined ? [] : configuredParts(composed.root, (keys) => ({ root: hydraRoot, keys }))
  }
}
