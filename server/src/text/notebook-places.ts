/** Where the characters of a cell stand in the JSON of its notebook. */
import { sourceStrings } from './notebook.js'

/** One string of the JSON, without its quotes. */
interface Piece {
  /** Offset of its first character in the source of the cell. */
  from: number
  length: number
  source: string
  /** Offset of the same in the JSON. */
  at: number
}

export class NotebookPlaces {
  private readonly cells: Piece[][]

  constructor(private readonly text: string) {
    this.cells = (sourceStrings(text) ?? []).map((nodes) => {
      let from = 0
      return nodes.map((node) => {
        const source = node.value as string
        const piece = { from, length: source.length, source, at: node.offset + 1 }
        from += source.length
        return piece
      })
    })
  }

  /** Offset in the JSON of a character of a cell; undefined: there is no such cell. `end`: of what ends there. */
  offset(cell: number, offset: number, end = false): number | undefined {
    const pieces = this.cells[cell]
    const last = pieces?.at(-1)
    if (pieces === undefined || last === undefined) return undefined
    const piece =
      pieces.find(({ from, length }) => (end ? offset <= from + length : offset < from + length)) ?? last
    return piece.at + this.rawLength(piece.at, Math.min(Math.max(0, offset - piece.from), piece.length))
  }

  /** The first line of a cell that stands in this part of the JSON, from 1; undefined: none does. */
  lineWithin(start: number, end: number): { cell: number; line: number } | undefined {
    for (const [cell, pieces] of this.cells.entries()) {
      let line = 1
      for (const { at, length, source } of pieces) {
        if (at < end && at + this.rawLength(at, length) >= start) return { cell, line }
        line += source.split('\n').length - 1
      }
    }
    return undefined
  }

  /** How much of the JSON so many characters take, escapes counted. */
  private rawLength(at: number, characters: number): number {
    let raw = at
    for (let count = 0; count < characters; count++) {
      raw += this.text[raw] !== '\\' ? 1 : this.text[raw + 1] === 'u' ? 6 : 2
    }
    return raw - at
  }
}
