/** Where a value stands that a module sets apart from the code that uses it. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { writtenAt } from './folded.js'
import type { Folded } from './module.js'

/** The value of an expression, with its place where it is a literal. */
export function foldWritten(analysis: Analysis, expr: Expr): Folded {
  const folded = analysis.fold(expr)
  const { type, start, end } = expr
  // Cells of a notebook are no modules that others import.
  if (type !== 'constant' || end <= start || analysis.notebook) return folded
  return writtenAt(folded, { path: analysis.path, cell: null, start, end })
}
