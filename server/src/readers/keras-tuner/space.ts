/** What a KerasTuner search goes through: the hyperparameters that the model's builder asks for. */
import { distinctCount, kerasTunerSize } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { ArgumentValue, Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { knownArgument, mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import type { Dimension, SearchSpace } from '../../workload/resource-kinds.js'
import { reachedCalls } from '../search/trial-function.js'

/** The function that builds a model, or the `build` of a hypermodel. */
export function builderOf(python: PythonModule, expr: Expr): Func | null {
  const func = python.functionOf(expr)
  if (func !== null) return func
  const value = python.definition(expr)
  const klass = value.type === 'call' ? python.classOf(value.callee) : null
  return klass?.methods.get('build') ?? null
}

export function hyperSpace(python: PythonModule, builder: Func): SearchSpace | null {
  const found = new Map<string, Dimension>()
  for (const call of reachedCalls(python, builder)) {
    if (call.expr.callee.type !== 'attribute' || !/^(Choice|Int|Float|Boolean)$/.test(call.method)) continue
    const { value } = call.expr.callee
    if (value.type !== 'name' && value.type !== 'attribute') continue
    if (call.name !== null) continue
    const given = python.argument(call, 'name', 0)
    const text = knownArgument(given)
    const name = typeof text === 'string' ? text : `?${call.index}`
    // One name asked for twice is one hyperparameter; some names only exist in some models.
    const partial = call.conditional || call.loops.length > 0 || typeof text !== 'string'
    if (!found.has(name))
      found.set(name, { ...dimension(python, call, name), ...(partial ? { size: null } : {}) })
  }
  const dimensions = [...found.values()]
  return dimensions.length === 0 ? null : { grids: [dimensions], ...gridSize([dimensions]) }
}

function dimension(python: PythonModule, call: Call, name: string): Dimension {
  if (call.method === 'Boolean') return { name, size: 2 }
  if (call.method === 'Choice') {
    const values = python.argument(call, 'values', 1)
    const list = knownArgument(values)
    if (Array.isArray(list)) return { name, size: distinctCount(list), values: list }
    const passed = passedExpression(values)
    const written = passed === null ? null : python.definition(passed)
    return { name, size: written?.type === 'list' ? written.items.length : null }
  }
  const low = numberArgument(python.argument(call, 'min_value', 1))
  const high = numberArgument(python.argument(call, 'max_value', 2))
  if (low === null || high === null) return { name, size: null }
  return {
    name,
    size: ranged(call, low, high, python.argument(call, 'step', 3), python.argument(call, 'sampling', 4)),
  }
}

function ranged(
  call: Call,
  low: number,
  high: number,
  step: ArgumentValue,
  sampling: ArgumentValue,
): number | null {
  if (!mayBePassed(step) || knownArgument(step) === null) {
    const linear = !mayBePassed(sampling) || knownArgument(sampling) === 'linear'
    return kerasTunerSize(low, high, call.method === 'Int' && linear ? 1 : null)
  }
  const size = numberArgument(step)
  // With sampling='log' a step multiplies.
  if (size === null || knownArgument(sampling) === 'log') return null
  return kerasTunerSize(low, high, size)
}
