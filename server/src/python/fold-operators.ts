/** Values of operators: of one operand, of two, element by element where they are arrays. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { mapNumbers } from './fold-numeric.js'
import { combine, combineWith, throughOptions, unknown } from './folded.js'
import type { Folded } from './module.js'
import { elementwise, operate, truthy } from './operators.js'

type Folding = (expr: Expr) => Folded

type BinaryExpr = Pick<Expr & { type: 'binary' }, 'op' | 'left' | 'right'>

export function foldUnary(op: string, operand: Folded): Folded {
  if (operand.state === 'unknown') return throughOptions(operand, (one) => foldUnary(op, one))
  const { value } = operand
  if (op === 'not') return combine(!truthy(value), [operand])
  if (Array.isArray(value) && op === '-')
    return combine(
      mapNumbers(value, (item) => -item),
      [operand],
    )
  if (typeof value !== 'number') return unknown('an expression')
  return combine(op === '-' ? -value : op === '~' ? ~value : value, [operand])
}

/** `fold`: what an operand is. */
export function foldBinary(analysis: Analysis, fold: Folding, { op, left, right }: BinaryExpr): Folded {
  const a = fold(left)
  if (op === 'and' || op === 'or') {
    if (a.state === 'unknown') return a
    const keep = op === 'and' ? !truthy(a.value) : truthy(a.value)
    return keep ? a : combineWith(fold(right), a)
  }
  // What is not known on one side is not known with the other.
  if (a.state === 'unknown' && a.options === undefined) return a
  return arithmetic(analysis, { op, left, right }, a, fold(right))
}

function arithmetic(analysis: Analysis, expr: BinaryExpr, a: Folded, b: Folded): Folded {
  const { op, left, right } = expr
  // Two choices may hang together; one is carried through.
  if (a.state === 'unknown')
    return b.state === 'unknown'
      ? unknown(a.because)
      : throughOptions(a, (one) => arithmetic(analysis, expr, one, b))
  if (b.state === 'unknown') return throughOptions(b, (one) => arithmetic(analysis, expr, a, one))
  const arrays =
    (Array.isArray(a.value) && isArray(analysis, left)) ||
    (Array.isArray(b.value) && isArray(analysis, right))
  const value = arrays ? elementwise(op, a.value, b.value) : operate(op, a.value, b.value)
  return value === undefined ? unknown('an expression') : combine(value, [a, b])
}

/** A NumPy or torch array (arithmetic goes element by element) rather than a list. */
function isArray(analysis: Analysis, expr: Expr, depth = 0): boolean {
  if (depth > 8) return false
  const value = analysis.definition(expr)
  if (value.type === 'unary') return isArray(analysis, value.operand, depth + 1)
  if (value.type === 'binary')
    return isArray(analysis, value.left, depth + 1) || isArray(analysis, value.right, depth + 1)
  if (value.type !== 'call') return false
  const name = analysis.callByExpr.get(value)?.name ?? null
  if (name !== null) return /^(numpy|torch|jax\.numpy|cupy)\./.test(name)
  return (
    value.callee.type === 'attribute' &&
    value.callee.attr !== 'tolist' &&
    isArray(analysis, value.callee.value, depth + 1)
  )
}
