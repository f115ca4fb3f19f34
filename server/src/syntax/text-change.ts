/** One replacement in a text, as an incremental parser wants it. */

/** 0-based line, and UTF-16 code units from its start. */
export interface Point {
  row: number
  column: number
}

export interface TextChange {
  start: number
  oldEnd: number
  newEnd: number
  startPosition: Point
  oldEndPosition: Point
  newEndPosition: Point
}

/** The smallest single replacement that turns `before` into `after`; empty when they are equal. */
export function textChange(before: string, after: string): TextChange[] {
  if (before === after) return []
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start++
  let tail = 0
  while (
    tail < shorter - start &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  ) {
    tail++
  }
  const oldEnd = before.length - tail
  const newEnd = after.length - tail
  const startPosition = pointAt(before, start)
  return [
    {
      start,
      oldEnd,
      newEnd,
      startPosition,
      oldEndPosition: pointAfter(before, startPosition, start, oldEnd),
      newEndPosition: pointAfter(after, startPosition, start, newEnd),
    },
  ]
}

function pointAt(text: string, offset: number): Point {
  return pointAfter(text, { row: 0, column: 0 }, 0, offset)
}

function pointAfter(text: string, from: Point, start: number, end: number): Point {
  let row = from.row
  let lineStart = start - from.column
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) {
    row++
    lineStart = at + 1
  }
  return { row, column: end - lineStart }
}
