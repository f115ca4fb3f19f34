/** Where statements really end, and which the parser let run on. */
import type { FlatTree } from './flat-tree.js'
import type { Stmt } from './python-ast.js'

/** The statement that a compound statement ends with; undefined: it ends in a block without any. */
export function lastInside(statement: Stmt): Stmt | undefined {
  switch (statement.type) {
    case 'if': {
      const last = (statement.orelse.length > 0 ? statement.orelse : statement.body).at(-1)
      // An `elif` was given the end of the whole chain.
      return last?.type === 'if' && last.end === statement.end ? (lastInside(last) ?? last) : last
    }
    case 'for':
    case 'while':
      return (statement.orelse.length > 0 ? statement.orelse : statement.body).at(-1)
    case 'with':
    case 'function':
    case 'class':
      return statement.body.at(-1)
    case 'try': {
      const { body, handlers, orelse } = statement
      const blocks = [body, ...handlers.map((handler) => handler.body), orelse, statement.finally]
      return blocks
        .filter((block) => block.length > 0)
        .at(-1)
        ?.at(-1)
    }
    case 'match':
      return statement.cases.at(-1)?.body.at(-1)
    default:
      return undefined
  }
}

/** Ends a statement earlier, with the clauses that ended with it. */
export function shorten(statement: Stmt, end: number): void {
  const old = statement.end
  let at: Stmt | undefined = statement
  while (at !== undefined && at.end === old) {
    at.end = end
    if (at.type === 'try') {
      const last = at.handlers.at(-1)
      if (last?.end === old) last.end = end
    }
    at = at.type === 'if' && at.orelse.length === 1 && at.orelse[0]!.type === 'if' ? at.orelse[0] : undefined
  }
}

/**
 * True for a statement that the parser continued over the end of a line without a bracket or a backslash: while
 * `x =` is being typed, the grammar takes the next line for its value.
 */
export function runsOn(flat: FlatTree, node: number): boolean {
  const start = flat.starts[node]!
  const end = flat.ends[node]!
  const { text } = flat
  const firstLineEnd = text.indexOf('\n', start)
  if (firstLineEnd === -1 || firstLineEnd >= end) return false
  const { next, types, names, starts, ends } = flat
  let depth = 0
  let child = node + 1
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === doubleQuote || code === singleQuote || code === backQuote) {
      // Strings are skipped where the tree has them: finding their ends is the parser's business.
      while (child < next[node]! && (names[types[child]!] !== 'string' || ends[child]! <= at)) child++
      if (child < next[node]! && starts[child]! <= at) {
        at = ends[child]! - 1
        child = next[child]!
      }
    } else if (code === hash) {
      const lineEnd = text.indexOf('\n', at)
      if (lineEnd === -1) return false
      at = lineEnd - 1
    } else if (code === backslash) {
      if (text.charCodeAt(at + 1) === carriageReturn) at++
      at++
    } else if (code === newline) {
      if (depth === 0) return true
    } else if (opening.has(code)) depth++
    else if (closing.has(code)) depth--
  }
  return false
}

const newline = 10
const carriageReturn = 13
const hash = 35
const doubleQuote = 34
const singleQuote = 39
const backQuote = 96
const backslash = 92
const opening = new Set(['(', '[', '{'].map((bracket) => bracket.charCodeAt(0)))
const closing = new Set([')', ']', '}'].map((bracket) => bracket.charCodeAt(0)))
