/** Scripts read configuration files, and hand what stands there to the modules that they import. */
import type { FileRecord } from '../extraction/file-record.js'
import { folderOf } from '../link/paths.js'
import { asFile } from '../python/configured-file.js'
import { rootIn } from '../python/configured-plain.js'
import type { PassedArguments } from '../python/module.js'
import { define } from '../text/records.js'
import type { Binding } from '../workload/claim.js'
import { seenModules } from './configurations.js'
import type { Around, LinkedProject, LinkKind } from './link-kind.js'

export class ConfigurationLinks implements LinkKind {
  constructor(private readonly project: LinkedProject) {}

  follow(): void {
    const { project } = this
    for (const file of project.files.readRecords())
      if (project.summaryOf(file.path)?.configurations !== undefined) project.configurationsOf(file, null)
    for (const file of project.files.readRecords())
      for (const { args } of project.summaryOf(file.path)?.outward ?? [])
        for (const { path } of filesNamed(args ?? []))
          project.configurationNamed(path, [folderOf(file.path)], false)
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
    const imported = [...project.importsOf(file).values()].flatMap((path) => project.summaryOf(path) ?? [])
    const given = project.callsInto(file.path).flatMap(({ args }) => args ?? [])
    const named = filesNamed(given).filter(({ path }) => !Object.hasOwn(values, path))
    const folders = named.length === 0 ? [] : [file.path, ...project.importersOf(file.path)].map(folderOf)
    for (const { path, overridable } of named) {
      const root = project.configurationNamed(path, folders, overridable)
      if (root !== null) define(values, path, root)
    }
    const passed = given.flatMap(({ path }) => path ?? [])
    for (const path of seenModules(imported, passed)) {
      const module = project.files.record(path)
      if (module === undefined) continue
      const theirs = project.configurationsOf(module, null)
      for (const [key, value] of Object.entries(theirs.values)) define(values, rootIn(path, key), value)
    }
    return Object.keys(values).length === 0 ? {} : { configurations: values }
  }
}

/** `Trainer('config/model.yaml')`: files that a call names to what it calls. */
function filesNamed(given: PassedArguments): { path: string; overridable: boolean }[] {
  return given.flatMap(({ value }) => {
    const path = value.state === 'known' ? asFile(value.value) : null
    return path === null || value.state !== 'known' ? [] : [{ path, overridable: value.overridable }]
  })
}
