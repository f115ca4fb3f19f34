/** Where Python's logical lines end: brackets, strings and backslashes carry a line over its end. */

const newline = 10
const carriageReturn = 13

/** Offset of the first character behind the physical line that holds `offset` (its line ending included). */
export function nextLine(text: string, offset: number, end: number = text.length): number {
  for (let at = offset; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === newline) return at + 1
    if (code === carriageReturn) return text.charCodeAt(at + 1) === newline && at + 1 < end ? at + 2 : at + 1
  }
  return end
}

/** Offset of the line's end, before its line ending. */
export function lineEnd(text: string, offset: number, end: number = text.length): number {
  for (let at = offset; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === newline || code === carriageReturn) return at
  }
  return end
}

/** Offset of the next logical line of Python code; `offset` is at the start of one. */
export function nextLogicalLine(text: string, offset: number, end: number): number {
  let depth = 0
  let at = offset
  while (at < end) {
    const character = text[at]!
    switch (character) {
      case '\n':
      case '\r': {
        const next = nextLine(text, at, end)
        if (depth <= 0) return next
        at = next
        break
      }
      case '\\':
        at = isLineEnd(text, at + 1) ? nextLine(text, at + 1, end) : at + 2
        break
      case '#':
        at = lineEnd(text, at, end)
        break
      case '"':
      case "'":
        at = stringEnd(text, at, end)
        break
      case '(':
      case '[':
      case '{':
        depth++
        at++
        break
      case ')':
      case ']':
      case '}':
        depth--
        at++
        break
      default:
        at++
    }
  }
  return end
}

function isLineEnd(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code === newline || code === carriageReturn
}

/** Behind the string that opens at `offset`; a single-quoted string ends with its line at the latest. */
function stringEnd(text: string, offset: number, end: number): number {
  const quote = text[offset]!
  const triple = text.startsWith(quote.repeat(3), offset)
  let at = offset + (triple ? 3 : 1)
  while (at < end) {
    if (text[at] === '\\') {
      at = isLineEnd(text, at + 1) ? nextLine(text, at + 1, end) : at + 2
    } else if (triple ? text.startsWith(quote.repeat(3), at) : text[at] === quote) {
      return at + (triple ? 3 : 1)
    } else if (!triple && isLineEnd(text, at)) {
      return at
    } else at++
  }
  return end
}
