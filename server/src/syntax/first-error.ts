/** Where a text stops to be valid. */
import type { Tree } from 'web-tree-sitter'
import { withoutCommentRuns } from './comment-runs.js'
import type { GrammarName, TreeSource } from './parser.js'

/** Offset of the first syntax error; null: the grammar finds none, or could not read the text at all. */
export function firstSyntaxError(language: GrammarName, text: string, source: TreeSource): number | null {
  const read = language === 'python' ? withoutCommentRuns(text).text : text
  return source.parse(language, read, firstError).value ?? null
}

/** Only branches that hold an error are visited. */
export function firstError(tree: Tree): number | null {
  const cursor = tree.walk()
  try {
    for (;;) {
      const node = cursor.currentNode
      // Of an error that holds others the innermost says best where it is.
      if (node.isMissing || (node.isError && !node.children.some((child) => child.hasError)))
        return node.startIndex
      if (node.hasError && cursor.gotoFirstChild()) continue
      while (!cursor.gotoNextSibling()) if (!cursor.gotoParent()) return null
    }
  } finally {
    cursor.delete()
  }
}
