/** Pipelines that are cross-validated once for each trial of a search, or for each pass of a loop. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { trialCount, trialSearch } from '../../python/trial-searches.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { passedExpression } from '../../values/argument.js'
import { passesOf } from '../python/preprocessing.js'
import { trialFunction } from '../search/trial-function.js'

/** Source: scikit-learn 1.5, model_selection/_validation.py. */
export const validations = /^sklearn\.model_selection\.cross_val(idate|_score|_predict)$/

export interface Repetition {
  times: number
  what: 'trials' | 'passes'
  /** The trial, or what the loop goes through, decides what an expression is. */
  varies(expr: Expr): boolean
}

/** What repeats a cross-validation; null: nothing that can be counted. */
export function repetitionOf(python: PythonModule, call: Call): Repetition | null {
  const trials = call.function === null ? null : trialsOf(python, call.function)
  if (trials !== null && call.loops.length === 0)
    return { times: trials, what: 'trials', varies: (expr) => variesIn(python, call.function!.node, expr) }
  if (trials !== null || call.loops.length === 0) return null
  const counts = call.loops.map((loop) => passesOf(python, loop))
  if (counts.some((count) => count === null)) return null
  const outermost = call.loops.find((loop) => loop.parent === null || !call.loops.includes(loop.parent))!
  return {
    times: counts.reduce<number>((product, count) => product * count!, 1),
    what: 'passes',
    varies: (expr) => variesIn(python, outermost.node, expr),
  }
}

/** How many trials a search runs of a function. */
function trialsOf(python: PythonModule, func: Func): number | null {
  const usesOptuna = python.usesHere('optuna.', 'optuna')
  for (const call of python.calls) {
    const search = trialSearch(call, usesOptuna)
    if (search === null) continue
    const given = passedExpression(python.argument(call, ...search.func))
    if (trialFunction(python, given)?.func !== func) continue
    return trialCount(search, call, python)
  }
  return null
}

/** An expression holds something that each trial, or each pass of the loop, sets anew. */
function variesIn(python: PythonModule, { start, end }: Span, expr: Expr): boolean {
  const seen = new Set<Expr>()
  const varies = (one: Expr): boolean => {
    if (one.type !== 'name') return childrenOf(one).some(varies)
    return python.bindingsOf(one).some(({ at, kind, value }) => {
      if (at < start || at >= end || kind === 'import') return false
      if (kind !== 'assign' || value === null) return true
      if (seen.has(value)) return false
      seen.add(value)
      return varies(value)
    })
  }
  return varies(expr)
}
