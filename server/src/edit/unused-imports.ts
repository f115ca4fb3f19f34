/** Imports that a change leaves without a use. */
import type { Import as ImportStmt, PythonTree } from '../syntax/python-ast.js'
import { applyFragmentEdits, type FragmentEdit } from './fragment-edit.js'
import { comments } from './python-lexis.js'

/** A name of an import, by its index. */
export interface UnusedName {
  statement: ImportStmt
  index: number
}

/** Names of imports that the code used before these edits (in order, none of them of an import) and no longer does. */
export function namesLeftUnused(
  text: string,
  tree: PythonTree,
  edits: readonly FragmentEdit[],
): UnusedName[] {
  const imports = tree.body.filter((statement) => statement.type === 'import')
  if (imports.length === 0 || edits.every(({ start, end }) => start === end)) return []
  const changed = wordsOf(edits.map(({ start, end }) => text.slice(start, end)).join('\n'))
  const unused: UnusedName[] = []
  for (const statement of imports) {
    if (statement.module === '__future__') continue
    for (const [index, name] of statement.names.entries()) {
      const local = localName(statement, name)
      if (countOf(changed, local) === 0) continue
      // A cell of a notebook imports for itself what others import again.
      const same = imports.filter((one) => one.names.some((other) => localName(one, other) === local))
      const [start, end] =
        same.length === 1
          ? [0, text.length]
          : [statement.end, same[same.indexOf(statement) + 1]?.start ?? text.length]
      const own = same.length === 1 ? countOf(wordsOf(text.slice(statement.start, statement.end)), local) : 0
      const inside = edits.filter((edit) => edit.start >= start && edit.end <= end)
      const after = applyFragmentEdits(
        text.slice(start, end),
        inside.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start })),
      )
      if (countOf(wordsOf(text.slice(start, end)), local) > own && countOf(wordsOf(after), local) <= own)
        unused.push({ statement, index })
    }
  }
  return unused
}

function localName({ from }: ImportStmt, { name, alias }: ImportStmt['names'][number]): string {
  return alias ?? (from ? name : name.split('.')[0]!)
}

/** How often each word stands in code or in a string (`__all__`, forward references); the attribute of an object is no name. */
function wordsOf(code: string): Map<string, number> {
  let rest = ''
  let from = 0
  for (const { start, end } of comments(code)) {
    rest += code.slice(from, start)
    from = end
  }
  const words = new Map<string, number>()
  for (const [word] of (rest + code.slice(from)).matchAll(/(?<![.\p{L}\p{N}_])[\p{L}_][\p{L}\p{N}_]*/gu))
    words.set(word, (words.get(word) ?? 0) + 1)
  return words
}

function countOf(words: ReadonlyMap<string, number>, word: string): number {
  return words.get(word) ?? 0
}
