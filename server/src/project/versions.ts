/** Which library versions hold for a file: those of the nearest folder above it that pins any. */
import { tomlFacts } from '../config/toml.js'
import { yamlFacts } from '../config/yaml.js'
import { folderOf, parents } from '../link/paths.js'
import {
  environmentVersions,
  lockVersions,
  mergeVersions,
  plainVersions,
  pyprojectVersions,
  requirementsVersions,
  setupCfgVersions,
  type Versions,
} from '../link/versions.js'
import type { Grammars } from '../syntax/parser.js'

const versionFile =
  /(^|\/)(requirements[^/]*\.(txt|in)|requirements\/[^/]+\.(txt|in)|pyproject\.toml|setup\.cfg|environment[^/]*\.ya?ml|(uv|poetry|pdm)\.lock)$/

export function isVersionFile(path: string): boolean {
  return versionFile.test(path)
}

export class VersionTable {
  private readonly byFolder = new Map<string, Versions>()
  private readonly plain = new Map<string, Record<string, string>>()

  private readonly compared = new WeakMap<VersionTable, Map<string, boolean>>()

  constructor(private readonly grammars: Grammars) {}

  add(path: string, text: string): void {
    const versions = this.read(path, text)
    if (Object.keys(versions).length === 0) return
    const folder = folderOf(path).replace(/(^|\/)requirements$/, '')
    const before = this.byFolder.get(folder)
    this.byFolder.set(folder, before === undefined ? versions : mergeVersions(before, versions))
    this.plain.clear()
  }

  /** By distribution name in lower case; empty where nothing is pinned. */
  of(path: string): Record<string, string> {
    const folder = folderOf(path)
    const known = this.plain.get(folder)
    if (known !== undefined) return known
    const found = [folder, ...parents(folder)].flatMap((one) => {
      const versions = this.byFolder.get(one)
      return versions === undefined ? [] : [versions]
    })
    const merged = plainVersions(mergeVersions(...found))
    this.plain.set(folder, merged)
    return merged
  }

  /** True where both tables hold the same for a file. */
  saysLike(other: VersionTable, path: string): boolean {
    const folder = folderOf(path)
    let same = this.compared.get(other)
    if (same === undefined) {
      same = new Map()
      this.compared.set(other, same)
    }
    let answer = same.get(folder)
    if (answer === undefined) {
      answer = JSON.stringify(this.of(path)) === JSON.stringify(other.of(path))
      same.set(folder, answer)
    }
    return answer
  }

  private read(path: string, text: string): Versions {
    if (/\.(txt|in)$/.test(path)) return requirementsVersions(text)
    if (path.endsWith('.lock')) return lockVersions(text)
    if (path.endsWith('setup.cfg')) return setupCfgVersions(text)
    if (path.endsWith('.toml')) return pyprojectVersions(tomlFacts(text, this.grammars))
    return environmentVersions(yamlFacts(text))
  }
}
