/** How wide the lines of a file are, and new code that is broken to fit, the way common formatters break it. */
import type { Span } from '../text/location.js'
import { lineEnd, nextLine } from './fragment-edit.js'
import { stringSpans } from './python-lexis.js'

/** Lines may get as wide as the widest that the file has, within what is common. */
export function widthLimit(text: string): number {
  let widest = 0
  for (let line = 0; line < text.length; line = nextLine(text, line))
    widest = Math.max(widest, lineEnd(text, line) - line)
  // Close below a limit that PEP 8 or a formatter sets, the file keeps to it.
  const kept = limits.find((limit) => widest > limit - 5 && widest <= limit)
  return kept ?? Math.min(120, Math.max(100, widest))
}

const limits = [79, 88]

/** How code is laid out around what is written. */
export interface Layout {
  indent: string
  unit: string
  limit: number
}

/** One statement, or the header of a block; the lines behind the first begin with the indentation. */
export function fittedStatement(code: string, layout: Layout): string[] {
  const { indent, unit, limit } = layout
  if (indent.length + code.length <= limit || code.includes('\n')) return [code]
  const header = /^with .*\):$/.test(code) ? lastCall(code, code.length - 2) : null
  if (header !== null) {
    const inside = code.slice(header.start + 1, header.end)
    if (indent.length + unit.length + inside.length <= limit)
      return [code.slice(0, header.start + 1), `${indent}${unit}${inside}`, `${indent}):`]
    const args = partsOf(inside, ',')
    return [
      code.slice(0, header.start + 1),
      ...args.map((arg) => `${indent}${unit}${arg.trim()},`),
      `${indent}):`,
    ]
  }
  const assigned = /^([\w.]+ = )([^=({[].*)$/.exec(code)
  if (assigned === null || !/ (and|or|if) /.test(assigned[2]!)) return [code]
  return [`${assigned[1]}(`, ...broken(assigned[2]!, { ...layout, indent: indent + unit }), `${indent})`]
}

/** The value of a keyword that has a line of its own. */
export function fittedValue(lead: string, value: string, layout: Layout): string[] {
  const { indent, unit, limit } = layout
  // A comma follows.
  if (indent.length + lead.length + value.length < limit || value.includes('\n')) return [lead + value]
  const lines = broken(value, { ...layout, indent: indent + unit })
  return / if .* else /.test(value) && !/^[([{]/.test(value)
    ? [`${lead}(`, ...lines, `${indent})`]
    : [lead + value]
}

/** What stands in parentheses of its own: on one line, or broken before its operators. */
function broken(code: string, { indent, limit }: Layout): string[] {
  if (indent.length + code.length <= limit) return [indent + code]
  const conditional = wordsIn(code, / (?=(?:if|else) )/g)
  const breaks = conditional.length > 0 ? conditional : wordsIn(code, / (?=(?:and|or) )/g)
  const lines: string[] = []
  let from = 0
  for (const at of breaks) {
    lines.push(indent + code.slice(from, at))
    from = at + 1
  }
  return [...lines, indent + code.slice(from)]
}

/** Where a pattern matches outside of brackets and strings. */
function wordsIn(code: string, pattern: RegExp): number[] {
  const outer = outermost(code)
  return [...code.matchAll(pattern)].map(({ index }) => index).filter((index) => outer[index])
}

function partsOf(code: string, separator: string): string[] {
  const outer = outermost(code)
  const parts: string[] = []
  let from = 0
  for (let i = 0; i < code.length; i++) {
    if (code[i] !== separator || !outer[i]) continue
    parts.push(code.slice(from, i))
    from = i + 1
  }
  return [...parts, code.slice(from)].filter((part) => part.trim() !== '')
}

/** The brackets of the call that ends with this one. */
function lastCall(code: string, close: number): Span | null {
  const outer = outermost(code)
  let open = close - 1
  while (open >= 0 && !outer[open]) open--
  return open > 0 && code[open] === '(' ? { start: open, end: close } : null
}

/** For each character whether it stands outside of brackets and strings; brackets of the outermost level do. */
function outermost(code: string): boolean[] {
  const outer = new Array<boolean>(code.length).fill(true)
  for (const { start, end } of stringSpans(code, 0, code.length)) outer.fill(false, start, end)
  let depth = 0
  for (let i = 0; i < code.length; i++) {
    if (!outer[i]) continue
    if (')]}'.includes(code[i]!)) depth--
    outer[i] = depth === 0
    if ('([{'.includes(code[i]!)) depth++
  }
  return outer
}
