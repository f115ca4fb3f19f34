/** Calls that run a function once for each trial of a search, and the functions of other modules among them. */
import type { Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import type { Func } from './code.js'
import { targetOf } from './import-targets.js'
import type { Call, PythonModule, TriedFunction } from './module.js'

interface TrialSearch {
  name: RegExp
  /** Keyword and position of the function. */
  func: [string, number]
  /** Keyword of the number of trials, its position, and what the library does without it. Null: another call says it. */
  trials: [string, number | null, number | null] | null
  /** The argument that holds an object with that number. */
  within?: string
  /** Every parameter of the function is drawn, not the first alone. */
  drawsAll?: true
}

/** What passes the function on that it is given first, with more or less of what it needs. */
export const trialWrappers =
  /^ray\.tune\.(with_parameters|with_resources|trainable\.(util\.)?with_(parameters|resources))$/

const searches: TrialSearch[] = [
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
  {
    name: /^ray\.tune\.Tuner$/,
    func: ['trainable', 0],
    trials: ['num_samples', null, 1],
    within: 'tune_config',
  },
  { name: /^wandb\.agent$/, func: ['function', 1], trials: ['count', 3, null] },
  {
    name: /^bayes_opt\.BayesianOptimization$/,
    func: ['f', 0],
    trials: null,
    drawsAll: true,
  },
]
/** Whose functions these are: most calls are of others. */
const libraries = /^(hyperopt|skopt|ray|wandb|bayes_opt)\./
const ofStudy: Omit<TrialSearch, 'name'> = { func: ['func', 0], trials: ['n_trials', 1, null] }

/** `study.optimize(objective, n_trials=100)`; null: the call runs no trials. */
export function trialSearch({ name, method }: Call, usesOptuna: boolean): Omit<TrialSearch, 'name'> | null {
  const known = name !== null && libraries.test(name)
  const found = known ? searches.find((one) => one.name.test(name)) : undefined
  return found ?? (method === 'optimize' && usesOptuna ? ofStudy : null)
}

/** How many trials a search runs, as far as it is known. */
export function trialCount(
  { trials, within }: Pick<TrialSearch, 'trials' | 'within'>,
  call: Call,
  python: Pick<PythonModule, 'argument' | 'callOf'>,
  /** Not what a launch could replace. */
  settled?: true,
): number | null {
  if (trials === null) return null
  const [keyword, position, otherwise] = trials
  const holder = within === undefined ? null : python.argument(call, within, null)
  if (holder?.state === 'absent') return otherwise
  const made = holder === null ? call : holder.state === 'given' ? python.callOf(holder.expr) : null
  if (made === null) return null
  const given = python.argument(made, keyword, position)
  if (given.state === 'absent') return otherwise
  const folded = given.state === 'given' ? given.folded : null
  return folded?.state === 'known' &&
    typeof folded.value === 'number' &&
    (settled !== true || !folded.overridable)
    ? folded.value
    : null
}

/** Functions of other modules that a search of this one tries out, as they are imported. */
export function triedElsewhere(analysis: Analysis): Map<string, TriedFunction> {
  const found = new Map<string, TriedFunction>()
  const usesOptuna = analysis.usesHere('optuna.', 'optuna')
  for (const call of analysis.calls) {
    const search = trialSearch(call, usesOptuna)
    if (search === null) continue
    const given = analysis.argument(call, ...search.func)
    const tried = given.state === 'given' ? triedBy(analysis, given.expr) : null
    if (tried === null) continue
    const times = trialCount(search, call, analysis, true)
    found.set(tried.target, { times, position: search.drawsAll === true ? null : tried.position })
  }
  return found
}

/** `objective`, `partial(objective, data)`, `lambda trial: objective(data, trial)`: what it runs, and where it takes the trial. */
function triedBy(analysis: Analysis, expr: Expr): { target: string; position: number | null } | null {
  const value = analysis.definition(expr)
  if (value.type === 'lambda') {
    const { body, params } = value
    if (body.type !== 'call') return null
    const at = body.args.findIndex(({ value: one }) => one.type === 'name' && one.id === params[0]?.name)
    const target = targetOf(analysis, body.callee)
    return target === null ? null : { target, position: at < 0 || body.args[at]!.name !== null ? null : at }
  }
  if (value.type === 'call') {
    const [first, ...filled] = value.args
    const name = analysis.nameOf(value.callee) ?? ''
    if (trialWrappers.test(name)) return first === undefined ? null : triedBy(analysis, first.value)
    if (name !== 'functools.partial') {
      // `Objective(data)`, an object that is called.
      const made = targetOf(analysis, value.callee)
      return made === null ? null : { target: `${made}.__call__`, position: 1 }
    }
    const target = first === undefined || first.star > 0 ? null : targetOf(analysis, first.value)
    return target === null ? null : { target, position: filled.filter(({ name }) => name === null).length }
  }
  const object = value.type === 'attribute' ? analysis.definition(value.value) : null
  // `Search(data).objective`
  const made = object?.type === 'call' ? targetOf(analysis, object.callee) : null
  if (made !== null && value.type === 'attribute') return { target: `${made}.${value.attr}`, position: 1 }
  const target = value.type === 'name' || value.type === 'attribute' ? targetOf(analysis, value) : null
  return target === null ? null : { target, position: 0 }
}

/** A search that a library makes an object of: what is drawn, and how often, is said as it is made. */
const searchObject = /^(sklearn|skopt|dask_ml)\.(\w+\.)*\w*Search(CV)?$|^keras_tuner\.(\w+\.)*[A-Z]\w+$/

/**
 * Functions that run a search, or define the trials of one. Whoever starts such a function by hand, from a notebook or a
 * console, mostly takes its defaults.
 */
export function searchingFunctions(analysis: Analysis): ReadonlySet<Func> {
  return once(analysis, 'searching functions', () => {
    const usesOptuna = analysis.usesHere('optuna.', 'optuna')
    const found = new Set<Func>()
    for (const call of analysis.calls)
      if (call.function !== null && startsTrials(call, usesOptuna)) found.add(call.function)
    return found
  })
}

function startsTrials(call: Call, usesOptuna: boolean): boolean {
  return trialSearch(call, usesOptuna) !== null || searchObject.test(call.name ?? '')
}
