/** The lines of code that a finding is about, with carets under it. */
import type { Colors } from '../console.js'
import type { LineTable } from '../positions.js'
import { characterWidth, harmlessCode, textWidth } from './width.js'

/** Longer ranges are shown by their beginning and their end. */
const longest = 5
const tab = 4

export interface FrameOptions {
  colors: Colors
  /** Columns for the code; longer lines are cut around the range. */
  width: number
}

export interface Frame {
  /** Digits of the line numbers: what stands left of the bar. */
  gutter: number
  lines: string[]
}

export function codeFrame(table: LineTable, start: number, end: number, options: FrameOptions): Frame {
  const { colors } = options
  const first = table.position(start).line
  // A range that ends at the start of a line says nothing about that line.
  const last = Math.max(first, table.position(Math.max(start, end - 1)).line)
  const gutter = String(last).length
  const bar = colors.blue('|')
  const numbered = (line: number) => `${colors.blue(String(line).padStart(gutter))} ${bar}`
  const blank = `${' '.repeat(gutter)} ${bar}`
  const lines = [blank]
  const shown = new Set<number>()
  for (let line = first; line <= last; line++) {
    if (last - first < longest || line < first + 2 || line === last) shown.add(line)
  }
  for (let line = first; line <= last; line++) {
    if (!shown.has(line)) {
      if (shown.has(line - 1)) lines.push(`${' '.repeat(gutter)} ${colors.blue('⋮')}`)
      continue
    }
    const text = table.line(line)
    const offset = table.start(line)
    const from = line === first ? start - offset : text.length - text.trimStart().length
    const to = line === last ? Math.min(end - offset, text.length) : text.trimEnd().length
    const { code, marks } = drawn(text, from, to, options.width)
    lines.push(code === '' ? numbered(line) : `${numbered(line)} ${code}`)
    if (marks !== '')
      lines.push(
        `${blank} ${' '.repeat(marks.length - marks.trimStart().length)}${colors.red(marks.trimStart())}`,
      )
  }
  return { gutter, lines }
}

/** A line as it is shown, tabs expanded, and the carets below it. */
function drawn(text: string, from: number, to: number, width: number): { code: string; marks: string } {
  const [before, dots] = lead(text, from, width)
  let code = dots
  let column = textWidth(dots)
  let markStart = -1
  let markEnd = -1
  let index = before
  for (const character of text.slice(before)) {
    const cells = character === '\t' ? tab - (column % tab) : characterWidth(character)
    if (column + cells > width) {
      code += '…'
      if (index < to) markEnd = column + 1
      break
    }
    if (index >= from && markStart < 0) markStart = column
    code += character === '\t' ? ' '.repeat(cells) : harmlessCode(character)
    column += cells
    index += character.length
    if (index <= to) markEnd = column
  }
  if (markStart < 0) markStart = column
  const length = Math.max(1, markEnd - markStart)
  return { code: code.trimEnd(), marks: ' '.repeat(markStart) + '^'.repeat(length) }
}

/** Where to begin a line so that its range is in view. */
function lead(text: string, from: number, width: number): [index: number, dots: string] {
  if (textWidth(text.slice(0, from)) < width * 0.75 || from > text.length) return [0, '']
  let begin = Math.max(0, from - Math.floor(width / 4))
  const unit = text.charCodeAt(begin)
  if (unit >= 0xdc00 && unit < 0xe000) begin--
  return [begin, '…']
}
