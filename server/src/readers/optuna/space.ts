/** The space that an Optuna search enumerates. */
import { integerSize, quantisedSize } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import {
  knownArgument,
  mayBePassed,
  numberArgument,
  passedExpression,
  textArgument,
} from '../../values/argument.js'
import type { Dimension, SearchSpace } from '../../workload/resource-kinds.js'
import { reachedCalls } from '../search/trial-function.js'
import { spaceOf } from '../sklearn/space.js'

export function gridSpace(python: PythonModule, sampler: Call): SearchSpace | null {
  const space = passedExpression(python.argument(sampler, 'search_space', 0))
  return space === null ? null : spaceOf(python, space)
}

/** What `BruteForceSampler` goes through: the values that the objective asks for. */
export function suggestedSpace(python: PythonModule, objective: Func): SearchSpace | null {
  const dimensions: Dimension[] = []
  for (const call of reachedCalls(python, objective)) {
    const size = suggestedSize(python, call)
    if (size === undefined) continue
    const name = textArgument(python.argument(call, 'name', 0)) ?? '?'
    // A parameter that only some trials have multiplies only some of them.
    dimensions.push({ name, size: call.conditional || call.loops.length > 0 ? null : size })
  }
  return dimensions.length === 0 ? null : { grids: [dimensions], ...gridSize([dimensions]) }
}

function suggestedSize(python: PythonModule, call: Call): number | null | undefined {
  if (call.method === 'suggest_categorical') {
    const choices = python.argument(call, 'choices', 1)
    const [value, expr] = [knownArgument(choices), passedExpression(choices)]
    if (expr === null) return null
    if (value !== undefined) return Array.isArray(value) ? value.length : null
    const list = python.definition(expr)
    return list.type === 'list' || list.type === 'tuple' ? list.items.length : null
  }
  if (call.method !== 'suggest_int' && call.method !== 'suggest_float') return undefined
  const low = numberArgument(python.argument(call, 'low', 1))
  const high = numberArgument(python.argument(call, 'high', 2))
  if (low === null || high === null) return null
  const step = python.argument(call, 'step')
  if (!mayBePassed(step)) return call.method === 'suggest_int' ? integerSize(low, high) : null
  const size = numberArgument(step)
  return size === null ? null : quantisedSize(low, high, size)
}
