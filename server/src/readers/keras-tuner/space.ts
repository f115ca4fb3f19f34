/** What a KerasTuner search goes through: the hyperparameters that the model's builder asks for. */
import { distinctCount, kerasTunerSize } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import { classAt, functionAt } from '../../python/definition-places.js'
import type { ArgumentValue, Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { knownArgument, mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Dimension, DrawnDimension, SearchSpace } from '../../workload/resource-kinds.js'
import { drawnList, drawnRange, type Locate } from '../search/drawn.js'
import { reachedCalls } from '../search/trial-function.js'

export interface Builder {
  func: Func
  /** Where it stands. */
  python: PythonModule
}

/** The function that builds a model, or the `build` of a hypermodel, here or in another module. */
export function builderOf(python: PythonModule, expr: Expr): Builder | null {
  const func = functionAt(python, expr)
  if (func !== null) return func
  const value = python.definition(expr)
  const made = value.type === 'call' ? classAt(python, value.callee) : null
  const build = made?.klass.methods.get('build')
  return made === null || build === undefined ? null : { func: build, python: made.python }
}

export function hyperSpace({ func: builder, python }: Builder): SearchSpace | null {
  const found = new Map<string, Dimension>()
  for (const call of reachedCalls(python, builder)) {
    if (call.expr.callee.type !== 'attribute' || !/^(Choice|Int|Float|Boolean)$/.test(call.method)) continue
    const { value } = call.expr.callee
    if (value.type !== 'name' && value.type !== 'attribute') continue
    if (call.name !== null) continue
    const given = python.argument(call, 'name', 0)
    const text = knownArgument(given)
    const name = typeof text === 'string' ? text : `?${call.index}`
    const passes = typeof text === 'string' ? null : namedInLoop(python, call, passedExpression(given))
    if (passes !== null) {
      for (const one of passes) if (!found.has(one)) found.set(one, dimension(python, call, one))
      continue
    }
    // One name asked for twice, or in each turn of a loop, is one hyperparameter; some names only exist in some models.
    const partial = call.conditional || typeof text !== 'string'
    if (!found.has(name))
      found.set(name, { ...dimension(python, call, name), ...(partial ? { size: null } : {}) })
  }
  const dimensions = [...found.values()]
  return dimensions.length === 0 ? null : { grids: [dimensions], ...gridSize([dimensions]) }
}

/** Source: keras_tuner 1.4, HyperParameters.Float: `sampling` is linear where nothing is said. */
export function hyperRanges({ func, python }: Builder, locate: Locate): (DrawnDimension | null)[] {
  return reachedCalls(python, func).map((call) => {
    if (!/^(Choice|Int|Float)$/.test(call.method) || call.name !== null) return null
    const name = knownArgument(python.argument(call, 'name', 0))
    if (typeof name !== 'string') return null
    if (call.method === 'Choice') return drawnList(python, call, name, ['values', 1], locate)
    const sampling = python.argument(call, 'sampling', 4)
    const kind = mayBePassed(sampling) ? knownArgument(sampling) : 'linear'
    if (kind === undefined || kind === 'reverse_log') return null
    return drawnRange(python, call, name, ends, kind === 'log' ? 'logarithmic' : 'linear', locate)
  })
}

const ends: [[string, number], [string, number]] = [
  ['min_value', 1],
  ['max_value', 2],
]

/** The names of `f'units_{i}'` in a loop that goes through values known beforehand: one for each of them. */
function namedInLoop(python: PythonModule, call: Call, name: Expr | null): string[] | null {
  const [loop] = call.loops
  if (name === null || call.conditional || loop === undefined || call.loops.length > 1) return null
  const { node } = loop
  if (node.type !== 'for' || node.target.type !== 'name' || loop.hasBreak) return null
  const values = effective(python.fold(node.iterable))
  if (!Array.isArray(values) || values.length > 64) return null
  const { id } = node.target
  const parts = name.type === 'fstring' ? name.parts : null
  if (
    parts === null ||
    !parts.some((part) => typeof part !== 'string' && part.type === 'name' && part.id === id)
  )
    return null
  return values.map((value) =>
    parts
      .map((part) =>
        typeof part === 'string' ? part : part.type === 'name' && part.id === id ? String(value) : '?',
      )
      .join(''),
  )
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
