/**
 * Long runs of comment lines, taken out before parsing. At every comment the scanner of the Python grammar looks ahead
 * over all comments that follow, so that a few thousand of them in a row (a file that is commented out) cost seconds.
 */
import type { PythonTree } from './python-ast.js'

type Comment = PythonTree['comments'][number]

/** Shorter runs cost less than they would to find twice. */
const leastLines = 40

const commentLine = /[ \t\f]*#[^\r\n]*(?:\r\n?|\n|$)/y

export interface Uncommented {
  /** As long as the text given, the long runs blanked. */
  text: string
  /** What was blanked. */
  comments: Comment[]
}

export function withoutCommentRuns(text: string): Uncommented {
  const comments: Comment[] = []
  const pieces: string[] = []
  let copied = 0
  let line = 0
  while (line < text.length) {
    const run: Comment[] = []
    let at = line
    for (;;) {
      commentLine.lastIndex = at
      const found = commentLine.exec(text)
      if (found === null) break
      const start = at + found[0].indexOf('#')
      const content = text.slice(start, at + found[0].length).replace(/[\r\n]+$/, '')
      run.push({ start, end: start + content.length, text: content })
      at += found[0].length
    }
    if (run.length >= leastLines) {
      for (const comment of run) {
        pieces.push(text.slice(copied, comment.start), ' '.repeat(comment.text.length))
        copied = comment.end
        comments.push(comment)
      }
    }
    const end = text.indexOf('\n', Math.max(line, at - 1))
    line = end === -1 ? text.length : end + 1
  }
  if (comments.length === 0) return { text, comments }
  pieces.push(text.slice(copied))
  return { text: pieces.join(''), comments }
}
