/** Lines of locations, as people count them. */

import type { Location } from '../text/location.js'
import { lowerBound } from '../text/sorted.js'
import type { SourceFile } from '../text/source-file.js'
import { partText } from './result-stage.js'

export interface LinePlace {
  path: string
  /** Index over all cells of a notebook, from 0; null: not a notebook. */
  cell: number | null
  /** 1-based. */
  line: number
}

/** Reads each file once. */
export class LineNumbers {
  private readonly files = new Map<string, Promise<SourceFile | undefined>>()
  private readonly breaks = new Map<string, number[]>()

  constructor(private readonly sourceOf: (path: string) => Promise<SourceFile | undefined>) {}

  async place({ path, cell, start }: Pick<Location, 'path' | 'cell' | 'start'>): Promise<LinePlace> {
    return { path, cell, line: await this.line({ path, cell }, start) }
  }

  async line({ path, cell }: Pick<Location, 'path' | 'cell'>, offset: number): Promise<number> {
    const key = `${cell ?? ''}:${path}`
    let breaks = this.breaks.get(key)
    if (breaks === undefined) {
      let file = this.files.get(path)
      if (file === undefined) {
        file = this.sourceOf(path)
        this.files.set(path, file)
      }
      breaks = [...partText(await file, cell).matchAll(/\r\n|\n|\r/g)].map(({ index }) => index)
      this.breaks.set(key, breaks)
    }
    return lowerBound(breaks, (one) => one < offset) + 1
  }
}
