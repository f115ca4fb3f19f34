/** SageMaker's automatic model tuning from Python. Source: SDK 2.257, sagemaker/tuner.py; SDK 3 keeps the names. */

import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { SearchSettings, SearchSpace } from '../../workload/words.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimArgument } from '../claim-argument.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { claimJobSearch, listedValues, spaceOfCalls } from '../search/job-search.js'
import { foldedValue } from '../search/plain-argument.js'
import { epochwiseImages, strategies } from './names.js'

const tunerName = /^sagemaker\.(\w+\.)*HyperparameterTuner$/

/** Positions in `HyperparameterTuner(estimator, objective_metric_name, hyperparameter_ranges, metric_definitions, …)`. */
const positions = { ranges: 2, strategy: 4, maxJobs: 6, parallel: 7, earlyStopping: 12 } as const

export const sagemakerTunerReader = defineReader({
  name: 'sagemaker-tuner',
  languages: ['python'],
  triggers: ['HyperparameterTuner'],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.calls)
      if (call.name !== null && tunerName.test(call.name)) readTuner(python, call, claims)
  },
  change: changeTuner,
})

function readTuner(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const search = claimJobSearch(python, call, claims, 'max_jobs', 'HyperparameterTuner')
  search.known('alternatives', 'strategy', ['bayesian'], place)
  const strategy = python.argument(call, 'strategy', positions.strategy)
  claimArgument(search, 'strategy', 'strategy', call, strategy, {
    convert: (value) => (typeof value === 'string' ? lookUp(strategies, value) : undefined),
    otherwise: 'bayesian',
  })
  const kind = strategy.state === 'absent' ? 'bayesian' : lookUp(strategies, String(foldedValue(strategy)))
  const jobs = python.argument(call, 'max_jobs', positions.maxJobs)
  if (kind === 'grid') {
    const ranges = python.argument(call, 'hyperparameter_ranges', positions.ranges)
    const space = ranges.state === 'given' ? rangesSpace(python, ranges.expr) : null
    if (space === null) search.unknown('space', 'hyperparameter_ranges', 'the ranges cannot be read', place)
    else search.known('space', 'hyperparameter_ranges', space, place, { site })
  }
  if (kind !== 'grid' || jobs.state !== 'absent')
    claimArgument(search, 'trialCap', 'max_jobs', call, jobs, { convert: asNumber, otherwise: 1 })
  const parallel = python.argument(call, 'max_parallel_jobs', positions.parallel)
  claimArgument(search, 'parallelism', 'max_parallel_jobs', call, parallel, {
    convert: asNumber,
    otherwise: 1,
  })
  // Hyperband stops jobs by itself and does not accept the option.
  if (kind === undefined || kind === 'hyperband') return
  const stopping = python.argument(call, 'early_stopping_type', positions.earlyStopping)
  claimArgument(search, 'earlyTermination', 'early_stopping_type', call, stopping, {
    convert: (value) => (value === null || typeof value === 'string' ? value === 'Auto' : undefined),
    otherwise: false,
  })
  const steps = jobSteps(python, call)
  if (steps === null) return
  search.known('trialSteps', 'estimator', { what: steps, count: null }, place)
  search.known('terminationGap', 'early_stopping_type', "early_stopping_type is 'Off'", place)
}

/** Estimators whose jobs train epoch by epoch. */
const epochwise = /^(PyTorch|TensorFlow|HuggingFace|MXNet|Chainer|LinearLearner|IPInsights|ModelTrainer)$/

/** What a job of the tuner does step by step; null where that cannot be seen, or it fits once. */
function jobSteps(python: PythonModule, tuner: Call): SearchSettings['trialSteps']['what'] | null {
  const given = python.argument(tuner, 'estimator', 0)
  const estimator = given.state === 'given' ? python.callOf(given.expr) : null
  if (estimator === null) return null
  if (epochwise.test(estimator.method)) return 'epochs'
  if (estimator.method === 'XGBoost') return 'boosting rounds'
  const parameters = python.argument(estimator, 'hyperparameters')
  if (parameters.state === 'given') {
    const epochs = ['epochs', 'num_epochs', 'num_train_epochs', 'max_epochs'].some(
      (name) => python.entry(parameters.expr, name).state === 'given',
    )
    if (epochs) return 'epochs'
  }
  const image = imageName(python, estimator)
  return /xgboost/.test(image) ? 'boosting rounds' : epochwiseImages.test(image) ? 'epochs' : null
}

/** The text of the image, or of the look-up that gives it: `image_uris.retrieve('xgboost', region)`. */
function imageName(python: PythonModule, estimator: Call): string {
  let image = python.argument(estimator, 'image_uri', 0)
  if (image.state === 'absent') image = python.argument(estimator, 'image_name')
  if (image.state !== 'given') return ''
  const value = python.definition(image.expr)
  return python.text.slice(value.start, Math.min(value.end, value.start + 300))
}

/** `{'alpha': CategoricalParameter([…]), …}`: a grid accepts only these. */
function rangesSpace(python: PythonModule, ranges: Expr): SearchSpace | null {
  return spaceOfCalls(python, ranges, (made) =>
    made.method === 'CategoricalParameter' ? listedValues(python, made) : null,
  )
}

function changeTuner(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const python = facts.python!
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  const set = (name: string, position: number, code: string): Write | Refusal =>
    writeArgument(facts, call, name, python.argument(call, name, position), code)
  let title: string
  let writes: (Write | Refusal)[]
  if (claim.setting === 'strategy') {
    const { trials } = value as { trials: number }
    title = `Search by Bayesian optimisation, ${trials} jobs, weak ones stopped early`
    writes = [
      set('strategy', positions.strategy, "'Bayesian'"),
      set('max_jobs', positions.maxJobs, String(trials)),
      set('max_parallel_jobs', positions.parallel, '2'),
      set('early_stopping_type', positions.earlyStopping, "'Auto'"),
    ]
  } else if (claim.setting === 'earlyTermination') {
    title = "Stop weak jobs early (early_stopping_type='Auto')"
    writes = [set('early_stopping_type', positions.earlyStopping, "'Auto'")]
  } else if (claim.setting === 'parallelism') {
    title = `At most ${value} jobs at once (max_parallel_jobs)`
    writes = [set('max_parallel_jobs', positions.parallel, String(value))]
  } else return byHand(claim)
  return changeOf(title, writes)
}
