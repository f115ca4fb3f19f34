/** What an expression gives in the end: names and functions of the module followed to what they stand for. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { bindingsOf } from './names.js'
import { onlyReturn } from './returns.js'

const depthLimit = 6

/** The expression that is certain to be behind this one; itself where nothing is. */
export function resultOf(analysis: Analysis, expr: Expr, depth = 0): Expr {
  const value = analysis.definition(expr)
  if (depth > depthLimit) return value
  if (value.type === 'name') return unpacked(analysis, value, depth) ?? value
  if (value.type !== 'call') return value
  const func = analysis.functionOf(value.callee)
  const returned = func === null ? null : onlyReturn(func)
  return returned === null ? value : resultOf(analysis, returned, depth + 1)
}

/** `model, args = build()`, where the function returns a tuple. */
function unpacked(analysis: Analysis, name: Expr & { type: 'name' }, depth: number): Expr | null {
  const bindings = bindingsOf(analysis, name.id, name.start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  if (binding?.kind !== 'assign' || binding.value === null || binding.unpack?.length !== 1) return null
  const whole = resultOf(analysis, binding.value, depth + 1)
  if (whole.type !== 'tuple' && whole.type !== 'list') return null
  const item = whole.items[binding.unpack[0]!]
  return item === undefined || whole.items.some((one) => one.type === 'starred')
    ? null
    : resultOf(analysis, item, depth + 1)
}
