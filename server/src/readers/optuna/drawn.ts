/** What the objective of an Optuna study asks a trial for. Source: optuna 4.1, Trial.suggest_float and its kin. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { knownArgument, mayBePassed, textArgument } from '../../values/argument.js'
import type { DrawnDimension } from '../../workload/resource-kinds.js'
import { drawnList, drawnRange, type Locate } from '../search/drawn.js'
import { reachedCalls } from '../search/trial-function.js'

export function suggestions(
  python: PythonModule,
  objective: Func,
  locate: Locate,
): (DrawnDimension | null)[] {
  return reachedCalls(python, objective).map((call) => suggestion(python, call, locate))
}

const ends: [[string, number], [string, number]] = [
  ['low', 1],
  ['high', 2],
]

function suggestion(python: PythonModule, call: Call, locate: Locate): DrawnDimension | null {
  if (!/^suggest_/.test(call.method)) return null
  const name = textArgument(python.argument(call, 'name', 0))
  if (name === null) return null
  if (call.method === 'suggest_categorical') return drawnList(python, call, name, ['choices', 1], locate)
  const scale = scaleOf(python, call)
  return scale === null ? null : drawnRange(python, call, name, ends, scale, locate)
}

function scaleOf(python: PythonModule, call: Call): DrawnDimension['scale'] | null {
  if (call.method === 'suggest_loguniform') return 'logarithmic'
  if (/^suggest_(discrete_)?uniform$/.test(call.method)) return 'linear'
  if (!/^suggest_(float|int)$/.test(call.method)) return null
  const log = python.argument(call, 'log')
  if (!mayBePassed(log)) return 'linear'
  const value = knownArgument(log)
  return typeof value === 'boolean' ? (value ? 'logarithmic' : 'linear') : null
}
