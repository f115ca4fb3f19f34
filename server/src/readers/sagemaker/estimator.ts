/** SageMaker training jobs started from Python: estimators of the SDK, version 2 (and 1). */

import { instance } from '../../catalog/instances.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { CallSource } from '../../values/call-source.js'
import { convert, stated } from '../../values/operations.js'
import { asText } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { startedUnder } from '../branches.js'
import { idAt, scopeOf } from '../job-in-code.js'
import { defineReader, importing, type ReaderContext } from '../reader.js'
import { changeEstimator } from './change.js'
import { claimData } from './data-places.js'
import { containerSettings, frameworkSettings, settingsOf } from './estimator-settings.js'
import { claimMachine, evidenceOfMachine, isLocal } from './machine.js'
import { containerEstimators, frameworkEstimators, onProcessorsOnly, tuners } from './names.js'
import { claimRequirements } from './requirements.js'
import { claimLaunch, namesRecipe, orByRecipe } from './script.js'
import { tunedEstimator } from './tuner.js'

export const sagemakerReader = defineReader({
  name: 'sagemaker',
  title: 'SageMaker estimators',
  leads: importing('sagemaker'),
  settings: [frameworkSettings, containerSettings],
  languages: ['python'],
  triggers: ['sagemaker'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined || !python.usesHere('sagemaker.', 'sagemaker')) return
    const searches = new Map<Call, Call>()
    for (const search of python.callsTo(...tuners)) {
      const estimator = tunedEstimator(python, search)
      if (estimator !== null) searches.set(estimator, search)
    }
    const later = python.calls.filter((call) => call.method === 'set_hyperparameters')
    for (const call of python.calls)
      if (frameworkEstimators.has(call.name ?? '') || containerEstimators.has(call.name ?? ''))
        readEstimator(python, claims, context, call, searches.get(call) ?? null, later)
  },
  change: changeEstimator,
})

function readEstimator(
  python: PythonModule,
  claims: ClaimBuilder,
  context: ReaderContext,
  call: Call,
  search: Call | null,
  later: Call[],
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const settings = settingsOf(call)
  const source = settings.argumentsOf(python, call, claims)
  const machine = settings.read('instanceType', source)
  const nodes = settings.read('nodes', source)
  const job = idAt(claims, 'sagemaker', place)
  const type = effective(machine.value)
  // Local mode runs in a container on the machine that the script runs on.
  const local = isLocal(type)
  claimLaunch(python, claims, call, job, {
    gpus: type === undefined ? null : (instance(type)?.gpuCount ?? null),
    nodes: effective(nodes.value) ?? null,
    searched: search,
    hasCompute: !local,
    later,
  })
  if (local) return

  const evidence = evidenceOfMachine(python, type)
  const compute = claims.subject('Compute', place, scopeOf(call), evidence, job)
  const branches = startedUnder(python, call, claims)
  if (branches !== null) compute.known('branches', call.method, branches, place)
  compute.known('provider', 'SageMaker', 'aws', place, { site })
  compute.known('choosesCapacity', 'SageMaker', true, place, { site })
  compute.known('service', 'SageMaker', false, place, { site })
  compute.known('trials', 'HyperparameterTuner', search !== null, place, { site })
  compute.say('name', 'base_job_name', convert(source.get('base_job_name'), asText))
  claimMachine(compute, machine)
  settings.claim(compute, source, {}, ['reserved', 'spot', 'timeLimit', 'maxWait', 'keepAlive', 'tagged'])
  const recipe = namesRecipe(python, call)
  const count = nodes.value
  compute.say('nodes', nodes.key, recipe ? orByRecipe(count, 'the recipe says how many') : count)
  const store = checkpointsOf(python, source)
  const elsewhere = 'the recipe says where checkpoints lie'
  compute.say('checkpointStore', 'checkpoint_s3_uri', recipe ? orByRecipe(store, elsewhere) : store)
  claimData(python, claims, compute, call)
  if (frameworkEstimators.has(call.name!)) claimRequirements(python, claims, context, compute, call)
  const reads = isGiven(source.get('metric_definitions'))
  compute.known('readsMetrics', 'metric_definitions', reads, place, { site })
  const jobs = search === null ? startedJobs(python, call) : null
  compute.known('jobsStarted', 'fit', jobs, place, { site })
  if (onProcessorsOnly.has(call.name!)) {
    // The container holds no library for accelerators, whatever the script is.
    compute.known('work', call.method, ['train'], place, { site })
    compute.known('acceleratorLibrary', call.method, null, place, { site })
  }
}

/** Calls of `fit` on this estimator; null: several, in a loop, or handed on. A cell of a notebook is run again and again. */
function startedJobs(python: PythonModule, call: Call): number | null {
  if (python.evidence.notebook || call.loops.length > 0) return null
  const [fit, ...others] = python.methodCalls('fit')
  return fit?.receiverCall === call && others.length === 0 && fit.loops.length === 0 ? 1 : null
}

/** Given and not None is enough: where the checkpoints lie is mostly computed (`f's3://{bucket}/…'`). */
function checkpointsOf(python: PythonModule, source: CallSource): Given<string | null> {
  const { value } = settingsOf(source.call).read('checkpointStore', source)
  const expr = effective(value) === undefined ? source.expression('checkpoint_s3_uri') : null
  const made = expr === null ? null : python.definition(expr)
  return made !== null && /^(fstring|binary|call)$/.test(made.type)
    ? stated(value, python.text.slice(made.start, made.end))
    : value
}
