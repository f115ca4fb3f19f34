/** Scripts that a file names: it is read again with what stands in them. */
import type { FileRecord } from '../extraction/file-record.js'
import { folderOf, join, parents } from '../link/paths.js'
import type { NamedText, TextName } from '../text/named-text.js'
import { define } from '../text/records.js'
import type { Around, LinkedProject, LinkKind } from './link-kind.js'

/** Scripts that are sourced by one that is sourced. */
const deepest = 3

export class NamedTextLinks implements LinkKind {
  constructor(private readonly project: LinkedProject) {}

  follow(): void {
    for (const file of this.project.files.readRecords()) this.around(file)
  }

  around({ path, extraction }: FileRecord): Around {
    const texts = this.textsOf(path, extraction.texts, [path])
    return texts === undefined ? {} : { texts }
  }

  /** `above`: the files on the way to it. */
  private textsOf(
    from: string,
    names: readonly TextName[] | undefined,
    above: readonly string[],
  ): Record<string, NamedText> | undefined {
    if (names === undefined || above.length > deepest) return undefined
    const found: Record<string, NamedText> = {}
    for (const name of names) {
      const path = this.find(name, folderOf(from))
      const text = path === null || above.includes(path) ? undefined : this.project.files.text(path)
      if (path === null || text === undefined) continue
      const { launches, texts } = this.project.files.record(path)!.extraction
      const inner = this.textsOf(path, texts, [...above, path])
      define(found, name.path, {
        path,
        text,
        ...(launches.length > 0 ? { starts: true as const } : {}),
        ...(inner === undefined ? {} : { texts: inner }),
      })
    }
    return Object.keys(found).length === 0 ? undefined : found
  }

  /** Beside the file that names it, or where that may be started from; null: nowhere, or it could be several. */
  private find({ path, beside }: TextName, home: string): string | null {
    const { files } = this.project
    const own = join(home, path)
    if (beside === true) return files.has(own) ? own : null
    const candidates = new Set([home, ...parents(home)].map((folder) => join(folder, path)))
    const fitting = [...candidates].filter((one) => files.has(one))
    return fitting.length === 1 ? fitting[0]! : null
  }
}
