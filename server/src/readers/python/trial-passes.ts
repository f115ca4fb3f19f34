/** Functions that a search runs once for each trial, with the number of trials where it is known. */
import type { Func, PythonModule } from '../../python/module.js'
import { trialCount, trialSearch } from '../../python/trial-searches.js'
import { passedExpression } from '../../values/argument.js'
import { trialFunction } from '../search/trial-function.js'

export interface TrialPass {
  func: Func
  times: number | null
  /** What changes with the trial; all else is what the search was made with. */
  names: string[]
}

export function trialPasses(python: PythonModule): TrialPass[] {
  const found = new Map<Func, TrialPass>()
  const add = (func: Func, times: number | null, position: number | null): void => {
    const params = func.node.params.map(({ name }) => name)
    const names = position === null ? params : params.slice(position, position + 1)
    if (!found.has(func)) found.set(func, { func, times, names })
  }
  const usesOptuna = python.usesHere('optuna.', 'optuna')
  for (const call of python.calls) {
    const search = trialSearch(call, usesOptuna)
    if (search === null) continue
    const given = python.argument(call, ...search.func)
    const tried = trialFunction(python, passedExpression(given))
    const times = trialCount(search, call, python)
    if (tried !== null) add(tried.func, times, search.drawsAll === true ? null : tried.position)
  }
  for (const func of python.functions) {
    const tried = python.outsideCalls(func).find((one) => one.tried !== undefined)?.tried
    if (tried !== undefined) add(func, tried.times, tried.position)
  }
  return [...found.values()]
}
