/** Where words, expansions and quotes of the shell end, and what escapes in `$'…'` stand for. */

/** End of the `$…` that begins at `start`; `start` when the `$` is literal, -1 when it is not closed. */
import { lookUp } from '../text/records.js'
export function dollarEnd(text: string, start: number): number {
  const next = text[start + 1]
  if (next === undefined) return start
  if (next === '{') return closing(text, start + 1, '{', '}')
  if (next === '(') return closing(text, start + 1, '(', ')')
  if (/[A-Za-z_]/.test(next)) {
    let end = start + 2
    while (end < text.length && /\w/.test(text[end]!)) end++
    return end
  }
  return /[0-9@*#?$!-]/.test(next) ? start + 2 : start
}

/** Offset behind the bracket that closes the one at `open`, quotes respected; -1 when it is not closed. */
function closing(text: string, open: number, opener: string, closer: string): number {
  let depth = 0
  let double = false
  for (let position = open; position < text.length; position++) {
    const char = text[position]!
    if (char === '\\') position++
    else if (char === '"') double = !double
    else if (char === "'" && !double && opener === '(') {
      const close = text.indexOf("'", position + 1)
      if (close === -1) return -1
      position = close
    } else if (char === opener) depth++
    else if (char === closer && --depth === 0) return position + 1
  }
  return -1
}

/** Offset of the quote that closes `$'…`; -1 when it is not closed. */
export function ansiEnd(text: string, start: number): number {
  for (let position = start; position < text.length; position++) {
    if (text[position] === '\\') position++
    else if (text[position] === "'") return position
  }
  return -1
}

/** What the inside of `$'…'` stands for. */
export function ansiText(source: string): string {
  const named: Record<string, string> = {
    n: '\n',
    t: '\t',
    r: '\r',
    e: '\x1b',
    a: '\x07',
    b: '\b',
    f: '\f',
    v: '\v',
  }
  return source.replace(/\\([\s\S])/g, (_, char: string) => lookUp(named, char) ?? char)
}

/**
 * What ends a word outside of quotes. No other white space does: to the shell a no-break space is a letter like any other.
 * Source: Bash manual, "Definitions" (blank, metacharacter); a carriage return is part of the end of a line here.
 */
const metacharacter = /[ \t\r\n;&|<>()]/

/**
 * End of the word that begins at `start`, which is no metacharacter: always behind it. The end of the text when a quote is
 * not closed.
 */
export function wordEnd(text: string, start: number): number {
  let position = start
  let double = false
  while (position < text.length) {
    const char = text[position]!
    if (char === '\\') position += 2
    else if (char === '"') {
      double = !double
      position++
    } else if (char === "'" && !double) {
      const close = text.indexOf("'", position + 1)
      if (close === -1) return text.length
      position = close + 1
    } else if (char === '$') {
      const end = dollarEnd(text, position)
      if (end === -1) return text.length
      position = Math.max(end, position + 1)
    } else if (char === '`') {
      const close = text.indexOf('`', position + 1)
      if (close === -1) return text.length
      position = close + 1
    } else if (!double && metacharacter.test(char)) return position
    else position++
  }
  return Math.min(position, text.length)
}
