/** How scikit-learn spells a cheaper search. */

import { nameInPlaceOf } from '../../edit/imports.js'
import type { Change, Import, PythonRange, Refusal, Write } from '../../edit/write.js'
import { drawsForBest } from '../../estimate/grid.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { DictExpr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { knownArgument, passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import { splitsStay } from './folds.js'
import { gridDictionaries } from './space.js'

/** What the rule may ask a search to become. */
export type NewStrategy = { strategy: 'halving' } | { strategy: 'random'; trials: number }

const learningRate = /(^|__)(learning_rate(_init)?|eta|lr|shrinkage)$/
/** Parameters of an estimator that say how long it trains: halving can raise them instead of the sample count. */
const resourceParameter = /(^|__)(n_estimators|max_iter|num_boost_round|iterations|epochs)$/

/** The random search of the library that a grid search comes from. Source: their documentation. */
const randomSearches: Record<string, { module: string; name: string; trials: string }> = {
  'sklearn.model_selection.GridSearchCV': {
    module: 'sklearn.model_selection',
    name: 'RandomizedSearchCV',
    trials: 'n_iter',
  },
  'dask_ml.model_selection.GridSearchCV': {
    module: 'dask_ml.model_selection',
    name: 'RandomizedSearchCV',
    trials: 'n_iter',
  },
  // cuML passes scikit-learn's own search on.
  'cuml.model_selection.GridSearchCV': {
    module: 'sklearn.model_selection',
    name: 'RandomizedSearchCV',
    trials: 'n_iter',
  },
  'tune_sklearn.TuneGridSearchCV': { module: 'tune_sklearn', name: 'TuneSearchCV', trials: 'n_trials' },
  'sklearn.model_selection.ParameterGrid': {
    module: 'sklearn.model_selection',
    name: 'ParameterSampler',
    trials: 'n_iter',
  },
}

export function searchChange(
  module: PythonModule,
  path: string,
  fragment: number,
  call: Call,
  wanted: NewStrategy,
): Change | Refusal {
  if (call.expr.args.some((argument) => argument.star > 0))
    return { reason: 'the search takes arguments that are unpacked' }
  if (call.expr.args.filter((argument) => argument.name === null).length > 2)
    return { reason: 'the search is called with more than two positional arguments' }
  const refused = call.expr.args.find((argument) => argument.name === 'iid' || argument.name === 'fit_params')
  if (refused !== undefined && !isOld(module) && call.name?.startsWith('sklearn.') === true)
    return { reason: `the search uses ${refused.name}, which scikit-learn has removed` }
  if (isReshaped(module, call))
    return { reason: 'the results are reshaped afterwards, which needs every combination' }
  if (wanted.strategy === 'halving') {
    return splitsStay(module, call)
      ? toHalving(module, path, fragment, call)
      : { reason: 'the splits differ in every round: give the splitter of cv= a random_state' }
  }
  return toRandom(module, path, fragment, call, wanted.trials)
}

function isOld(module: PythonModule): boolean {
  for (const name of module.imports) if (name.startsWith('sklearn.grid_search')) return true
  return false
}

/** A full grid is looked at as a table: `cv_results_['mean_test_score'].reshape(6, 6)`, `list(grid)[3]`. */
function isReshaped(module: PythonModule, call: Call): boolean {
  if (
    /(cv_results_|grid_scores_)[^\n]*(reshape|pivot)|(scores?|results?)\w*\s*=[^\n]*cv_results_[^\n]*\n[^\n]*reshape/.test(
      module.text,
    )
  )
    return true
  if (call.method !== 'ParameterGrid') return false
  const { assignedTo } = call
  return assignedTo !== null && new RegExp(`\\b${assignedTo.replace('.', '\\.')}\\s*\\[`).test(module.text)
}

function rangeOf(fragment: number, call: Call): PythonRange {
  return { fragment, start: call.expr.start, end: call.expr.end }
}

function toHalving(module: PythonModule, path: string, fragment: number, call: Call): Change | Refusal {
  if (module.callsTo('mlflow.autolog', 'mlflow.sklearn.autolog').length > 0)
    return { reason: 'mlflow records no trials of a search by halving' }
  const resource = resourceOf(module, call)
  if (resource === null && leavesOutRareWords(module, call))
    return { reason: 'its first rounds see few samples, of which `min_df` may leave no word' }
  const range = rangeOf(fragment, call)
  const writes: Write[] = []
  const imports: Import[] = [
    {
      path,
      fragment,
      module: 'sklearn.experimental',
      name: 'enable_halving_search_cv',
      first: true,
      comment: 'noqa: F401',
    },
  ]
  const use = { path, fragment, offset: call.expr.start }
  const { callee } = call.expr
  const spelled = nameInPlaceOf(callee, module.tree, 'sklearn.model_selection', 'HalvingGridSearchCV', use)
  if (spelled.import !== null) imports.push(spelled.import)
  writes.push({ kind: 'rename callee', path, call: range, to: spelled.text })
  if (passedExpression(module.argument(call, 'pre_dispatch')) !== null)
    writes.push({ kind: 'remove keyword', path, call: range, name: 'pre_dispatch' })
  writes.push({ kind: 'set keyword', path, call: range, name: 'factor', value: '3' })
  if (resource !== null) {
    writes.push(
      { kind: 'set keyword', path, call: range, name: 'resource', value: `'${resource.name}'` },
      { kind: 'set keyword', path, call: range, name: 'max_resources', value: String(resource.maximum) },
      { kind: 'replace', path, range: { fragment, ...resource.entry }, text: '' },
    )
  }
  return { title: 'Search by successive halving (HalvingGridSearchCV)', safety: 'unsafe', writes, imports }
}

/** `TfidfVectorizer(min_df=5)`, `'words__min_df': [1, 5]`: in how many texts a word has to stand. */
function leavesOutRareWords(module: PythonModule, search: Call): boolean {
  const text = 'sklearn.feature_extraction.text'
  const several = (least: unknown): boolean => typeof least === 'number' && least > 1
  if (
    module
      .callsTo(`${text}.TfidfVectorizer`, `${text}.CountVectorizer`)
      .some((call) => several(knownArgument(module.argument(call, 'min_df'))))
  )
    return true
  const grid = passedExpression(module.argument(search, 'param_grid', 1))
  const entries = (grid === null ? null : gridDictionaries(module, grid))?.flatMap((one) => one.entries) ?? []
  return entries.some(({ key, value }) => {
    if (key?.type !== 'constant' || !/(^|__)min_df$/.test(String(key.value))) return false
    const values = effective(module.fold(value))
    return Array.isArray(values) && values.some(several)
  })
}

function toRandom(
  module: PythonModule,
  path: string,
  fragment: number,
  call: Call,
  trials: number,
): Change | Refusal {
  const target = lookUp(randomSearches, call.name ?? '')
  if (target === undefined) return { reason: 'no random search is known for this library' }
  const range = rangeOf(fragment, call)
  const from = isOld(module) && target.name !== 'TuneSearchCV' ? 'sklearn.grid_search' : target.module
  const use = { path, fragment, offset: call.expr.start }
  const spelled = nameInPlaceOf(call.expr.callee, module.tree, from, target.name, use)
  const writes: Write[] = [{ kind: 'rename callee', path, call: range, to: spelled.text }]
  if (call.expr.args.some((argument) => argument.name === 'param_grid')) {
    writes.push({ kind: 'rename keyword', path, call: range, name: 'param_grid', to: 'param_distributions' })
  }
  writes.push(
    { kind: 'set keyword', path, call: range, name: target.trials, value: String(trials) },
    { kind: 'set keyword', path, call: range, name: 'random_state', value: '0' },
  )
  const share = trials >= drawsForBest(0.05) ? 5 : 10
  return {
    title: `Try ${trials} random configurations (the best ${share} % with 95 % probability)`,
    safety: 'unsafe',
    writes,
    imports: spelled.import === null ? [] : [spelled.import],
  }
}

/** A grid over the length of training, written as a literal of whole numbers beside other parameters. */
function resourceOf(
  module: PythonModule,
  call: Call,
): { name: string; maximum: number; entry: { start: number; end: number } } | null {
  const grid = passedExpression(module.argument(call, 'param_grid', 1))
  const dictionaries = grid === null ? null : gridDictionaries(module, grid)
  const only = dictionaries?.length === 1 ? dictionaries[0]! : null
  if (grid === null || only === null || only.entries.length < 2) return null
  // A grid that serves another search as well keeps its entries.
  if (grid.type !== 'dict' && !(grid.type === 'name' && isUsedOnce(module.text, grid.id))) return null
  // After few rounds the largest rate leads, whichever is best after all of them.
  if (only.entries.some(({ key }) => key?.type === 'constant' && learningRate.test(String(key.value))))
    return null
  for (let index = 0; index < only.entries.length; index++) {
    const entry = only.entries[index]!
    if (entry.key?.type !== 'constant' || typeof entry.key.value !== 'string') continue
    if (!resourceParameter.test(entry.key.value) || !isParameter(module, call, entry.key.value)) continue
    const values = effective(module.fold(entry.value))
    if (!Array.isArray(values)) return null
    const numbers = values.filter(
      (value): value is number => typeof value === 'number' && Number.isInteger(value),
    )
    if (numbers.length !== values.length || numbers.length < 2) return null
    return { name: entry.key.value, maximum: Math.max(...numbers), entry: entryRange(only, index) }
  }
  return null
}

/**
 * The estimator must list the resource among its parameters. Wrappers of Keras and CatBoost list only what they were
 * made with (source: keras 2.11, wrappers/scikit_learn.py; catboost 1.2, core.py); those of scikeras list `epochs`.
 */
function isParameter(module: PythonModule, call: Call, name: string): boolean {
  const parameter = name.split('__').at(-1)!
  if (!/^(epochs|iterations)$/.test(parameter)) return true
  const estimator = passedExpression(module.argument(call, 'estimator', 0))
  const made = estimator === null ? null : module.callOf(estimator)
  if (made === null) return false
  if (made.name?.startsWith('scikeras.') === true) return true
  return passedExpression(module.argument(made, parameter)) !== null
}

/** An entry with its comma, up to the next entry or back to the one before. */
function entryRange(dictionary: DictExpr, index: number): { start: number; end: number } {
  const next = dictionary.entries[index + 1]
  if (next !== undefined) return { start: dictionary.entries[index]!.start, end: next.start }
  return { start: dictionary.entries[index - 1]!.end, end: dictionary.entries[index]!.end }
}

/** The name stands at its definition and in this call, and nowhere else. */
function isUsedOnce(text: string, name: string): boolean {
  const keyword = new RegExp(`\\b${name}\\s*=\\s*${name}\\b`).test(text)
  return (text.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0) <= (keyword ? 3 : 2)
}
