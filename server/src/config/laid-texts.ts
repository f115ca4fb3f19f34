import type { Span } from '../text/location.js'

/** Where an offset of the common space is: the index of its text, and the offset within that text. */
export interface TextOffset {
  text: number
  offset: number
}

/**
 * One space of offsets for several texts that are read as one, each with a range of its own behind the one before, as
 * in the source map of a compiler. Text 0 is the one that the others are laid over: its offsets stay as they are.
 */
export class LaidTexts {
  private readonly starts: number[] = []

  /** `lengths`: of each text, in UTF-16 code units. */
  constructor(lengths: readonly number[]) {
    let next = 0
    for (const length of lengths) {
      this.starts.push(next)
      // The end of a text is still its own.
      next += length + 1
    }
  }

  startOf(text: number): number {
    return this.starts[text] ?? 0
  }

  at(offset: number): TextOffset {
    const behind = this.starts.findIndex((start) => start > offset)
    const text = behind < 0 ? this.starts.length - 1 : behind - 1
    return { text, offset: offset - this.startOf(text) }
  }

  /** A span with its text; one that ends in another text is as long as one character. */
  spanAt({ start, end }: Span): Span & { text: number } {
    const from = this.at(start)
    const to = this.at(end)
    const isWhole = to.text === from.text && to.offset >= from.offset
    return { text: from.text, start: from.offset, end: isWhole ? to.offset : from.offset + 1 }
  }
}
