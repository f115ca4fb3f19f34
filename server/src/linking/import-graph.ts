/** Which modules of the project import which, and where what a package passes on is defined. */

import type { FileRecord } from '../extraction/file-record.js'
import { ModuleIndex } from '../link/modules.js'
import { moduleAbove } from '../python/import-targets.js'
import type { ModuleSummary } from '../python/module.js'
import { lookUp } from '../text/records.js'

/** A definition: the module that holds it, and its name there ('Engine.step'). Empty: the module itself. */
export interface Definition {
  path: string
  name: string
}

/** Packages that pass on what other packages pass on. */
const mostPackages = 8

export class ImportGraph {
  /** Imports of each record, resolved once for as long as the record and the list of files live. */
  private resolved = new WeakMap<FileRecord, Map<string, string>>()

  /** @param note what an answer depends on: `imports` of a path */
  constructor(
    private readonly records: ReadonlyMap<string, FileRecord>,
    private readonly summaryOf: (path: string) => ModuleSummary | null,
    readonly modules: ModuleIndex = new ModuleIndex([]),
    private readonly note: (input: string) => void = () => undefined,
  ) {}

  /** Import as written → path of a module of the project. */
  importsOf(record: FileRecord): Map<string, string> {
    this.note(`imports ${record.path}`)
    let found = this.resolved.get(record)
    if (found === undefined) {
      found = new Map()
      for (const spec of record.imports ?? []) {
        if (spec.endsWith('.*')) {
          for (const [module, path] of this.modules.inPackage(spec.slice(0, -2), record.path))
            if (path !== record.path && !found.has(module)) found.set(module, path)
          continue
        }
        const path = this.modules.resolve(spec, record.path, record.searched)
        if (path !== undefined && path !== record.path) found.set(spec, path)
      }
      this.resolved.set(record, found)
    }
    return found
  }

  /** What an import target ('..models.build', '.engine.Engine.step') means in this module; null: nothing of the project. */
  definitionOf(
    record: FileRecord,
    target: string,
    imports: ReadonlyMap<string, string> = this.importsOf(record),
  ): Definition | null {
    const direct = within(imports, target)
    if (direct === null) return null
    return this.behind((direct.name === '' ? this.namesake(imports, target) : null) ?? direct)
  }

  /** What a package passes on under the name of the module that defines it: `from .train import train`; null: nothing. */
  private namesake(imports: ReadonlyMap<string, string>, target: string): Definition | null {
    const above = moduleAbove(target)
    const path = above === null ? undefined : imports.get(above)
    if (above === null || path === undefined) return null
    const name = target.slice(above.length).replace(/^\./, '')
    const passed = lookUp(this.summaryOf(path)?.passesOn?.names ?? {}, name)
    return passed === undefined ? null : { path, name }
  }

  /** Modules that define what this one imports from packages. */
  behindPackages(record: FileRecord): string[] {
    const imports = this.importsOf(record)
    const found = new Set<string>()
    // `import utils`, then `utils.train(…)`: what is called tells which of its modules is meant.
    const called = this.summaryOf(record.path)?.outward?.map(({ target }) => target) ?? []
    for (const target of new Set([...(record.imports ?? []), ...called])) {
      if (imports.has(target)) continue
      const definition = this.definitionOf(record, target, imports)
      if (definition !== null && definition.path !== record.path) found.add(definition.path)
    }
    for (const path of imports.values()) found.delete(path)
    return [...found]
  }

  private behind(definition: Definition): Definition {
    let current = definition
    for (let count = 0; count < mostPackages && current.name !== ''; count++) {
      const record = this.records.get(current.path)
      const [first, ...rest] = current.name.split('.')
      const target = passedOn(this.summaryOf(current.path), first!, (module) =>
        this.importedBy(record!, module),
      )
      const next = target === null ? null : within(this.importsOf(record!), [target, ...rest].join('.'))
      if (next === null || next.path === current.path) return current
      current = next
    }
    return current
  }

  private importedBy(record: FileRecord, module: string): ModuleSummary | null {
    const path = this.importsOf(record).get(module)
    return path === undefined ? null : this.summaryOf(path)
  }
}

/** The module that an import target lies in, with what remains of the target. */
function within(imports: ReadonlyMap<string, string>, target: string): Definition | null {
  for (let module: string | null = target; module !== null; module = moduleAbove(module)) {
    const path = imports.get(module)
    if (path !== undefined) return { path, name: target.slice(module.length).replace(/^\./, '') }
  }
  return null
}

/** The target behind a name that a package passes on; null: it is its own, or not there. */
function passedOn(
  summary: ModuleSummary | null,
  name: string,
  summaryOf: (module: string) => ModuleSummary | null,
): string | null {
  const passes = summary?.passesOn
  if (summary === null || passes === undefined) return null
  const target = lookUp(passes.names, name)
  if (target !== undefined) return target
  if (passes.own?.includes(name)) return null
  for (const module of passes.stars) {
    const star = summaryOf(module)
    const holds =
      star !== null &&
      (Object.hasOwn(star.functions, name) ||
        Object.hasOwn(star.classes, name) ||
        (star.passesOn !== undefined && Object.hasOwn(star.passesOn.names, name)))
    if (holds) return module.endsWith('.') ? `${module}${name}` : `${module}.${name}`
  }
  return null
}
