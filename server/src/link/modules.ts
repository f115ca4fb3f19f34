/** Which file of the project an import names. Nothing is imported; only paths are compared. */
import { libraries } from './libraries.js'
import { folderOf, join, parents } from './paths.js'

/** Libraries with a name that folders have as well. */
const plainWords = new Set(['datasets', 'evaluate'])

/** A program chooses among so many by name; more are a collection. */
const mostInPackage = 40

export class ModuleIndex {
  private readonly files: Set<string>
  /** Of modules, packages and folders: an import of anything else leads out of the project. */
  private readonly names = new Set<string>()
  /** By folder and import: modules of one folder import the same. */
  private readonly resolved = new Map<string, string | undefined>()

  constructor(paths: Iterable<string>) {
    this.files = new Set(paths)
    for (const path of this.files)
      for (const name of path.split('/')) this.names.add(name.endsWith('.py') ? name.slice(0, -3) : name)
  }

  /**
   * `spec` as in `ModuleSummary.imports`: dotted, one leading dot per level. Undefined: not a module of the project.
   * @param searched folders that the program adds to its search path, relative to its own or to one above
   */
  resolve(spec: string, from: string, searched: readonly string[] = []): string | undefined {
    return this.resolveBeside(spec, from) ?? this.resolveSearched(spec, from, searched)
  }

  private resolveSearched(spec: string, from: string, searched: readonly string[]): string | undefined {
    if (searched.length === 0 || spec.startsWith('.') || libraries.has(firstOf(spec))) return undefined
    const folder = folderOf(from)
    for (const base of [folder, ...parents(folder)]) {
      for (const one of searched) {
        const found = this.module(join(base, one), spec.split('.'))
        if (found !== undefined) return found
      }
    }
    return undefined
  }

  private resolveBeside(spec: string, from: string): string | undefined {
    // Most imports lead out of the project: nothing is kept of them.
    if (!spec.startsWith('.') && !this.names.has(firstOf(spec))) return undefined
    const folder = folderOf(from)
    const key = `${folder}\0${spec}`
    let found = this.resolved.get(key)
    if (found === undefined && !this.resolved.has(key)) {
      found = this.resolveIn(folder, spec)
      this.resolved.set(key, found)
    }
    return found
  }

  private resolveIn(folder: string, spec: string): string | undefined {
    const dots = /^\.*/.exec(spec)![0].length
    const parts = spec.slice(dots).split('.').filter(Boolean)
    if (dots > 0) {
      let base: string | undefined = folder
      for (let level = 1; level < dots && base !== undefined; level++)
        base = base === '' ? undefined : folderOf(base)
      return base === undefined ? undefined : this.module(base, parts)
    }
    if (parts.length === 0) return undefined
    const beside = this.module(folder, parts)
    // A folder `datasets` above may hold data; with a module of that name in it, `datasets.loader` is meant. In its own
    // repository `lightning.pytorch` is what readers know by that name.
    const isLibrary = libraries.has(parts[0]!) && (parts.length === 1 || !plainWords.has(parts[0]!))
    if (beside !== undefined || isLibrary) return beside
    for (const parent of [folder, ...parents(folder)]) {
      const found = this.module(parent, parts) ?? this.module(join(parent, 'src'), parts)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Modules of a package, or of a folder without one, that an import names: by name and path. */
  inPackage(spec: string, from: string): [string, string][] {
    const parts = spec.split('.').filter(Boolean)
    const folder = folderOf(from)
    for (const parent of [folder, ...parents(folder)]) {
      for (const base of [parent, join(parent, 'src')]) {
        const found = this.byFolder().get(join(base, parts.join('/'))) ?? []
        if (found.length > mostInPackage) return []
        if (found.length > 0)
          return found.map((path) => [`${spec}.${path.slice(path.lastIndexOf('/') + 1, -3)}`, path])
      }
    }
    return []
  }

  private folders: Map<string, string[]> | null = null

  private byFolder(): Map<string, string[]> {
    if (this.folders !== null) return this.folders
    this.folders = new Map()
    for (const path of this.files) {
      if (path.endsWith('/__init__.py')) continue
      const folder = folderOf(path)
      const list = this.folders.get(folder)
      if (list === undefined) this.folders.set(folder, [path])
      else list.push(path)
    }
    return this.folders
  }

  /** The file of `python -m a.b` started in one of these folders or above them. `imported`: only its module is wanted. */
  program(dotted: string, folders: string[], imported = false): string | undefined {
    const ends = ['.py', imported ? '/__init__.py' : '/__main__.py']
    const parts = dotted.split('.').filter(Boolean)
    for (const folder of folders) {
      for (const parent of [folder, ...parents(folder)]) {
        for (const base of [parent, join(parent, 'src')]) {
          const path = join(base, parts.join('/'))
          for (const end of ends) if (this.files.has(`${path}${end}`)) return `${path}${end}`
        }
      }
    }
    return undefined
  }

  private module(folder: string, parts: string[]): string | undefined {
    const path = join(folder, parts.join('/'))
    for (const candidate of [`${path}.py`, `${path}/__init__.py`])
      if (this.files.has(candidate)) return candidate
    return undefined
  }
}

function firstOf(spec: string): string {
  const end = spec.indexOf('.')
  return end < 0 ? spec : spec.slice(0, end)
}
