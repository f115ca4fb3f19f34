/** Objects of libraries that functions of other modules make for this one: `study = make_study()`, `study, data = setup()`. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { Call } from './module.js'
import { bindingsOf, nameOf } from './names.js'
import { withObjects } from './written-out.js'

/** The call that makes it, as if it were written here; it has no width, so nobody changes it. Null: it is no such object. */
export function madeElsewhere(analysis: Analysis, expr: Expr): Call | null {
  if (!analysis.complete || analysis.importedByName.size === 0) return null
  const value = analysis.definition(expr)
  const made =
    value.type === 'name' ? itemOf(analysis, value) : value.type === 'call' ? ofCall(analysis, value) : null
  return made?.type === 'call' && made.start === made.end ? (analysis.callByExpr.get(made) ?? null) : null
}

function ofCall(analysis: Analysis, expr: Expr & { type: 'call' }): Expr | null {
  return nameOf(analysis, expr.callee) === null ? withObjects(analysis, expr) : null
}

function itemOf(analysis: Analysis, { id, start }: Expr & { type: 'name' }): Expr | null {
  const [binding, another] = bindingsOf(analysis, id, start)
  if (binding?.kind !== 'assign' || another !== undefined || binding.value?.type !== 'call') return null
  const [index, inner] = binding.unpack ?? []
  const whole = index === undefined || inner !== undefined ? null : ofCall(analysis, binding.value)
  return whole?.type === 'tuple' ? (whole.items[index!] ?? null) : null
}
