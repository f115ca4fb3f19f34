/** The space that an Optuna search enumerates. */
import { integerSize, quantisedSize } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { ArgumentValue, Call, Func, PythonModule } from '../../python/module.js'
import { mayBePassed, numberArgument } from '../../values/argument.js'
import type { Dimension, SearchSpace } from '../../workload/words.js'
import { reachedCalls } from '../search/trial-function.js'
import { spaceOf } from '../sklearn/space.js'

export function gridSpace(python: PythonModule, sampler: Call): SearchSpace | null {
  const given = python.argument(sampler, 'search_space', 0)
  return given.state === 'given' ? spaceOf(python, given.expr) : null
}

function number(argument: ArgumentValue): number | null {
  return numberArgument(argument)
}

/** What `BruteForceSampler` goes through: the values that the objective asks for. */
export function suggestedSpace(python: PythonModule, objective: Func): SearchSpace | null {
  const dimensions: Dimension[] = []
  for (const call of reachedCalls(python, objective)) {
    const size = suggestedSize(python, call)
    if (size === undefined) continue
    const name = python.argument(call, 'name', 0)
    const known = name.state === 'given' && name.folded.state === 'known' ? String(name.folded.value) : '?'
    // A parameter that only some trials have multiplies only some of them.
    dimensions.push({ name: known, size: call.conditional || call.loops.length > 0 ? null : size })
  }
  return dimensions.length === 0 ? null : { grids: [dimensions], ...gridSize([dimensions]) }
}

function suggestedSize(python: PythonModule, call: Call): number | null | undefined {
  if (call.method === 'suggest_categorical') {
    const choices = python.argument(call, 'choices', 1)
    if (choices.state !== 'given') return null
    if (choices.folded.state === 'known')
      return Array.isArray(choices.folded.value) ? choices.folded.value.length : null
    const list = python.definition(choices.expr)
    return list.type === 'list' || list.type === 'tuple' ? list.items.length : null
  }
  if (call.method !== 'suggest_int' && call.method !== 'suggest_float') return undefined
  const low = number(python.argument(call, 'low', 1))
  const high = number(python.argument(call, 'high', 2))
  if (low === null || high === null) return null
  const step = python.argument(call, 'step')
  if (!mayBePassed(step)) return call.method === 'suggest_int' ? integerSize(low, high) : null
  const size = number(step)
  return size === null ? null : quantisedSize(low, high, size)
}
