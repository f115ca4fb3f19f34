/** Fits of scikit-learn that one core does, since `n_jobs` is left out (None: one process, sklearn glossary). */
import type { Call, PythonModule } from '../../python/module.js'
import { isLeftOut, knownArgument, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader } from '../reader.js'

/** Many fits that do not depend on each other: first what is outermost. */
const spread = [
  /^sklearn\.model_selection\.(\w+\.)*(GridSearchCV|RandomizedSearchCV|Halving\w+SearchCV|cross_val_score|cross_val_predict|cross_validate|learning_curve|validation_curve|permutation_test_score)$|^(skopt|optuna|optuna_integration)\.(\w+\.)*(BayesSearchCV|OptunaSearchCV)$/,
  /^sklearn\.(feature_selection\.(RFECV|SequentialFeatureSelector)|calibration\.CalibratedClassifierCV|inspection\.permutation_importance|ensemble\.(Stacking|Voting)\w+|multioutput\.MultiOutput\w+|multiclass\.OneVs\w+)$/,
  /^sklearn\.ensemble\.(\w+\.)*(RandomForest(Classifier|Regressor)|ExtraTrees(Classifier|Regressor)|Bagging(Classifier|Regressor)|IsolationForest)$|^sklearn\.manifold\.TSNE$/,
]

/** Libraries with threads or processes of their own. */
const parallel =
  /^(torch|tensorflow|keras|jax|dask\w*|ray|pyspark|polars|numba|cuml|mpi4py|modin|swifter|pandarallel|loky|h2o|autogluon|sklearnex|daal4py)(\.|$)/
/** Estimators that take all cores by themselves, which a search leaves to them. */
const boosters = /^(xgboost|lightgbm|catboost)(\.|$)/
/** What spreads work over cores, of libraries that mostly do something else (`joblib.dump`). */
const spreads = [
  'joblib.Parallel',
  'joblib.parallel_backend',
  'joblib.parallel_config',
  'multiprocessing.',
  'concurrent.futures.',
  'threading.Thread',
]

/** `n_jobs` somewhere else, a backend of joblib, or estimators that use all cores by themselves. */
const otherwise = /n_jobs(?!\s*=\s*(1|None)\b)|parallel_(backend|config)|HistGradientBoosting|NUM_THREADS/

export const sklearnCoresReader = defineReader({
  name: 'sklearn-cores',
  title: 'scikit-learn, `n_jobs`',
  languages: ['python'],
  triggers: ['sklearn'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || facts.fragment.index !== 0) return
    const call = onOneCore(python)
    if (call === null) return
    const argument = python.argument(call, 'n_jobs')
    const written = passedExpression(argument)
    claimOperation(claims, {
      kind: 'single core',
      place: 'run',
      key: 'n_jobs',
      at: written === null ? calleePlace(call) : { start: written.start, end: written.end },
      site: callSite(call),
      scope: call.function?.qualified ?? '',
      evidence: python.evidence,
      byDefault: knownArgument(argument) !== 1,
      subject: call.name!.split('.').at(-1)!,
    })
  },
  change(claim, _value, facts) {
    const call = claimedCall(facts.python, claim.site)
    if (call === null) return { reason: 'the call is no longer in the file' }
    if (claim.setting !== 'kind') return byHand(claim)
    const write = writeArgument(facts, call, 'n_jobs', facts.python!.argument(call, 'n_jobs'), '-1')
    if ('reason' in write) return write
    return { title: 'Use all cores: n_jobs=-1', safety: 'unsafe', writes: [write], imports: [] }
  },
})

/** The outermost of such calls where nothing in sight uses more than one core. */
function onOneCore(python: PythonModule): Call | null {
  const around = [python, ...python.imported]
  const imports = around.flatMap((module) => [...module.imports])
  if (imports.some((name) => parallel.test(name))) return null
  if (otherwise.test(python.code) || python.uses(...spreads)) return null
  const boosts = imports.some((name) => boosters.test(name))
  for (const names of spread) {
    const found = python.calls.filter((call) => names.test(call.name ?? ''))
    if (found.length > 0)
      return found.every((call) => takesOne(python, call) && (!boosts || fitsSklearn(python, call)))
        ? found[0]!
        : null
  }
  return null
}

/** What it fits is made here by scikit-learn, or it is an estimator itself. */
function fitsSklearn(python: PythonModule, call: Call): boolean {
  const [first] = call.expr.args
  if (first === undefined || first.name !== null) return /\.ensemble\./.test(call.name ?? '')
  const made = python.callOf(first.value)
  return made?.name?.startsWith('sklearn.') === true && !/pipeline/i.test(made.name)
}

function takesOne(python: PythonModule, call: Call): boolean {
  const argument = python.argument(call, 'n_jobs')
  const value = knownArgument(argument)
  return isLeftOut(argument) || value === 1 || value === null
}
