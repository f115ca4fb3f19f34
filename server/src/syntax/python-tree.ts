/**
 * Python source to the plain tree of `python-ast.ts`. Anything that this stage cannot express becomes `other` (with
 * the expressions inside) or `broken`; nothing is dropped silently and nothing throws.
 */

import { flatten } from './flat-tree.js'
import type { TreeSource } from './parser.js'
import type { PythonTree } from './python-ast.js'
import { StatementReader } from './python-statements.js'

/** Parses a unit's text. `source` must have the 'python' grammar loaded. */
export function pythonTree(text: string, source: TreeSource): PythonTree {
  const flat = source.parse('python', text, (tree) => flatten(tree, text))
  if (flat.value === undefined) return { body: [], comments: [], hasErrors: true, problem: flat.problem }
  const reader = new StatementReader(flat.value)
  const body = reader.module()
  return { body, comments: flat.value.comments, hasErrors: flat.value.hasErrors || reader.foundErrors }
}
