/** Small tree-sitter trees (shell, TOML, HCL) as plain objects, so that the tree can be deleted at once. */
import type { Tree } from 'web-tree-sitter'

export interface PlainNode {
  /** Kind of a named node; the token itself for punctuation, keywords and operators. */
  type: string
  named: boolean
  field: string | null
  start: number
  end: number
  children: PlainNode[]
}

export interface PlainTree {
  root: PlainNode
  comments: { start: number; end: number; text: string }[]
  hasErrors: boolean
}

/** Copies a tree by one cursor walk. Comments are kept apart. Nodes below `deepest` levels are left out. */
export function plainTree(tree: Tree, text: string, deepest = 400): PlainTree {
  const comments: PlainTree['comments'] = []
  const cursor = tree.walk()
  const read = (parent?: PlainNode): PlainNode => ({
    type: cursor.nodeType,
    named: cursor.nodeIsNamed,
    // What is wrong has no fields, and looking for them takes longer the more there is of it.
    field: parent?.type === 'ERROR' ? null : cursor.currentFieldName,
    start: cursor.startIndex,
    end: cursor.endIndex,
    children: [],
  })
  try {
    const root = read()
    const open = [root]
    let descend = cursor.gotoFirstChild()
    while (descend) {
      const node = read(open[open.length - 1])
      if (node.type === 'comment') {
        const source = text.slice(node.start, node.end).trimEnd()
        comments.push({ start: node.start, end: node.start + source.length, text: source })
      } else {
        open[open.length - 1]!.children.push(node)
      }
      if (open.length < deepest && node.type !== 'comment' && cursor.gotoFirstChild()) {
        open.push(node)
        continue
      }
      while (!cursor.gotoNextSibling()) {
        open.pop()
        if (open.length === 0 || !cursor.gotoParent()) {
          descend = false
          break
        }
      }
    }
    return { root, comments, hasErrors: tree.rootNode.hasError }
  } finally {
    cursor.delete()
  }
}

/** The first child in this field. */
export function inField(node: PlainNode, field: string): PlainNode | undefined {
  return node.children.find((child) => child.field === field)
}

/** Children that are not punctuation or keywords. */
export function namedChildren(node: PlainNode): PlainNode[] {
  return node.children.filter((child) => child.named)
}
