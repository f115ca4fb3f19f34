/** Programs that use a module, and the other modules that they import. */
import type { Extraction } from '../workload/claim.js'
import type { RunInput } from './runs.js'

/** More programs that use one module hardly agree: they are not asked. */
const mostPrograms = 8

export class Programs {
  private importers: ReadonlyMap<string, readonly string[]> | null = null

  constructor(private readonly input: RunInput) {}

  /** What was read of them, the module itself aside. */
  around(path: string): { path: string; extraction: Extraction }[] {
    this.importers ??= importersOf(this.input)
    const importers = this.importers.get(path) ?? []
    if (importers.length > mostPrograms) return []
    return importers.flatMap((importer) =>
      [importer, ...this.input.importedBy(importer)].flatMap((module) => {
        const extraction = module === path ? undefined : this.input.extractions.get(module)
        return extraction === undefined ? [] : [{ path: module, extraction }]
      }),
    )
  }
}

function importersOf(input: RunInput): ReadonlyMap<string, readonly string[]> {
  const importers = new Map<string, string[]>()
  for (const path of input.extractions.keys())
    for (const module of input.importedBy(path)) {
      const list = importers.get(module)
      if (list === undefined) importers.set(module, [path])
      else list.push(path)
    }
  return importers
}
