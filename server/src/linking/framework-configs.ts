/** Framework configs: files that a framework's own program trains by, with what they inherit, and the launches that name them. */

import type { FileRecord } from '../extraction/file-record.js'
import { inheritedConfiguration } from '../link/inherited-configuration.js'
import { folderOf, join, parents } from '../link/paths.js'
import type { Configured, ConfiguredMap } from '../text/configured.js'
import { define } from '../text/records.js'
import type { Launch } from '../workload/claim.js'
import type { Around, LinkedProject, LinkKind } from './link-kind.js'
import type { ProjectFiles } from './project-files.js'
import type { Questions } from './questions.js'

export interface FrameworkConfiguration {
  root: ConfiguredMap | null
}

const none: FrameworkConfiguration = { root: null }

/** Framework configs are read with what they inherit, other files with the configuration files that they name. */
export class FrameworkConfigLinks implements LinkKind {
  private readonly linker: FrameworkConfigLinker

  constructor(private readonly project: LinkedProject) {
    this.linker = new FrameworkConfigLinker(project.files, project.questions)
  }

  follow(): void {
    for (const file of this.project.files.readRecords()) this.around(file)
  }

  around(file: FileRecord): Around {
    const { root } = this.linker.of(file)
    return {
      ...(root === null ? {} : { inherited: root }),
      ...(file.extraction.names === undefined ? {} : { named: this.linker.named(file) }),
    }
  }
}

export class FrameworkConfigLinker {
  constructor(
    private readonly files: ProjectFiles,
    private readonly questions: Questions,
  ) {}

  /** The framework config with what it inherits; nothing for a file that is none, or that stands alone. */
  of(record: FileRecord): FrameworkConfiguration {
    if (record.extraction.frameworkConfig?.inherits !== true) return none
    const compose = () => inheritedConfiguration(record.path, (path) => this.files.content(path))
    return this.questions.ask(`inherited ${record.path}`, compose).answer
  }

  /** Configuration files that a file names, relative to its folder, by the path as written. */
  named(record: FileRecord): Record<string, Configured> {
    const found: Record<string, Configured> = {}
    const home = folderOf(record.path)
    for (const { path: name, above } of record.extraction.names ?? []) {
      if (/^[/~]|:/.test(name)) continue
      const folders = above ? [home, ...parents(home)] : [home]
      const path = folders.map((folder) => join(folder, name)).find((one) => this.files.has(one))
      const content = path === undefined ? undefined : this.files.content(path)
      if (content !== undefined && content !== 'pending' && content.values != null)
        define(found, name, content.values)
    }
    return found
  }

  /** The framework config that a launch names; undefined: none of this project. */
  namedBy(launch: Launch, script: string | null): FileRecord | undefined {
    const home = folderOf(launch.location.path)
    const folders = [
      ...launch.program.bases.flatMap((base) => [join(home, base), base]),
      home,
      ...parents(home),
      ...(script === null ? [] : [folderOf(script), ...parents(folderOf(script))]),
    ]
    for (const path of namedFiles(launch)) {
      if (path.startsWith('/') || path.includes('://')) continue
      for (const folder of folders) {
        const record = this.files.record(join(folder, path))
        if (record?.extraction.frameworkConfig !== undefined) return record
      }
    }
    return undefined
  }
}

/** Words of a launch that may name what it trains by. */
function namedFiles(launch: Launch): string[] {
  const words = [...Object.values(launch.flags), ...launch.positionals].map(({ value }) => value)
  const modules = words.filter((word): word is string => typeof word === 'string' && /\.py$/.test(word))
  return [...launch.files.map((file) => file.path), ...modules]
}
