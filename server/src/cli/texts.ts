/** The texts that findings point into, read once each. */
import { join } from 'node:path'
import { readNoted } from '../host/node/inputs.js'
import type { Location } from '../text/location.js'
import { NotebookPlaces } from '../text/notebook-places.js'
import type { SourceFile } from '../text/source-file.js'
import type { Engine } from './engine.js'
import { LineTable, type Range } from './positions.js'

export class Texts {
  private readonly files = new Map<string, Promise<SourceFile | undefined>>()
  private readonly tables = new Map<string, LineTable>()
  private readonly notebooks = new Map<string, NotebookPlaces>()
  private readonly given = new Map<string, Uint8Array>()

  constructor(
    private readonly root: string,
    private readonly engine: Engine,
  ) {}

  /** Uses these bytes for a file in place of those on disk (standard input). */
  give(path: string, bytes: Uint8Array): void {
    this.given.set(path, bytes)
  }

  /** Forgets what was read: the files have changed. */
  clear(): void {
    this.files.clear()
    this.tables.clear()
    this.notebooks.clear()
  }

  /** The lines that a location counts in. Empty for a file that has gone meanwhile. */
  async table(location: Pick<Location, 'path' | 'cell'>): Promise<LineTable> {
    const key = `${location.cell ?? ''}:${location.path}`
    let table = this.tables.get(key)
    if (table === undefined) {
      table = new LineTable(await this.text(location))
      this.tables.set(key, table)
    }
    return table
  }

  async range(location: Location): Promise<Range> {
    return (await this.table(location)).range(location.start, location.end)
  }

  /** The range in the file as it is on disk: of a notebook, in its JSON. */
  async rangeInFile(location: Location): Promise<Range> {
    const { path, cell, start, end } = location
    if (cell === null) return this.range(location)
    const whole = await this.table({ path, cell: null })
    let places = this.notebooks.get(path)
    if (places === undefined) {
      places = new NotebookPlaces(whole.text)
      this.notebooks.set(path, places)
    }
    const from = places.offset(cell, start) ?? 0
    const to = end > start ? (places.offset(cell, end, true) ?? from) : from
    return whole.range(from, Math.max(from, to))
  }

  private async text({ path, cell }: Pick<Location, 'path' | 'cell'>): Promise<string> {
    let loading = this.files.get(path)
    if (loading === undefined) {
      loading = this.load(path).catch(() => undefined)
      this.files.set(path, loading)
    }
    const file = await loading
    if (file === undefined) return ''
    if (cell === null) return file.text
    return file.parts.find((part) => part.cell === cell)?.text ?? ''
  }

  private async load(path: string): Promise<SourceFile> {
    return this.engine.source(path, this.given.get(path) ?? readNoted(join(this.root, path)))
  }
}
