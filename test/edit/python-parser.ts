import { readFileSync } from 'node:fs'
import { loadGrammars } from '../../server/src/syntax/parser.js'
import type { Expr, PythonTree, Stmt } from '../../server/src/syntax/python-ast.js'
import { pythonTree } from '../../server/src/syntax/python-tree.js'

const folder = new URL('../../grammars/', import.meta.url)

const grammars = await loadGrammars(
  {
    runtime: readFileSync(new URL('web-tree-sitter.wasm', folder)),
    grammar: async (name) => readFileSync(new URL(`${name}.wasm`, folder)),
  },
  ['python'],
)

export function parsePython(text: string): PythonTree {
  return pythonTree(text, grammars)
}

interface Placed {
  type: string
  start: number
  end: number
}

/** Every node of the tree, in no special order. */
export function nodesOf(tree: PythonTree): Placed[] {
  const found: Placed[] = []
  const stack: unknown[] = [...tree.body]
  while (stack.length > 0) {
    const node = stack.pop()
    if (node === null || typeof node !== 'object') continue
    if (!Array.isArray(node) && 'type' in node && typeof node.type === 'string') found.push(node as Placed)
    for (const child of Object.values(node)) stack.push(child)
  }
  return found
}

/** The range of the node of this type whose text starts so; of several that start at one place, the longest. */
export function rangeOf(text: string, type: (Expr | Stmt)['type'], starting: string) {
  const hits = nodesOf(parsePython(text)).filter(
    (node) => node.type === type && text.startsWith(starting, node.start),
  )
  hits.sort((a, b) => b.end - a.end)
  if (hits.length === 0 || hits.some((hit) => hit.start !== hits[0]!.start))
    throw new Error(`${hits.length} nodes of type ${type} start with ${starting}`)
  return { fragment: 0, start: hits[0]!.start, end: hits[0]!.end }
}
