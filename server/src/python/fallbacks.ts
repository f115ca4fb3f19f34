/** `settings or Settings()`: what stands in for what is left out. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { truthy } from './operators.js'

/** The side of an `or` that is its value; null: it is another operation, or nobody can tell. */
export function sideThatCounts(analysis: Analysis, expr: Expr): Expr | null {
  if (expr.type !== 'binary' || expr.op !== 'or' || !analysis.complete) return null
  const left = analysis.fold(expr.left)
  if (left.state !== 'known') return null
  return truthy(left.value) ? expr.left : expr.right
}
