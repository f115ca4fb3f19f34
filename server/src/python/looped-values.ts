/** What a variable of a loop is in turn: `for steps in (50, 100): fit(steps)`. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { oneOf } from './folded.js'
import type { Folded } from './module.js'
import { bindingsOf } from './names.js'

/** One of all that it is; null: it is no such variable, or that is not known. */
export function loopedValue(analysis: Analysis, expr: Expr): Folded | null {
  if (expr.type !== 'name' || !analysis.complete) return null
  const [binding, another] = bindingsOf(analysis, expr.id, expr.start)
  if (binding?.kind !== 'loop' || another !== undefined) return null
  const values = (analysis.possible(expr) ?? []).map((one) => analysis.fold(one))
  if (values.length === 0 || !values.every(isPlain)) return null
  return oneOf(values, expr.id)
}

function isPlain(value: Folded): boolean {
  return value.state === 'known' && typeof value.value !== 'object'
}
