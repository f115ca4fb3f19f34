/** What a field holds of an object that the module makes. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { isFromEnvironment, writtenOnce } from './data-classes.js'
import { sideThatCounts } from './fallbacks.js'
import { factoryOf } from './field-values.js'

/** `settings.space`: what the call that makes the object is given, else the default of the class; null: nobody can tell. */
export function fieldOfObject(
  analysis: Analysis,
  { value, attr }: Expr & { type: 'attribute' },
): Expr | null {
  if (!analysis.complete) return null
  const made = madeObject(analysis, value)
  const klass = made === null ? null : analysis.classOf(made.callee)
  if (made === null || klass === null || klass.methods.has('__init__') || isFromEnvironment(klass.bases))
    return null
  for (const target of analysis.attributeStores.keys()) if (target.endsWith(`.${attr}`)) return null
  const given = made.args.find(({ name }) => name === attr)
  if (given !== undefined) return given.value
  if (made.args.some(({ name, star }) => name === null || star > 0)) return null
  const written = klass.node.body.find(
    (one) => one.type === 'assign' && one.targets[0]?.type === 'name' && one.targets[0].id === attr,
  )
  const factory = written?.type === 'assign' && written.value !== null ? factoryOf(written.value) : null
  return factory ?? writtenOnce(klass, attr)
}

function madeObject(analysis: Analysis, expr: Expr): CallExpr | null {
  const value = analysis.definition(expr)
  const side = sideThatCounts(analysis, value)
  const made = side === null ? value : analysis.definition(side)
  return made.type === 'call' ? made : null
}
