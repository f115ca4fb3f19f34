/** Functions that a search runs once for each trial, with the number of trials where it is known. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { trialFunction } from '../search/trial-function.js'

interface Searcher {
  name: RegExp
  /** Keyword and position of the function. */
  func: [string, number]
  /** Keyword of the number of trials, its position, and what the library does without it. */
  trials: [string, number | null, number | null]
}

const searchers: Searcher[] = [
  { name: /^hyperopt\.(fmin\.)?fmin$/, func: ['fn', 0], trials: ['max_evals', 3, null] },
  {
    name: /^skopt\.(\w+\.)*(gp|forest|gbrt|dummy)_minimize$/,
    func: ['func', 0],
    trials: ['n_calls', null, 100],
  },
  {
    name: /^ray\.tune\.(run|run_experiments)$/,
    func: ['run_or_experiment', 0],
    trials: ['num_samples', null, 1],
  },
  { name: /^ray\.tune\.Tuner$/, func: ['trainable', 0], trials: ['', null, null] },
  { name: /^wandb\.agent$/, func: ['function', 1], trials: ['count', 3, null] },
  { name: /^bayes_opt\.BayesianOptimization$/, func: ['f', 0], trials: ['', null, null] },
]

export interface TrialPass {
  func: Func
  times: number | null
}

export function trialPasses(python: PythonModule): TrialPass[] {
  const found = new Map<Func, TrialPass>()
  const add = (call: Call, searcher: Omit<Searcher, 'name'>): void => {
    const given = python.argument(call, ...searcher.func)
    const func = trialFunction(python, passedExpression(given))?.func ?? null
    if (func === null || found.has(func)) return
    const [keyword, position, otherwise] = searcher.trials
    const count = keyword === '' ? null : python.argument(call, keyword, position)
    const times = count === null ? null : mayBePassed(count) ? numberArgument(count) : otherwise
    found.set(func, { func, times })
  }
  for (const call of python.calls) {
    const { name, method } = call
    if (name !== null) {
      const searcher = searchers.find((one) => one.name.test(name))
      if (searcher !== undefined) add(call, searcher)
    }
    if (method === 'optimize' && python.usesHere('optuna.', 'optuna'))
      add(call, { func: ['func', 0], trials: ['n_trials', 1, null] })
  }
  return [...found.values()]
}
