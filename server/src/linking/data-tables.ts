/** What a program trains on from files of the project: they are found as the program names them, and counted. */
import { type TableSize, together } from '../host/data-table.js'
import { folderOf, join, parents } from '../link/paths.js'
import type { Claim, Extraction } from '../workload/claim.js'
import type { DatasetSettings } from '../workload/resource-kinds.js'

export type SizeOf = (path: string) => Promise<TableSize | null>

/** A file with fewer rows shows what the data look like, which lie elsewhere. */
const fewest = 10

export class DataTables {
  /** The same extraction for as long as the files have the same size. */
  private readonly made = new WeakMap<Extraction, { key: string; extraction: Extraction }>()

  constructor(private readonly sizeOf: SizeOf) {}

  /** With the size of the tables that its data sets lie in; itself where it names none, or none is found. */
  async complete(extraction: Extraction, path: string): Promise<Extraction> {
    const named = extraction.claims.filter(({ setting }) => setting === filesSetting)
    if (named.length === 0) return extraction
    const told = (await Promise.all(named.map((claim) => this.tableOf(claim, path)))).flat()
    if (told.length === 0) return extraction
    const key = JSON.stringify(told)
    let known = this.made.get(extraction)
    if (known?.key !== key) {
      known = { key, extraction: { ...extraction, claims: [...extraction.claims, ...told] } }
      this.made.set(extraction, known)
    }
    return known.extraction
  }

  private async tableOf(claim: Claim, path: string): Promise<Claim[]> {
    const files = claim.state === 'known' ? (claim.value as DatasetSettings['files']) : []
    const sizes = await Promise.all(files.map((file) => this.find(file, path)))
    const table: DatasetSettings['table'] | null = together(sizes)
    if (table === null || table.rows < fewest) return []
    return [{ ...claim, setting: tableSetting, value: table } as Claim]
  }

  /** Programs are started at the top of the project, where they lie, or in between. */
  private async find(file: string, path: string): Promise<TableSize | null> {
    if (/^[/~]|:\/\//.test(file)) return null
    const home = folderOf(path)
    for (const folder of new Set(['', home, ...parents(home)])) {
      const size = await this.sizeOf(join(folder, file))
      if (size !== null) return size
    }
    return null
  }
}

const filesSetting: keyof DatasetSettings = 'files'
const tableSetting: keyof DatasetSettings = 'table'
