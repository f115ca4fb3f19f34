/**
 * Epochs that a program counts back from the steps that it has made of them:
 *
 *     if args.max_steps is None:
 *         args.max_steps = args.epochs * steps_per_epoch
 *     args.epochs = math.ceil(args.max_steps / steps_per_epoch)
 */
import type { Attribute, Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { argumentsNamed } from './arguments.js'
import { attributeValues } from './attribute-values.js'
import { programArgument } from './fold-outside.js'
import type { Folded } from './module.js'
import { bindingsOf, nameOf } from './names.js'

const rounding = /^(math|numpy)\.(ceil|floor|trunc)$|^(int|round|max)$/

/** What is stored leaves the attribute as it was, as no launch gives the total that it is counted back from. */
export function countsBack(
  analysis: Analysis,
  attribute: Attribute,
  stored: Expr,
  fold: (expr: Expr) => Folded,
): boolean {
  const total = dividend(analysis, stored)
  if (total === null) return false
  const isProduct = (value: Expr | null) => value !== null && hasFactor(value, attribute)
  if (total.type === 'name') {
    const values = bindingsOf(analysis, total.id, total.start).map(({ value }) => value)
    return values.length > 0 && values.every(isProduct)
  }
  if (total.type !== 'attribute' || !isSame(total.value, attribute.value)) return false
  const values = attributeValues(analysis, total)
  const options = argumentsNamed(analysis.programArguments, total.attr)
  if (values.length === 0 || options.length === 0 || !values.every(isProduct)) return false
  const given = programArgument(analysis, fold, total.attr, options)
  return given.state === 'known' && given.value === null
}

/** `total` of `math.ceil(total / steps)` and `total // steps + int(total % steps > 0)`. */
function dividend(analysis: Analysis, expr: Expr): Expr | null {
  if (expr.type === 'call') {
    const [first] = expr.args
    const rounds = rounding.test(nameOf(analysis, expr.callee) ?? '')
    return rounds && first !== undefined ? dividend(analysis, first.value) : null
  }
  if (expr.type !== 'binary') return null
  if (expr.op === '+') return dividend(analysis, expr.left)
  return expr.op === '/' || expr.op === '//' ? expr.left : null
}

/** The attribute is a factor of the product. */
function hasFactor(expr: Expr, attribute: Attribute): boolean {
  if (isSame(expr, attribute)) return true
  return (
    expr.type === 'binary' &&
    expr.op === '*' &&
    (hasFactor(expr.left, attribute) || hasFactor(expr.right, attribute))
  )
}

function isSame(a: Expr, b: Expr): boolean {
  if (a.type === 'name') return b.type === 'name' && a.id === b.id
  return a.type === 'attribute' && b.type === 'attribute' && a.attr === b.attr && isSame(a.value, b.value)
}
