/** Offsets as people count: 1-based lines, and columns in Unicode code points. */

export interface Position {
  line: number
  column: number
}

export interface Range {
  start: Position
  end: Position
}

/** The lines of one text: of a file, or of a notebook cell. A line ends with LF, CRLF or a lone CR. */
export class LineTable {
  private readonly starts: number[] = [0]

  constructor(readonly text: string) {
    const breaks = /\r\n|\n|\r/g
    for (let match = breaks.exec(text); match !== null; match = breaks.exec(text)) {
      this.starts.push(match.index + match[0].length)
    }
  }

  get count(): number {
    return this.starts.length
  }

  position(offset: number): Position {
    const at = Math.max(0, Math.min(offset, this.text.length))
    let low = 0
    let high = this.starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.starts[middle]! <= at) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: codePoints(this.text.slice(this.starts[low], at)) + 1 }
  }

  range(start: number, end: number): Range {
    return { start: this.position(start), end: this.position(end) }
  }

  /** Offset of the first character of a line. */
  start(line: number): number {
    return this.starts[line - 1] ?? this.text.length
  }

  /** The line without its line break. */
  line(line: number): string {
    return this.text.slice(this.start(line), this.starts[line] ?? this.text.length).replace(/[\r\n]+$/, '')
  }
}

function codePoints(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    const low = text.charCodeAt(index + 1)
    if (unit >= 0xd800 && unit < 0xdc00 && low >= 0xdc00 && low < 0xe000) index++
    count++
  }
  return count
}
