/** What a field holds of an object that the module makes. */
import type { Argument, Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { isFromEnvironment, writtenOnce } from './data-classes.js'
import { sideThatCounts } from './fallbacks.js'
import { factoryOf } from './field-values.js'
import type { Klass } from './module.js'

interface MadeObject {
  /** Null: it holds what it is given and nothing else. */
  klass: Klass | null
  args: readonly Argument[]
}

const namespaces = /^(types\.SimpleNamespace|argparse\.Namespace|easydict\.EasyDict|box\.Box|munch\.Munch)$/
const deepest = 4

/** `settings.space`: what the call that makes the object is given, else the default of the class; null: nobody can tell. */
export function fieldOfObject(
  analysis: Analysis,
  { value, attr }: Expr & { type: 'attribute' },
  depth = 0,
): Expr | null {
  if (!analysis.complete || depth > deepest) return null
  const made = objectOf(analysis, value, depth)
  if (made === null) return null
  const { klass, args } = made
  if (klass !== null && (klass.methods.has('__init__') || isFromEnvironment(klass.bases))) return null
  for (const target of analysis.attributeStores.keys()) if (target.endsWith(`.${attr}`)) return null
  const given = args.find(({ name }) => name === attr)
  if (given !== undefined) return given.value
  if (klass === null || args.some(({ name, star }) => name === null || star > 0)) return null
  const written = klass.node.body.find(
    (one) => one.type === 'assign' && one.targets[0]?.type === 'name' && one.targets[0].id === attr,
  )
  const factory = written?.type === 'assign' && written.value !== null ? factoryOf(written.value) : null
  return factory ?? writtenOnce(klass, attr)
}

/** Also what all calls of a function pass for a parameter, what a field holds, and a class that is its own object. */
function objectOf(analysis: Analysis, expr: Expr, depth: number): MadeObject | null {
  const value = analysis.definition(expr)
  const side = sideThatCounts(analysis, value)
  const made = side === null ? value : analysis.definition(side)
  if (made.type === 'call') {
    const klass = analysis.classOf(made.callee)
    const plain = klass === null && namespaces.test(analysis.nameOf(made.callee) ?? '')
    return klass !== null || plain ? { klass, args: made.args } : null
  }
  if (made.type === 'attribute') {
    const field = fieldOfObject(analysis, made, depth + 1)
    return field === null ? null : objectOf(analysis, field, depth + 1)
  }
  if (made.type !== 'name') return null
  const klass = analysis.classOf(made)
  if (klass !== null) return { klass, args: [] }
  const passed = analysis.possible(made)
  const [only] = passed ?? []
  const same = only !== undefined && only !== made && passed!.every((one) => one === only)
  return same && depth < deepest ? objectOf(analysis, only, depth + 1) : null
}
