/** Vertex AI hyperparameter tuning from Python. Source: google-cloud-aiplatform 1.70, aiplatform/jobs.py, hyperparameter_tuning.py. */

import type { Change, Refusal, Write } from '../../edit/write.js'
import { integerSize } from '../../estimate/dimension.js'
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
import { foldedValue, numberOf } from '../search/plain-argument.js'

const jobName = /^google\.cloud\.aiplatform\.(jobs\.)?HyperparameterTuningJob$/
/** Positions in `HyperparameterTuningJob(display_name, custom_job, metric_spec, parameter_spec, …)`. */
const positions = { parameters: 3, maximum: 4, parallel: 5, algorithm: 7 } as const

export const vertexTuningReader = defineReader({
  name: 'vertex-tuning',
  languages: ['python'],
  triggers: ['HyperparameterTuningJob'],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.calls)
      if (call.name !== null && jobName.test(call.name)) readJob(python, call, claims)
  },
  change: changeJob,
})

const algorithms: Record<string, SearchSettings['strategy']> = { grid: 'grid', random: 'random' }

function readJob(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const search = claimJobSearch(python, call, claims, 'max_trial_count', 'HyperparameterTuningJob')
  search.known('alternatives', 'search_algorithm', ['bayesian'], place)
  const algorithm = python.argument(call, 'search_algorithm', positions.algorithm)
  claimArgument(search, 'strategy', 'search_algorithm', call, algorithm, {
    convert: (value) =>
      value === null ? 'bayesian' : typeof value === 'string' ? lookUp(algorithms, value) : undefined,
    otherwise: 'bayesian',
  })
  if (foldedValue(algorithm) === 'grid') {
    const given = python.argument(call, 'parameter_spec', positions.parameters)
    const space = given.state === 'given' ? parameterSpace(python, given.expr) : null
    if (space === null) search.unknown('space', 'parameter_spec', 'the parameters cannot be read', place)
    else search.known('space', 'parameter_spec', space, place, { site })
  }
  const maximum = python.argument(call, 'max_trial_count', positions.maximum)
  claimArgument(search, 'trialCap', 'max_trial_count', call, maximum, { convert: asNumber })
  const parallel = python.argument(call, 'parallel_trial_count', positions.parallel)
  claimArgument(search, 'parallelism', 'parallel_trial_count', call, parallel, { convert: asNumber })
}

function parameterSpace(python: PythonModule, spec: Expr): SearchSpace | null {
  return spaceOfCalls(python, spec, (made) => {
    if (/^(Categorical|Discrete)ParameterSpec$/.test(made.method)) return listedValues(python, made)
    if (made.method !== 'IntegerParameterSpec') return null
    const low = numberOf(python.argument(made, 'min', 0))
    const high = numberOf(python.argument(made, 'max', 1))
    return low === null || high === null ? null : integerSize(low, high)
  })
}

function changeJob(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const python = facts.python!
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  const set = (name: string, position: number, code: string): Write | Refusal =>
    writeArgument(facts, call, name, python.argument(call, name, position), code)
  let title: string
  let writes: (Write | Refusal)[]
  if (claim.setting === 'strategy') {
    const { trials } = value as { trials: number }
    const keyword = call.expr.args.some((argument) => argument.name === 'search_algorithm')
    const range = { unit: facts.unit.index, start: call.expr.start, end: call.expr.end }
    title = `Search with the default algorithm (Bayesian), ${trials} trials`
    writes = [
      keyword
        ? { kind: 'remove keyword', path: facts.path, call: range, name: 'search_algorithm' }
        : { reason: 'search_algorithm is not a keyword of the call' },
      set('max_trial_count', positions.maximum, String(trials)),
    ]
    const parallel = numberOf(python.argument(call, 'parallel_trial_count', positions.parallel))
    const most = Math.max(2, Math.ceil(trials / 8))
    if (parallel !== null && parallel > most)
      writes.push(set('parallel_trial_count', positions.parallel, String(most)))
  } else if (claim.setting === 'parallelism') {
    title = `At most ${value} trials at once (parallel_trial_count)`
    writes = [set('parallel_trial_count', positions.parallel, String(value))]
  } else return byHand(claim)
  return changeOf(title, writes)
}
