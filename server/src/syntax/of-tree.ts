/**
 * What follows from the tree of a module alone. A module is analysed several times, with other neighbours and launches;
 * what its text says by itself is found out once.
 */
import type { PythonTree } from './python-ast.js'

const answers = new WeakMap<PythonTree, Map<string, unknown>>()

/** What `compute` gave the first time it was asked of this tree. */
export function ofTree<T>(tree: PythonTree, question: string, compute: () => T): T {
  let known = answers.get(tree)
  if (known === undefined) {
    known = new Map()
    answers.set(tree, known)
  }
  if (!known.has(question)) known.set(question, compute())
  return known.get(question) as T
}
