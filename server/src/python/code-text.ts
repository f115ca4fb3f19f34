/** The text of a module as a search for words should see it. */
import type { Expr, PythonTree, Stmt } from '../syntax/python-ast.js'
import type { Span } from '../text/location.js'
import type { Call } from './code.js'

/**
 * The text with blanks for comments, docstrings, help of options and what never runs: code that is commented out does nothing.
 * All offsets stay as they are.
 */
export function blankedText(
  text: string,
  tree: PythonTree,
  statements: readonly Stmt[],
  dead: readonly Span[],
  calls: readonly Call[],
): string {
  const spans: Span[] = [...tree.comments, ...dead, ...helpTexts(calls)]
  for (const statement of statements)
    if (statement.type === 'expr' && isText(statement.value)) spans.push(statement)
  if (spans.length === 0) return text
  spans.sort((a, b) => a.start - b.start)
  const parts: string[] = []
  let at = 0
  for (const { start, end } of spans) {
    if (end <= at) continue
    const from = Math.max(at, start)
    parts.push(text.slice(at, from), blanks(text, from, end))
    at = end
  }
  parts.push(text.slice(at))
  return parts.join('')
}

/** What options are said to do: `add_argument('--amp', help='…')`, `field(metadata={'help': '…'})`. */
function helpTexts(calls: readonly Call[]): Span[] {
  const found: Span[] = []
  for (const { expr } of calls)
    for (const { name, value } of expr.args) {
      if (name === 'help' && isText(value)) found.push(value)
      if (name !== 'metadata' || value.type !== 'dict') continue
      for (const { key, value: text } of value.entries)
        if (key?.type === 'constant' && key.value === 'help' && isText(text)) found.push(text)
    }
  return found
}

function blanks(text: string, start: number, end: number): string {
  const line = text.indexOf('\n', start)
  return line < 0 || line >= end ? ' '.repeat(end - start) : text.slice(start, end).replace(/[^\n]+/g, spaces)
}

function spaces({ length }: string): string {
  return ' '.repeat(length)
}

function isText(expr: Expr): boolean {
  return expr.type === 'constant' && typeof expr.value === 'string'
}
