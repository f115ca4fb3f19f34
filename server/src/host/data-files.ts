/** Files of data that programs of the project name. They are opened for their size alone, and only when one is named. */
import { matchesGlob } from '../link/glob.js'
import { baseName, folderOf } from '../link/paths.js'
import { type TableSize, tableSize, together } from './data-table.js'
import { type Host, relativeTo, under } from './host.js'

/** Bytes of what is counted; what is larger would be read anew by each check. */
const largest = 64_000_000
/** Files of one pattern. */
const mostFiles = 1_000

export class DataFiles {
  /** By path, with the bytes that it had. */
  private readonly known = new Map<string, { bytes: number; size: TableSize | null }>()
  /** The root without links. */
  private top: string | null = null

  constructor(
    private readonly root: string,
    private readonly host: Host,
  ) {}

  /** The table in a file, or in all files that a pattern of names stands for. Null: there is none that can be counted. */
  async sizeOf(path: string): Promise<TableSize | null> {
    if (!/[*?]/.test(path)) return this.sizeOfFile(path)
    const paths = await this.matching(path)
    const sizes = await Promise.all(paths.map((one) => this.sizeOfFile(one)))
    return sizes.length === 0 ? null : together(sizes)
  }

  private async sizeOfFile(path: string): Promise<TableSize | null> {
    const place = under(this.root, path)
    if (!(await this.isWithin(place))) return null
    const bytes = await this.host.size(place)
    if (bytes === undefined || bytes > largest) return null
    const before = this.known.get(path)
    if (before?.bytes === bytes) return before.size
    let size: TableSize | null
    try {
      size = tableSize(path, await this.host.read(place))
    } catch {
      return null
    }
    this.known.set(path, { bytes, size })
    return size
  }

  /** Links are not followed out of the project. */
  private async isWithin(place: string): Promise<boolean> {
    this.top ??= (await this.host.resolve(this.root))?.path ?? this.root
    const target = await this.host.resolve(place)
    return target?.kind === 'file' && relativeTo(this.top, target.path) !== undefined
  }

  private async matching(pattern: string): Promise<string[]> {
    const folder = folderOf(pattern)
    if (/[*?]/.test(folder)) return []
    try {
      const entries = await this.host.list(under(this.root, folder))
      const paths = entries.flatMap(({ name, kind }) =>
        kind === 'file' && matchesGlob(baseName(pattern), name)
          ? [folder === '' ? name : `${folder}/${name}`]
          : [],
      )
      return paths.length > mostFiles ? [] : paths
    } catch {
      return []
    }
  }
}
