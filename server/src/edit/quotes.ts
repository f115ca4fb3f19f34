/** Strings in new code get the quotes that the file uses. */
import type { Span } from '../text/location.js'
import { stringSpans } from './python-lexis.js'
import type { PythonWrite } from './write.js'

const simple = /^([A-Za-z]{0,2})(['"])([^'"\\\n]*)\2$/

/** The quote of most of the plain strings in this code; null where neither prevails. */
function preferredQuote(code: string): '"' | "'" | null {
  return prevailingIn(code, stringSpans(code, 0, code.length))
}

function prevailingIn(code: string, strings: readonly Span[]): '"' | "'" | null {
  let lead = 0
  for (const { start, end } of strings) {
    const [, , quote, content] = simple.exec(code.slice(start, end)) ?? []
    if (content !== undefined && content !== '') lead += quote === '"' ? 1 : -1
  }
  return lead === 0 ? null : lead > 0 ? '"' : "'"
}

/** The writes with the quotes of the file. Strings that the file holds as they are were copied from it, and stay. */
export function inQuotesOf(text: string, writes: readonly PythonWrite[]): PythonWrite[] {
  if (writes.length === 0) return []
  const { strings, prevailing } = stringsOf(text)
  let literals: ReadonlySet<string> | null = null
  const held = (): ReadonlySet<string> =>
    (literals ??= new Set(strings.map(({ start, end }) => text.slice(start, end))))
  return writes.map((write) => {
    const around = 'call' in write ? text.slice(write.call.start, write.call.end) : ''
    const quote = preferredQuote(around) ?? prevailing
    if (quote === null) return write
    const style = (code: string): string => restyled(code, quote, (literal) => held().has(literal))
    switch (write.kind) {
      case 'set keyword':
      case 'append item':
        return { ...write, value: style(write.value) }
      case 'replace':
        // Not in the field of a formatted string, whose own quotes would end it.
        if (strings.some(({ start, end }) => start < write.range.start && write.range.end < end)) return write
        return { ...write, text: style(write.text) }
      case 'wrap block':
        return { ...write, header: style(write.header) }
      case 'insert lines':
        return { ...write, lines: write.lines.map(style) }
      default:
        return write
    }
  })
}

interface Strings {
  text: string
  strings: readonly Span[]
  prevailing: '"' | "'" | null
}

/** Of the last text: a file mostly has several fixes, one after the other. */
let last: Strings | null = null

function stringsOf(text: string): Strings {
  if (last?.text !== text) {
    const strings = stringSpans(text, 0, text.length)
    last = { text, strings, prevailing: prevailingIn(text, strings) }
  }
  return last
}

function restyled(code: string, quote: string, isCopied: (literal: string) => boolean): string {
  let result = ''
  let from = 0
  for (const { start, end } of stringSpans(code, 0, code.length)) {
    const literal = code.slice(start, end)
    const [, prefix = '', written, content] = simple.exec(literal) ?? []
    if (content === undefined || written === quote || isCopied(literal)) continue
    result += `${code.slice(from, start)}${prefix}${quote}${content}${quote}`
    from = end
  }
  return result + code.slice(from)
}
