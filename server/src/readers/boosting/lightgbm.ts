/** LightGBM: `train`, `cv` and the estimators. */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { mayBePassed, textArgument } from '../../values/argument.js'
import { classesOf, levelsOfLeaves, type TreeShape } from '../trees.js'
import {
  type Booster,
  fitFacts,
  fitsOf,
  hasSets,
  isOff,
  isOn,
  onlyTraining,
  parameter,
  type Stopping,
} from './booster.js'
import { boosterReader } from './booster-reader.js'
import { callbacksOf, mayStopLater } from './stopping.js'

const estimator = /^lightgbm\.(sklearn\.)?LGBM(Classifier|Regressor|Ranker|Model)$/
const rates = ['learning_rate', 'shrinkage_rate', 'eta']
/** Aliases of `early_stopping_round` and `num_iterations` (LightGBM, "Parameters"). */
const stoppingKeys = ['early_stopping_rounds', 'early_stopping_round', 'early_stopping', 'n_iter_no_change']
const roundKeys = [
  'num_boost_round',
  'n_estimators',
  'num_iterations',
  'num_iteration',
  'n_iter',
  'num_tree',
  'num_trees',
  'num_round',
  'num_rounds',
  'nrounds',
  'max_iter',
]
const key = 'early_stopping'
const shared = { roundsByDefault: 100, rateByDefault: 0.1, withoutValidation: ', which raises an error' }

export const lightgbmReader = boosterReader('lightgbm', 'lightgbm', lightgbmBooster)

export function lightgbmBooster(python: PythonModule, call: Call): Booster | null {
  if (call.name === null || !call.name.startsWith('lightgbm.')) return null
  if (/^lightgbm\.(engine\.)?(train|cv)$/.test(call.name)) return trained(python, call)
  return estimator.test(call.name) ? constructed(python, call) : null
}

function trained(python: PythonModule, call: Call): Booster {
  const params = python.argument(call, 'params', 0)
  const folds = call.method === 'cv'
  const sets = python.argument(call, 'valid_sets', 3)
  // Parameters in the dictionary win over the argument.
  const inParams = parameter(python, call, roundKeys, params)
  const rounds = mayBePassed(inParams.argument)
    ? inParams
    : parameter(python, call, ['num_boost_round'], undefined, 2)
  return {
    ...shared,
    call,
    trained: python.argument(call, 'train_set', 1),
    rounds,
    rate: parameter(python, call, rates, params),
    stopping: stoppingOf(python, [call], params),
    validates: folds ? true : hasSets(python, sets),
    onTrainingData: !folds && onlyTraining(python, sets, python.argument(call, 'train_set', 1)),
    dropsTrees: dropsTrees(python, call, params),
    trees: shapeOf(python, call, params),
  }
}

function constructed(python: PythonModule, call: Call): Booster {
  const fits = fitsOf(python, call)
  const none: ArgumentValue = { state: 'absent' }
  const stopping = stoppingOf(python, [call, ...fits], none)
  if (mayStopLater(python, call, fits, stopping)) stopping.verdict = 'unknown'
  return {
    ...shared,
    call,
    rounds: parameter(python, call, ['n_estimators', ...roundKeys.slice(2), 'num_boost_round']),
    rate: parameter(python, call, rates),
    stopping,
    ...fitFacts(python, fits, stopping),
    dropsTrees: dropsTrees(python, call, none),
    trees: shapeOf(python, call, none),
  }
}

/** Source: LightGBM 4.5, "Parameters". */
function shapeOf(python: PythonModule, call: Call, params: ArgumentValue): TreeShape {
  const of = (...keys: string[]) => parameter(python, call, keys, params).argument
  return {
    levels: levelsOfLeaves(of('num_leaves', 'max_leaves', 'max_leaf_nodes'), 31, of('max_depth')),
    splits: 'binned',
    columns: 'all',
    classes: classesOf(call, of('objective', 'application', 'app', 'loss'), of('num_class', 'num_classes')),
    threads: of('n_jobs', 'num_threads', 'num_thread', 'nthread', 'nthreads'),
    threadsByDefault: 'all',
    accelerator: [of('device_type', 'device')],
    folds: call.method === 'cv' ? { argument: of('nfold'), byDefault: 5 } : null,
  }
}

/** DART drops trees again; a random forest grows them independently of each other. */
function dropsTrees(python: PythonModule, call: Call, params: ArgumentValue): boolean {
  const { argument } = parameter(python, call, ['boosting_type', 'boosting', 'boost'], params)
  return /^(dart|rf|random_forest)$/.test(textArgument(argument) ?? '')
}

function stoppingOf(python: PythonModule, calls: Call[], params: ArgumentValue): Stopping {
  let verdict: Stopping['verdict'] = 'goes on'
  for (const call of calls) {
    const rounds = parameter(python, call, stoppingKeys, params)
    if (isOn(rounds.argument)) return { verdict: 'stops', key: rounds.key, patience: { ...rounds, call } }
    const callbacks = callbacksOf(python, call)
    const open = mayBePassed(rounds.argument) && !isOff(rounds.argument)
    if (open || callbacks.verdict === 'unknown') verdict = 'unknown'
    if (callbacks.verdict !== 'stops') continue
    const made = callbacks.items
      .map((item) => python.callOf(item))
      .find((one) => one?.method === 'early_stopping')
    const patience =
      made == null
        ? null
        : { key: 'stopping_rounds', argument: python.argument(made, 'stopping_rounds', 0), call: made }
    return { verdict: 'stops', key, patience }
  }
  return { verdict, key, patience: null }
}
