/** XGBoost: `train`, `cv` and the estimators. */
import type { Call, PythonModule } from '../../python/module.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'
import { classesOf, levelsOf, type TreeShape } from '../trees.js'
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

const estimator = /^xgboost\.(sklearn\.)?XGB(Classifier|Regressor|Ranker)$/
const rates = ['learning_rate', 'eta']
const key = 'early_stopping_rounds'

export const xgboostReader = boosterReader('xgboost', 'xgboost', xgboostBooster)

export function xgboostBooster(python: PythonModule, call: Call): Booster | null {
  if (call.name === null || !call.name.startsWith('xgboost.')) return null
  if (call.name === 'xgboost.train') return trained(python, call)
  if (call.name === 'xgboost.cv') return crossValidated(python, call)
  return estimator.test(call.name) ? constructed(python, call) : null
}

const shared = { rateByDefault: 0.3, withoutValidation: ', which raises an error' }

function trained(python: PythonModule, call: Call): Booster {
  const evals = python.argument(call, 'evals', 3)
  const data = python.argument(call, 'dtrain', 1)
  return {
    ...fromParameters(python, call),
    validates: hasSets(python, evals),
    // Only the last of them decides.
    onTrainingData: onlyTraining(python, evals, data, { last: true }),
  }
}

function crossValidated(python: PythonModule, call: Call): Booster {
  return { ...fromParameters(python, call), validates: true, onTrainingData: false }
}

/** What `train` and `cv` take alike. */
function fromParameters(python: PythonModule, call: Call): Omit<Booster, 'validates' | 'onTrainingData'> {
  const params = python.argument(call, 'params', 0)
  return {
    ...shared,
    call,
    trained: python.argument(call, 'dtrain', 1),
    rounds: parameter(python, call, ['num_boost_round'], undefined, 2),
    roundsByDefault: 10,
    rate: parameter(python, call, rates, params),
    stopping: stoppingOf(python, [call]),
    dropsTrees: isDart(python, call, params),
    trees: shapeOf(python, call, params),
  }
}

/** Source: XGBoost 2.1, "XGBoost Parameters". */
function shapeOf(python: PythonModule, call: Call, params: ReturnType<PythonModule['argument']>): TreeShape {
  const of = (...keys: string[]) => parameter(python, call, keys, params).argument
  const exact = knownArgument(of('tree_method')) === 'exact'
  return {
    levels: levelsOf(of('max_depth'), 6),
    splits: exact ? 'presorted' : 'binned',
    columns: 'all',
    classes: classesOf(call, of('objective'), of('num_class')),
    threads: of('n_jobs', 'nthread'),
    threadsByDefault: 'all',
    accelerator: [of('device'), of('tree_method')],
    folds: call.method === 'cv' ? { argument: of('nfold'), byDefault: 3 } : null,
  }
}

function constructed(python: PythonModule, call: Call): Booster {
  const fits = fitsOf(python, call)
  const stopping = stoppingOf(python, [call, ...fits])
  if (mayStopLater(python, call, fits, stopping)) stopping.verdict = 'unknown'
  return {
    ...shared,
    call,
    rounds: parameter(python, call, ['n_estimators']),
    roundsByDefault: 100,
    rate: parameter(python, call, rates),
    stopping,
    ...fitFacts(python, fits, stopping),
    dropsTrees: isDart(python, call, { state: 'absent' }),
    trees: shapeOf(python, call, { state: 'absent' }),
  }
}

function isDart(python: PythonModule, call: Call, params: ReturnType<PythonModule['argument']>): boolean {
  const { argument } = parameter(python, call, ['booster'], params)
  return knownArgument(argument) === 'dart'
}

/** Early stopping in the arguments of any of these calls. */
function stoppingOf(python: PythonModule, calls: Call[]): Stopping {
  let verdict: Stopping['verdict'] = 'goes on'
  for (const call of calls) {
    const rounds = python.argument(call, key)
    if (isOn(rounds)) return { verdict: 'stops', key, patience: { key, argument: rounds, call } }
    const callbacks = callbacksOf(python, call).verdict
    if (callbacks === 'stops') return { verdict: 'stops', key, patience: null }
    if (callbacks === 'unknown' || (mayBePassed(rounds) && !isOff(rounds))) verdict = 'unknown'
  }
  return { verdict, key, patience: null }
}
