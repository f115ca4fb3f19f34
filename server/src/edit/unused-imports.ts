/** Imports that a change leaves without a use. */
import type { Import as ImportStmt, PythonTree } from '../syntax/python-ast.js'
import { findExpr } from './python-find.js'
import type { PythonWrite } from './write.js'

/** A name of a `from … import`, by its index. */
export interface UnusedName {
  statement: ImportStmt
  index: number
}

/** Names of imports whose every use is a call that these writes give another name. */
export function namesLeftUnused(
  text: string,
  tree: PythonTree,
  writes: readonly PythonWrite[],
): UnusedName[] {
  const renamed = new Map<string, { start: number; end: number }[]>()
  for (const write of writes) {
    if (write.kind !== 'rename callee') continue
    const callee = findExpr(tree, write.call, 'call')?.callee
    if (callee?.type !== 'name' || new RegExp(`^${callee.id}\\b`).test(write.to)) continue
    renamed.set(callee.id, [...(renamed.get(callee.id) ?? []), callee])
  }
  const found: UnusedName[] = []
  for (const [name, places] of renamed) {
    for (const statement of tree.body) {
      if (statement.type !== 'import' || !statement.from) continue
      const index = statement.names.findIndex((one) => (one.alias ?? one.name) === name)
      if (index < 0) continue
      const known = [...places, statement, ...tree.comments]
      if (!occursElsewhere(text, name, known)) found.push({ statement, index })
    }
  }
  return found
}

/** In strings too: `__all__`, forward references. */
function occursElsewhere(text: string, name: string, known: { start: number; end: number }[]): boolean {
  for (const { index } of text.matchAll(new RegExp(`\\b${name}\\b`, 'g')))
    if (!known.some(({ start, end }) => start <= index && index < end)) return true
  return false
}
