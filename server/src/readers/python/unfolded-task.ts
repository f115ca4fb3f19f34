/** Axes of a grid in which each task of a job array finds its place by arithmetic on its number: `rates[task % 4]`, `sizes[task // 4]`. */
import type { PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../../syntax/python-children.js'
import { hyperparameter } from './hyperparameter-names.js'

export interface Axis {
  /** `rates[task % 4]`, and the statement that holds it. */
  entry: Expr
  statement: Stmt
  /** `rates`. */
  values: Expr
  name: string
  given: boolean
}

/** True where an expression is shown to be the number of a task, false where it may be; null: it is none. */
type Numbered = (expr: Expr) => boolean | null

const unpacking = new Set(['divmod', 'numpy.unravel_index'])
const deepest = 6

export function axesIn(python: PythonModule, numbered: Numbered): Axis[] {
  const found: Axis[] = []
  for (const statement of python.statements) {
    const visit = (expr: Expr): void => {
      const given = expr.type === 'subscript' ? partOfNumber(python, expr.index, numbered) : null
      if (expr.type === 'subscript' && given !== null)
        found.push({ entry: expr, statement, values: expr.value, name: nameOf(statement, expr), given })
      forEachChild(expr, visit)
    }
    forEachExpression(statement, visit)
  }
  return found
}

/** `task % 4`, `task // 4 % 3`, and what `divmod(task, 4)` and `np.unravel_index(task, shape)` are taken apart into. */
function partOfNumber(python: PythonModule, expr: Expr, numbered: Numbered, depth = 0): boolean | null {
  if (depth > deepest) return null
  const inside = (one: Expr | undefined): boolean | null =>
    one === undefined ? null : (partOfNumber(python, one, numbered, depth + 1) ?? numbered(one))
  const value = python.definition(expr)
  if (value.type === 'binary') return /^(%|\/\/)$/.test(value.op) ? inside(value.left) : null
  if (value.type !== 'name') return null
  const made = python.bindingsOf(value).at(-1)
  if (made?.unpack == null || made.value?.type !== 'call') return null
  const { callee, args } = made.value
  const name = callee.type === 'name' && callee.id === 'divmod' ? 'divmod' : python.nameOf(callee)
  return name !== null && unpacking.has(name) ? inside(args[0]?.value) : null
}

/** What the value is assigned to, or what its collection is called, in the singular. */
function nameOf(statement: Stmt, entry: Expr & { type: 'subscript' }): string {
  const target = targetOf(statement, entry)
  if (target !== null && hyperparameter.test(target)) return target
  const { value } = entry
  const collection = value.type === 'name' ? value.id : value.type === 'attribute' ? value.attr : ''
  const one = collection.toLowerCase().replace(/s$/, '')
  return hyperparameter.test(one) ? one : (target ?? collection.toLowerCase())
}

function targetOf(statement: Stmt, entry: Expr): string | null {
  if (statement.type !== 'assign' || statement.value === null) return null
  const [target] = statement.targets
  const index = statement.value.type === 'tuple' ? statement.value.items.indexOf(entry) : -1
  const single = statement.value === entry ? target : undefined
  const item = index >= 0 && target?.type === 'tuple' ? target.items[index] : single
  return item?.type === 'name' ? item.id : null
}
