/** The little of Python's lexis that edits need: where string literals are, and which bracket closes which. */
import type { Span } from '../text/location.js'
import { lineEnd } from './fragment-edit.js'

const prefix = /^(?:[rRuUbBfFtT]|[bB][rR]|[rR][bB]|[fFtT][rR]|[rR][fFtT])$/
const word = /[\p{L}\p{N}_]/u

/** Strings inside the replacement fields of f-strings nest; deeper than this is not code that people write. */
const deepest = 8

/** End of the string literal whose first quote is at `at`. An unterminated one ends at its line or at the text. */
function stringEnd(text: string, at: number, formatted: boolean, depth: number): number {
  const quote = text[at]!
  const triple = text.startsWith(quote.repeat(3), at)
  let i = at + (triple ? 3 : 1)
  while (i < text.length) {
    const c = text[i]!
    if (c === '\\') i += text[i + 1] === '\r' && text[i + 2] === '\n' ? 3 : 2
    else if (c === quote && (!triple || text.startsWith(quote.repeat(3), i))) return i + (triple ? 3 : 1)
    else if (c === '\n' && !triple) return i
    else if (c === '{' && formatted && depth < deepest) {
      i = text[i + 1] === '{' ? i + 2 : fieldEnd(text, i, quote, depth + 1)
    } else i++
  }
  return text.length
}

/** Behind the replacement field at `at`; behind its brace alone when the field does not close. */
function fieldEnd(text: string, at: number, quote: string, depth: number): number {
  let braces = 0
  let i = at
  while (i < text.length) {
    const c = text[i]!
    if (c === '{') braces++
    else if (c === '}' && --braces === 0) return i + 1
    else if (c === '\n' && text[i + 1] === '\n') break
    else if (c === '"' || c === "'") {
      const end = stringEnd(text, i, false, depth)
      // The quote of the outer string can only end that string in Python before 3.12; where no closing brace comes
      // first, it does.
      if (c === quote && end >= lineEnd(text, i)) break
      i = end
      continue
    }
    i++
  }
  return at + 1
}

/** String literals (prefix included) in `[start, end)`; `start` must not lie in one. */
export function stringSpans(text: string, start: number, end: number): Span[] {
  const spans: Span[] = []
  scan(text, start, end, (from, to) => spans.push({ start: from, end: to }))
  return spans
}

export function comments(text: string): Span[] {
  const spans: Span[] = []
  scan(text, 0, text.length, undefined, undefined, (start, end) => spans.push({ start, end }))
  return spans
}

/** The bracket that closes the one at `open`, or -1. */
export function closingBracket(text: string, open: number, end: number): number {
  let depth = 0
  let close = -1
  scan(text, open, end, undefined, (at) => {
    if ('([{'.includes(text[at]!)) depth++
    else if (--depth === 0) close = at
    return depth === 0
  })
  return close
}

function scan(
  text: string,
  start: number,
  end: number,
  onString?: (from: number, to: number) => void,
  onBracket?: (at: number) => boolean,
  onComment?: (from: number, to: number) => void,
): void {
  let i = start
  let wordStart = -1
  while (i < end) {
    const c = text[i]!
    if (c === '#') {
      const from = i
      i = lineEnd(text, i)
      onComment?.(from, i)
      wordStart = -1
    } else if (c === '"' || c === "'") {
      const lead = wordStart >= 0 ? text.slice(wordStart, i) : ''
      const isPrefix = lead.length <= 2 && prefix.test(lead)
      const to = stringEnd(text, i, isPrefix && /[fFtT]/.test(lead), 0)
      onString?.(isPrefix ? wordStart : i, to)
      i = Math.max(to, i + 1)
      wordStart = -1
    } else {
      if (word.test(c)) {
        if (wordStart < 0) wordStart = i
      } else wordStart = -1
      if (onBracket && '()[]{}'.includes(c) && onBracket(i)) return
      i++
    }
  }
}
