/** CatBoost: the estimators, `train` and `cv`. */
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { mayBePassed } from '../../values/argument.js'
import { classesOf, levelsOf, type TreeShape } from '../trees.js'
import { type Booster, fitFacts, fitsOf, hasSets, isOff, isOn, parameter, type Stopping } from './booster.js'
import { boosterReader } from './booster-reader.js'
import { mayStopLater } from './stopping.js'

const estimator = /^catboost\.(core\.)?CatBoost(Classifier|Regressor|Ranker)?$/
const roundKeys = ['iterations', 'n_estimators', 'num_boost_round', 'num_trees']
/** Each of them switches the overfitting detector on (CatBoost, "Overfitting detector"); it is off by itself. */
const stoppingKeys = ['early_stopping_rounds', 'od_wait', 'od_type', 'od_pval']
const shared = {
  roundsByDefault: 1000,
  // Chosen from the size of the data and the number of rounds.
  rateByDefault: null,
  dropsTrees: false,
  withoutValidation: ', so it does nothing',
}

export const catboostReader = boosterReader('catboost', 'catboost', catboostBooster)

export function catboostBooster(python: PythonModule, call: Call): Booster | null {
  if (call.name === null || !call.name.startsWith('catboost.')) return null
  if (estimator.test(call.name)) return constructed(python, call)
  return call.name === 'catboost.train' || call.name === 'catboost.cv' ? trained(python, call) : null
}

function constructed(python: PythonModule, call: Call): Booster {
  const fits = fitsOf(python, call)
  const params: ArgumentValue = call.name!.endsWith('.CatBoost')
    ? python.argument(call, 'params', 0)
    : { state: 'absent' }
  const stopping = stoppingOf(python, [call, ...fits], params)
  if (mayStopLater(python, call, fits, stopping)) stopping.verdict = 'unknown'
  return {
    ...shared,
    call,
    rounds: parameter(python, call, roundKeys, params),
    rate: parameter(python, call, ['learning_rate', 'eta'], params),
    stopping,
    ...fitFacts(python, fits, stopping),
    trees: shapeOf(python, call, params),
  }
}

function trained(python: PythonModule, call: Call): Booster {
  const folds = call.method === 'cv'
  const params = python.argument(call, 'params', folds ? 1 : 1)
  const sets = parameter(python, call, ['eval_set', 'evals']).argument
  return {
    ...shared,
    call,
    trained: python.argument(call, 'pool', 0),
    rounds: parameter(python, call, roundKeys, params),
    rate: parameter(python, call, ['learning_rate', 'eta'], params),
    stopping: stoppingOf(python, [call], params),
    validates: folds ? true : hasSets(python, sets),
    onTrainingData: false,
    trees: shapeOf(python, call, params),
  }
}

/** Source: CatBoost 1.2, "Training parameters". */
function shapeOf(python: PythonModule, call: Call, params: ArgumentValue): TreeShape {
  const of = (...keys: string[]) => parameter(python, call, keys, params).argument
  return {
    levels: levelsOf(of('depth', 'max_depth'), 6),
    splits: 'binned',
    columns: 'all',
    classes: classesOf(call, of('loss_function', 'objective'), of('classes_count')),
    threads: of('thread_count'),
    threadsByDefault: 'all',
    accelerator: [of('task_type')],
    folds: call.method === 'cv' ? { argument: of('fold_count', 'nfold'), byDefault: 3 } : null,
  }
}

function stoppingOf(python: PythonModule, calls: Call[], params: ArgumentValue): Stopping {
  let verdict: Stopping['verdict'] = 'goes on'
  for (const call of calls) {
    const found = parameter(python, call, stoppingKeys, params)
    if (isOn(found.argument)) {
      const counts = found.key === 'early_stopping_rounds' || found.key === 'od_wait'
      return { verdict: 'stops', key: found.key, patience: counts ? { ...found, call } : null }
    }
    const open = mayBePassed(found.argument) && !isOff(found.argument)
    if (open || mayBePassed(python.argument(call, 'callbacks'))) verdict = 'unknown'
  }
  return { verdict, key: stoppingKeys[0]!, patience: null }
}
