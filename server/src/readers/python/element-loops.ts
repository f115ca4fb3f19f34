/** Two loops of Python, one in the other, that go through a whole picture or grid, element by element. */
import type { PythonModule } from '../../python/module.js'
import type { Expr, For, Stmt } from '../../syntax/python-ast.js'
import { namesIn } from '../../syntax/python-children.js'
import { numberIn } from '../../values/argument.js'

/** So many elements take a tenth of a millisecond and more. */
const manyElements = 1024

/** `for y …` of the two, where the statement is the outer of them: as a message calls it. */
export function elementLoop(python: PythonModule, statement: Stmt): string | null {
  if (statement.type !== 'for' || statement.target.type !== 'name') return null
  const inner = statement.body.find((one): one is For => one.type === 'for')
  if (inner === undefined || inner.target.type !== 'name') return null
  const indices = [statement.target.id, inner.target.id]
  if (!inner.body.some((one) => setsElement(one, indices))) return null
  const [rows, columns] = [statement, inner].map((one) => {
    const loop = python.loops.find(({ node }) => node === one)
    return loop === undefined ? null : numberIn(loop.trips)
  })
  if (rows == null || columns == null || rows * columns < manyElements) return null
  return `for ${indices[0]} in …: for ${indices[1]} in …`
}

/** `out[y, x] = …`, `out[y][x] += …`. */
function setsElement(statement: Stmt, indices: readonly string[]): boolean {
  const targets =
    statement.type === 'assign' ? statement.targets : statement.type === 'augassign' ? [statement.target] : []
  return targets.some((target: Expr) => {
    if (target.type !== 'subscript') return false
    const names = new Set(namesIn(target))
    return indices.every((one) => names.has(one))
  })
}
