/** Boosted trees of scikit-learn. */
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { classesOf, levelsOf, levelsOfLeaves, type TreeShape } from '../trees.js'
import { type Booster, fitOf, isOff, isOn, parameter, type Stopping } from './booster.js'
import { boosterReader } from './booster-reader.js'

const histogram = /^sklearn\.ensemble\.(\w+\.)*HistGradientBoosting(Classifier|Regressor)$/
const plain = /^sklearn\.ensemble\.(\w+\.)*GradientBoosting(Classifier|Regressor)$/

export const sklearnBoostingReader = boosterReader('sklearn-boosting', 'GradientBoosting', sklearnBooster)

function sklearnBooster(python: PythonModule, call: Call): Booster | null {
  if (call.name === null) return null
  if (histogram.test(call.name)) return read(python, call, 'max_iter', histogramStopping)
  return plain.test(call.name) ? read(python, call, 'n_estimators', plainStopping) : null
}

function read(
  python: PythonModule,
  call: Call,
  rounds: string,
  stopping: (python: PythonModule, call: Call) => Stopping,
): Booster {
  const fit = fitOf(python, call)
  return {
    call,
    trained: fit === null ? { state: 'absent' } : python.argument(fit, 'X', 0),
    rounds: parameter(python, call, [rounds]),
    roundsByDefault: 100,
    rate: parameter(python, call, ['learning_rate']),
    rateByDefault: 0.1,
    stopping: stopping(python, call),
    // The estimator holds data out by itself once it stops early.
    validates: null,
    onTrainingData: false,
    dropsTrees: false,
    withoutValidation: '',
    trees: shapeOf(python, call),
  }
}

/** Source: scikit-learn 1.5, sklearn.ensemble. */
function shapeOf(python: PythonModule, call: Call): TreeShape {
  const binned = histogram.test(call.name ?? '')
  const depth = python.argument(call, 'max_depth')
  const none: ArgumentValue = { state: 'absent' }
  return {
    levels: binned ? levelsOfLeaves(python.argument(call, 'max_leaf_nodes'), 31, depth) : levelsOf(depth, 3),
    splits: binned ? 'binned' : 'sorted',
    columns: 'all',
    classes: classesOf(call, none, none),
    threads: none,
    threadsByDefault: binned ? 'all' : 1,
    accelerator: [],
    folds: null,
  }
}

/** `early_stopping='auto'`, the default, is on from 10,001 samples on. */
function histogramStopping(python: PythonModule, call: Call): Stopping {
  const key = 'early_stopping'
  const given = python.argument(call, key)
  // Left out, it decides by itself.
  const open = passedExpression(given) === null && mayBePassed(given)
  return { verdict: isOff(given) ? 'goes on' : open ? 'unknown' : 'stops', key, patience: null }
}

function plainStopping(python: PythonModule, call: Call): Stopping {
  const key = 'n_iter_no_change'
  const given = python.argument(call, key)
  // A monitor that is handed to `fit` ends the run when it returns True; warm starts grow trees step by step.
  const fit = fitOf(python, call)
  const monitored = fit !== null && mayBePassed(python.argument(fit, 'monitor', 3))
  const warm = python.argument(call, 'warm_start')
  if (!mayBePassed(given) || isOff(given))
    return {
      verdict: monitored || (mayBePassed(warm) && !isOff(warm)) ? 'unknown' : 'goes on',
      key,
      patience: null,
    }
  return isOn(given)
    ? { verdict: 'stops', key, patience: { key, argument: given, call } }
    : { verdict: 'unknown', key, patience: null }
}
