/** Edits of one fragment's text, and the line arithmetic that every writer needs. */
import type { Refusal } from './write.js'

/** Replaces `[start, end)` of a fragment's text. */
export interface FragmentEdit {
  start: number
  end: number
  text: string
}

export function isRefusal(result: unknown): result is Refusal {
  return typeof result === 'object' && result !== null && 'reason' in result
}

export function refuse(reason: string): Refusal {
  return { reason }
}

/**
 * Puts edits in order. Insertions at one place are joined in the order given; an insertion that touches a
 * replacement stays on its side of it; edits that overlap are refused.
 */
export function orderEdits(edits: FragmentEdit[]): FragmentEdit[] | Refusal {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end)
  const ordered: FragmentEdit[] = []
  for (const edit of sorted) {
    const last = ordered[ordered.length - 1]
    if (last && edit.start === edit.end && last.start === edit.start && last.end === edit.start) {
      last.text += edit.text
      continue
    }
    if (last && last.start === edit.start && last.end === edit.end && last.text === edit.text) continue
    if (last && edit.start < last.end) return refuse('two changes of this fix would edit the same text')
    ordered.push({ ...edit })
  }
  return ordered.filter((edit) => edit.start !== edit.end || edit.text !== '')
}

/** Applies edits that are in order and do not overlap. */
export function applyFragmentEdits(text: string, edits: readonly FragmentEdit[]): string {
  const pieces: string[] = []
  let position = 0
  for (const edit of edits) {
    pieces.push(text.slice(position, edit.start), edit.text)
    position = edit.end
  }
  pieces.push(text.slice(position))
  return pieces.join('')
}

export function lineStart(text: string, offset: number): number {
  return offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
}

/** Where the line ends, before its line break; also when the offset lies within the break. */
export function lineEnd(text: string, offset: number): number {
  const at = text.indexOf('\n', offset)
  if (at < 0) return text.length
  return at > 0 && text[at - 1] === '\r' ? at - 1 : at
}

/** Where the next line starts; the end of the text on the last line. */
export function nextLine(text: string, offset: number): number {
  const at = text.indexOf('\n', offset)
  return at < 0 ? text.length : at + 1
}

/** The line break that the text uses: that of its first line. */
export function lineBreak(text: string): '\r\n' | '\n' {
  const at = text.indexOf('\n')
  return at > 0 && text[at - 1] === '\r' ? '\r\n' : '\n'
}

/** Code that comes from a reader, with the line breaks of the file. */
export function withLineBreak(code: string, eol: string): string {
  return code.replace(/\r\n|\r|\n/g, eol)
}

/** The white space at the start of the line. */
export function indentation(text: string, offset: number): string {
  const start = lineStart(text, offset)
  let end = start
  while (text[end] === ' ' || text[end] === '\t') end++
  return text.slice(start, end)
}

/** True where only white space stands before the offset on its line. */
export function startsLine(text: string, offset: number): boolean {
  const start = lineStart(text, offset)
  for (let i = start; i < offset; i++) if (text[i] !== ' ' && text[i] !== '\t') return false
  return true
}

/** True where nothing but white space or a comment follows on the line. */
export function endsLine(text: string, offset: number, comment: '#' | '//' = '#'): boolean {
  const rest = text.slice(offset, lineEnd(text, offset)).trim()
  if (rest === '' || rest.startsWith(comment)) return true
  return comment === '//' && rest.startsWith('/*') && rest.indexOf('*/') === rest.length - 2
}

export function isBlankLine(text: string, line: number): boolean {
  return text.slice(line, lineEnd(text, line)).trim() === ''
}

/** Takes whole lines out; of the blank lines on both sides one stays, at the top of the text none. */
export function wholeLines(text: string, start: number, end: number): FragmentEdit {
  const open = start === 0 || isBlankLine(text, lineStart(text, start - 1))
  return {
    start,
    end: open && end < text.length && isBlankLine(text, end) ? nextLine(text, end) : end,
    text: '',
  }
}
