/** SageMaker's automatic model tuning from Python. Source: SDK 2.257, sagemaker/tuner.py; SDK 3 keeps the names. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { certainReturn } from '../../python/returns.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { knownArgument, mayBePassed, passedCall, passedExpression } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import { ClaimBuilder, type SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { DrawnDimension, SearchSettings, SearchSpace } from '../../workload/resource-kinds.js'
import { changeOf } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimDrawn, drawnRange } from '../search/drawn.js'
import { claimJobSearch, listedValues, spaceOfCalls } from '../search/job-search.js'
import { settingTable } from '../setting-table.js'
import { epochwiseImages, strategies } from './names.js'
import { parameterDefault } from './parameters.js'

const tunerName = /^sagemaker\.(\w+\.)*HyperparameterTuner$/

const tunerSettings = settingTable(
  'Search',
  {
    strategy: {
      keys: ['strategy'],
      position: 4,
      parse: (value) => (typeof value === 'string' ? lookUp(strategies, value) : undefined),
      otherwise: 'bayesian',
    },
    trialCap: { keys: ['max_jobs'], position: 6, parse: asNumber, otherwise: 1 },
    parallelism: {
      keys: ['max_parallel_jobs'],
      position: 7,
      parse: asNumber,
      otherwise: 1,
      write: Number,
      title: (count) => `At most ${count} jobs at once (max_parallel_jobs)`,
    },
    earlyTermination: {
      keys: ['early_stopping_type'],
      position: 12,
      parse: (value) => (value === null || typeof value === 'string' ? value === 'Auto' : undefined),
      otherwise: false,
      write: () => 'Auto',
      title: () => "Stop weak jobs early (early_stopping_type='Auto')",
    },
  },
  { defaultOf: parameterDefault },
)

export const sagemakerTunerReader = defineReader({
  name: 'sagemaker-tuner',
  title: 'SageMaker tuner',
  settings: [tunerSettings],
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
  const source = tunerSettings.argumentsOf(python, call, claims)
  const strategy = effective(tunerSettings.read('strategy', source).value)
  tunerSettings.claim(search, source, {}, ['strategy', 'parallelism'])
  if (strategy === 'grid') {
    const ranges = passedExpression(python.argument(call, 'hyperparameter_ranges', 2))
    const space = ranges === null ? null : rangesSpace(python, ranges)
    if (space === null) search.unknown('space', 'hyperparameter_ranges', 'the ranges cannot be read', place)
    else search.known('space', 'hyperparameter_ranges', space, place, { site })
  } else claimRanges(python, call, search, claims)
  // A grid has an end of its own.
  if (strategy !== 'grid' || mayBePassed(source.argument('max_jobs')))
    tunerSettings.claim(search, source, {}, ['trialCap'])
  // Hyperband stops jobs by itself and does not accept the option.
  if (strategy === undefined || strategy === 'hyperband') return
  tunerSettings.claim(search, source, {}, ['earlyTermination'])
  const steps = jobSteps(python, call)
  if (steps === null) return
  search.known('trialSteps', 'estimator', { what: steps, count: null }, place)
  search.known('terminationGap', 'early_stopping_type', "early_stopping_type is 'Off'", place)
}

/** The service chooses the scale unless it is told one. Source: sagemaker 2.232, parameter.py. */
function claimRanges(
  python: PythonModule,
  tuner: Call,
  search: SubjectBuilder<'Search'>,
  claims: ClaimBuilder,
): void {
  const ranges = passedExpression(python.argument(tuner, 'hyperparameter_ranges', 2))
  const keys = ranges === null ? null : python.keysOf(ranges)
  if (ranges === null || keys === null) return
  const drawn = keys.map((name) => {
    const made = passedCall(python, python.entry(ranges, name))
    if (made === null || !/^(Continuous|Integer)Parameter$/.test(made.method)) return null
    const told = knownArgument(python.argument(made, 'scaling_type', 2))
    const scale = told === 'Linear' || made.method === 'IntegerParameter' ? 'linear' : 'logarithmic'
    const ends: [[string, number], [string, number]] = [
      ['min_value', 0],
      ['max_value', 1],
    ]
    return drawnRange(python, made, name, ends, scale, (span) => claims.locate(span))
  })
  claimDrawn(search, 'hyperparameter_ranges', drawn, calleePlace(tuner))
}

/** The call that makes the estimator which a tuner is given, also where a function of the file does that. */
export function tunedEstimator(python: PythonModule, tuner: Call): Call | null {
  let call = passedCall(python, python.argument(tuner, 'estimator', 0))
  for (let depth = 0; call !== null && depth < 4; depth++) {
    const maker = python.functionOf(call.expr.callee)
    if (maker === null) return call
    const made = certainReturn(maker)
    call = made === null ? null : python.callOf(made)
  }
  return call
}

/** Estimators whose jobs train epoch by epoch. */
const epochwise = /^(PyTorch|TensorFlow|HuggingFace|MXNet|Chainer|LinearLearner|IPInsights|ModelTrainer)$/

/** What a job of the tuner does step by step; null where that cannot be seen, or it fits once. */
function jobSteps(python: PythonModule, tuner: Call): SearchSettings['trialSteps']['what'] | null {
  const estimator = tunedEstimator(python, tuner)
  if (estimator === null) return null
  if (epochwise.test(estimator.method)) return 'epochs'
  if (estimator.method === 'XGBoost') return 'boosting rounds'
  const parameters = passedExpression(python.argument(estimator, 'hyperparameters'))
  const epochs = ['epochs', 'num_epochs', 'num_train_epochs', 'max_epochs'].some(
    (name) => parameters !== null && passedExpression(python.entry(parameters, name)) !== null,
  )
  if (epochs) return 'epochs'
  const image = imageName(python, estimator)
  return /xgboost/.test(image) ? 'boosting rounds' : epochwiseImages.test(image) ? 'epochs' : null
}

/** The text of the image, or of the look-up that gives it: `image_uris.retrieve('xgboost', region)`. */
function imageName(python: PythonModule, estimator: Call): string {
  const image = [python.argument(estimator, 'image_uri', 0), python.argument(estimator, 'image_name')]
  const expr = passedExpression(image.find(mayBePassed) ?? image[0]!)
  if (expr === null) return ''
  const value = python.definition(expr)
  return python.text.slice(value.start, Math.min(value.end, value.start + 300))
}

/** `{'alpha': CategoricalParameter([…]), …}`: a grid accepts only these. */
function rangesSpace(python: PythonModule, ranges: Expr): SearchSpace | null {
  return spaceOfCalls(python, ranges, (made, module) =>
    made.method === 'CategoricalParameter' ? listedValues(module, made) : null,
  )
}

function toLogarithm({ name, span }: DrawnDimension, facts: FragmentFacts): Change | Refusal {
  const call = facts.python!.callAt(span)
  if (call === null) return { reason: 'the call has changed' }
  const given = facts.python!.argument(call, 'scaling_type', 2)
  return changeOf(`Draw ${name} on a logarithmic scale`, [
    writeArgument(facts, call, 'scaling_type', given, "'Logarithmic'"),
  ])
}

function changeTuner(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  if (claim.setting === 'drawn') return toLogarithm(value as DrawnDimension, facts)
  if (claim.setting !== 'strategy') return tunerSettings.change(claim, value, facts)
  const { trials } = value as { trials: number }
  const locator = new ClaimBuilder(facts.path, facts.fragment, claim.reader)
  const source = tunerSettings.argumentsOf(python, call, locator)
  return changeOf(`Search by Bayesian optimisation, ${trials} jobs, weak ones stopped early`, [
    source.set(['strategy'], 'Bayesian'),
    source.set(['max_jobs'], trials),
    source.set(['max_parallel_jobs'], 2),
    source.set(['early_stopping_type'], 'Auto'),
  ])
}
