/** Vertex AI hyperparameter tuning from Python. Source: google-cloud-aiplatform 1.70, aiplatform/jobs.py, hyperparameter_tuning.py. */

import type { Change, Refusal } from '../../edit/write.js'
import { integerSize } from '../../estimate/dimension.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { numberArgument, passedExpression } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { SearchSettings, SearchSpace } from '../../workload/resource-kinds.js'
import { changeOf } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimJobSearch, listedValues, spaceOfCalls } from '../search/job-search.js'
import { settingTable } from '../setting-table.js'

const jobName = /^google\.cloud\.aiplatform\.(jobs\.)?HyperparameterTuningJob$/
const algorithms: Record<string, SearchSettings['strategy']> = { grid: 'grid', random: 'random' }

const tuningSettings = settingTable('Search', {
  strategy: {
    keys: ['search_algorithm'],
    position: 7,
    parse: (value) =>
      value === null ? 'bayesian' : typeof value === 'string' ? lookUp(algorithms, value) : undefined,
    otherwise: 'bayesian',
  },
  trialCap: { keys: ['max_trial_count'], position: 4, parse: asNumber },
  parallelism: {
    keys: ['parallel_trial_count'],
    position: 5,
    parse: asNumber,
    write: Number,
    title: (count) => `At most ${count} trials at once (parallel_trial_count)`,
  },
})

export const vertexTuningReader = defineReader({
  name: 'vertex-tuning',
  title: 'Vertex AI, tuning from Python',
  settings: [tuningSettings],
  languages: ['python'],
  triggers: ['HyperparameterTuningJob'],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.calls)
      if (call.name !== null && jobName.test(call.name)) readJob(python, call, claims)
  },
  change: changeJob,
})

function readJob(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const search = claimJobSearch(python, call, claims, 'max_trial_count', 'HyperparameterTuningJob')
  search.known('alternatives', 'search_algorithm', ['bayesian'], place)
  const source = tuningSettings.argumentsOf(python, call, claims)
  tuningSettings.claim(search, source)
  if (effective(tuningSettings.read('strategy', source).value) !== 'grid') return
  const given = passedExpression(python.argument(call, 'parameter_spec', 3))
  const space = given === null ? null : parameterSpace(python, given)
  if (space === null) search.unknown('space', 'parameter_spec', 'the parameters cannot be read', place)
  else search.known('space', 'parameter_spec', space, place, { site })
}

function parameterSpace(python: PythonModule, spec: Expr): SearchSpace | null {
  return spaceOfCalls(python, spec, (made, module) => {
    if (/^(Categorical|Discrete)ParameterSpec$/.test(made.method)) return listedValues(module, made)
    if (made.method !== 'IntegerParameterSpec') return null
    const low = numberArgument(module.argument(made, 'min', 0))
    const high = numberArgument(module.argument(made, 'max', 1))
    return low === null || high === null ? null : integerSize(low, high)
  })
}

function changeJob(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  if (claim.setting !== 'strategy') return tuningSettings.change(claim, value, facts)
  const { trials } = value as { trials: number }
  const source = tuningSettings.argumentsOf(
    python,
    call,
    new ClaimBuilder(facts.path, facts.fragment, claim.reader),
  )
  const keyword = call.expr.args.some((argument) => argument.name === 'search_algorithm')
  const writes = [
    keyword
      ? source.set(['search_algorithm'], undefined)
      : { reason: 'search_algorithm is not a keyword of the call' },
    source.set(['max_trial_count'], trials),
  ]
  const most = Math.max(2, Math.ceil(trials / 8))
  if (Number(effective(source.get('parallel_trial_count')) ?? 0) > most)
    writes.push(source.set(['parallel_trial_count'], most))
  return changeOf(`Search with the default algorithm (Bayesian), ${trials} trials`, writes)
}
