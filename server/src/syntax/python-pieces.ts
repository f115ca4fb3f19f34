/**
 * A long text that is not well-formed is so in one or two statements of the module, while somebody types. Only those are
 * left to the grammar, which takes many times as long, and which an error makes misread what stands around it.
 */
import type { PythonTree } from './python-ast.js'
import { quickStart } from './quick-statements.js'

/** Statements that are read, or offsets between which the grammar has to read. */
export type Piece = Pick<PythonTree, 'body' | 'comments'> | { start: number; end: number }

/** Shorter texts are read by the grammar as a whole: it takes no longer. */
const leastCharacters = 5_000
/** Old or rare Python has some in every function. */
const mostPieces = 8

/** Null: the text is short, or nobody can tell where its statements begin. */
export function piecesLeft(text: string): Piece[] | null {
  if (text.length < leastCharacters) return null
  const pieces: Piece[] = []
  for (let at = 0; ; ) {
    const { body, comments, stopped } = quickStart(text, at)
    pieces.push({ body, comments })
    if (stopped === null) return pieces
    if (pieces.length > 2 * mostPieces) return null
    const start = lineOf(text, stopped.at)
    const end = nextStatement(text, Math.max(stopped.token, start + 1))
    // Nobody knows on which side of the quotes the text goes on.
    if (end < text.length && (text.slice(start, end).match(/"""|'''/g) ?? []).length % 2 === 1) return null
    pieces.push({ start, end })
    if (end >= text.length) return pieces
    at = end
  }
}

function lineOf(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

const opening = /(?:@|(?:def|class|async|if|for|while|with|import|from)[ \t]|try:)/y
const plain = /(?!(?:else|elif|except|finally|case|and|or|not|in|is)\b)[A-Za-z_]/y

/** A line that begins a statement of the module for certain: by its first word, or behind an empty line. */
function nextStatement(text: string, from: number): number {
  for (let line = lineOf(text, from + 1); line < text.length; ) {
    if (line >= from && text.charAt(line - 2) !== '\\') {
      opening.lastIndex = line
      plain.lastIndex = line
      if (opening.test(text) || (text.charAt(line - 2) === '\n' && plain.test(text))) return line
    }
    const end = text.indexOf('\n', line)
    if (end === -1) break
    line = end + 1
  }
  return text.length
}
