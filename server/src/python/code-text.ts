/** The text of a module as a search for words should see it. */
import type { Expr, PythonTree, Stmt } from '../syntax/python-ast.js'
import type { Span } from '../text/location.js'

/**
 * The text with blanks for comments, docstrings and what never runs: code that is commented out does nothing.
 * All offsets stay as they are.
 */
export function blankedText(
  text: string,
  tree: PythonTree,
  statements: readonly Stmt[],
  dead: readonly Span[],
): string {
  const spans: Span[] = [...tree.comments, ...dead]
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
