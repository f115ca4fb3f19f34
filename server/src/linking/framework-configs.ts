/** Framework configs: files that a framework's own program trains by, with what they inherit, and the launches that name them. */

import type { FileRecord } from '../extraction/analyzer.js'
import {
  type ConfigurationContent,
  type Inherited,
  inheritedConfiguration,
} from '../link/inherited-configuration.js'
import { folderOf, join, parents } from '../link/paths.js'
import type { Configured, ConfiguredMap } from '../text/configured.js'
import { define } from '../text/records.js'
import type { Launch } from '../workload/claim.js'

export interface FrameworkConfiguration {
  root: ConfiguredMap | null
  files: string[]
}

/** What a file names, by the path as written. */
export interface NamedFiles {
  values: Record<string, Configured>
  files: string[]
}

interface Composed extends Inherited {
  /** What it was made of, by identity. */
  of: (FileRecord | undefined)[]
}

const none: FrameworkConfiguration = { root: null, files: [] }

export class FrameworkConfigLinker {
  private readonly composed = new WeakMap<FileRecord, Composed>()

  constructor(
    private readonly records: ReadonlyMap<string, FileRecord>,
    private readonly exists: (path: string) => boolean,
  ) {}

  /** Files that framework configs inherit from, or are themselves, whose values are not known yet. */
  missing(read: Iterable<FileRecord>): string[] {
    const found = new Set<string>()
    for (const record of read) {
      for (const path of this.compose(record)?.pending ?? []) found.add(path)
      for (const path of this.named(record).files) if (this.content(path) === 'pending') found.add(path)
    }
    return [...found]
  }

  /** The framework config with what it inherits; nothing for a file that is none, or that stands alone. */
  of(record: FileRecord): FrameworkConfiguration {
    return this.compose(record) ?? none
  }

  /** Configuration files that a file names, relative to its folder. */
  named(record: FileRecord): NamedFiles {
    const found: NamedFiles = { values: {}, files: [] }
    const home = folderOf(record.path)
    for (const { path: name, above } of record.extraction.names ?? []) {
      if (/^[/~]|:/.test(name)) continue
      const folders = above ? [home, ...parents(home)] : [home]
      const path = folders.map((folder) => join(folder, name)).find((one) => this.exists(one))
      const content = path === undefined ? undefined : this.content(path)
      if (path === undefined || content === undefined) continue
      found.files.push(path)
      if (content !== 'pending' && content.values != null) define(found.values, name, content.values)
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
        const record = this.records.get(join(folder, path))
        if (record?.extraction.frameworkConfig !== undefined) return record
      }
    }
    return undefined
  }

  private compose(record: FileRecord): Composed | undefined {
    if (record.extraction.frameworkConfig?.inherits !== true) return undefined
    const before = this.composed.get(record)
    if (before?.files.every((path, index) => this.records.get(path) === before.of[index]) === true)
      return before
    const made = inheritedConfiguration(record.path, (path) => this.content(path))
    const composed: Composed = { ...made, of: made.files.map((path) => this.records.get(path)) }
    this.composed.set(record, composed)
    return composed
  }

  private content(path: string): ConfigurationContent | 'pending' | undefined {
    if (!this.exists(path) || !/\.(py|ya?ml|json|torchxconfig)$/.test(path)) return undefined
    const record = this.records.get(path)
    if (record === undefined) return undefined
    if (path.endsWith('.py')) return record.module === undefined ? 'pending' : { module: record.module }
    return record.configured === undefined ? 'pending' : { values: record.configured.root }
  }
}

/** Words of a launch that may name what it trains by. */
function namedFiles(launch: Launch): string[] {
  const words = [...Object.values(launch.flags), ...launch.positionals].map(({ value }) => value)
  const modules = words.filter((word): word is string => typeof word === 'string' && /\.py$/.test(word))
  return [...launch.files.map((file) => file.path), ...modules]
}
