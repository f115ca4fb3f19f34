/** SageMaker training jobs started from Python: estimators of the SDK, version 2 (and 1). */

import { instance } from '../../catalog/instances.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { claimArgument } from '../claim-argument.js'
import { evidenceOfJob, scopeOf } from '../job-in-code.js'
import { defineReader } from '../reader.js'
import { changeEstimator } from './change.js'
import { claimData } from './data-places.js'
import {
  type Argument,
  argumentsOf,
  containerEstimators,
  defaultMaxRun,
  frameworkEstimators,
  onProcessorsOnly,
  tuners,
} from './names.js'
import { claimLaunch, namesRecipe } from './script.js'

/** The argument under either name, with the name that the call uses (version 2's where neither is given). */
function named(
  python: PythonModule,
  call: Call,
  argument: Argument,
  position: number | null = null,
): { key: string; value: ArgumentValue } {
  const value = python.argument(call, argument.name, position)
  if (argument.old === undefined) return { key: argument.name, value }
  const old = python.argument(call, argument.old)
  if (value.state === 'absent' && old.state === 'given') return { key: argument.old, value: old }
  return { key: value.state === 'absent' && isOldCall(call) ? argument.old : argument.name, value }
}

/** Written for version 1 of the SDK, whose arguments begin with `train_`. */
function isOldCall(call: Call): boolean {
  return call.expr.args.some((argument) => argument.name?.startsWith('train_instance_'))
}

/** Numbers, and None where that means "not given". */
const numberOrNull = (value: Json): number | null | undefined => (value === null ? null : asNumber(value))

export const sagemakerReader = defineReader({
  name: 'sagemaker',
  languages: ['python'],
  triggers: ['sagemaker'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || !python.usesHere('sagemaker.', 'sagemaker')) return
    const searches = new Map<Call, Call>()
    for (const search of python.callsTo(...tuners)) {
      const estimator = estimatorOf(python, search)
      if (estimator !== null) searches.set(estimator, search)
    }
    const later = python.calls.filter((call) => call.method === 'set_hyperparameters')
    for (const call of python.calls) {
      if (call.name === null) continue
      const framework = frameworkEstimators.has(call.name)
      if (framework || containerEstimators.has(call.name)) {
        readEstimator(python, claims, call, framework, searches.get(call) ?? null, later)
      }
    }
  },
  change: changeEstimator,
})

function estimatorOf(python: PythonModule, tuner: Call): Call | null {
  const argument = python.argument(tuner, 'estimator', 0)
  return argument.state === 'given' ? python.callOf(argument.expr) : null
}

function readEstimator(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  framework: boolean,
  search: Call | null,
  later: Call[],
): void {
  const type = named(python, call, argumentsOf.instanceType, framework ? null : 3)
  const count = named(python, call, argumentsOf.instanceCount, framework ? null : 2)
  const typeName =
    type.value.state === 'given' &&
    type.value.folded.state === 'known' &&
    typeof type.value.folded.value === 'string'
      ? type.value.folded.value
      : null
  const nodes =
    count.value.state === 'given' && count.value.folded.state === 'known'
      ? (asNumber(count.value.folded.value) ?? null)
      : count.value.state === 'absent'
        ? 1
        : null
  const location = claims.locate(calleePlace(call))
  const job = `${claims.path}#sagemaker@${location.cell ?? ''}:${location.start}`
  // Local mode runs in a container on the machine that the script runs on.
  const local = typeName !== null && /^local(_gpu)?$/.test(typeName)
  claimLaunch(python, claims, call, job, {
    entryPosition: framework ? 0 : null,
    nodes,
    searched: search,
    hasCompute: !local,
    later,
  })
  if (local) return

  const machine = typeName === null ? undefined : instance(typeName)
  const gpus = machine === undefined ? null : machine.gpuCount
  const evidence = evidenceOfJob(python, gpus === null ? 'maybe' : gpus > 0 ? 'gpu' : 'cpu')
  const scope = scopeOf(call)
  const compute = claims.subject('Compute', calleePlace(call), scope, evidence, job)
  const place = calleePlace(call)
  const site = callSite(call)
  compute.known('provider', 'SageMaker', 'aws', place, { site })
  compute.known('choosesCapacity', 'SageMaker', true, place, { site })
  compute.known('service', 'SageMaker', false, place, { site })
  compute.known('trials', 'HyperparameterTuner', search !== null, place, { site })
  const name = python.argument(call, 'base_job_name')
  if (name.state === 'given' && name.folded.state === 'known' && typeof name.folded.value === 'string') {
    compute.known('name', 'base_job_name', name.folded.value, name.span, { site })
  }
  claimMachine(compute, call, type.key, type.value, typeName)
  // A recipe brings its own number of machines where none is given.
  if (count.value.state === 'absent' && namesRecipe(python, call))
    compute.unknown('nodes', count.key, 'the recipe says how many', place, { site })
  else claimArgument(compute, 'nodes', count.key, call, count.value, { convert: asNumber, otherwise: 1 })
  const plan = python.argument(call, argumentsOf.plan.name)
  claimArgument(compute, 'reserved', argumentsOf.plan.name, call, plan, {
    convert: (value) => value !== null,
    otherwise: false,
  })
  const spot = named(python, call, argumentsOf.spot)
  claimArgument(compute, 'spot', spot.key, call, spot.value, { convert: asBoolean, otherwise: false })
  const maxRun = named(python, call, argumentsOf.maxRun)
  claimArgument(compute, 'timeLimit', maxRun.key, call, maxRun.value, {
    convert: (value) => (value === null ? defaultMaxRun : asNumber(value)),
    otherwise: defaultMaxRun,
  })
  const maxWait = named(python, call, argumentsOf.maxWait)
  claimArgument(compute, 'maxWait', maxWait.key, call, maxWait.value, {
    convert: numberOrNull,
    otherwise: null,
  })
  const keepAlive = python.argument(call, argumentsOf.keepAlive.name)
  claimArgument(compute, 'keepAlive', argumentsOf.keepAlive.name, call, keepAlive, {
    convert: numberOrNull,
    otherwise: null,
  })
  claimCheckpoints(python, compute, call)
  claimData(python, claims, compute, call)
  claimArgument(compute, 'tagged', 'tags', call, python.argument(call, 'tags'), {
    convert: (value) => value !== null,
    otherwise: false,
  })
  const definitions = python.argument(call, 'metric_definitions')
  compute.known('readsMetrics', 'metric_definitions', definitions.state !== 'absent', place, { site })
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
  const fits = python.calls.filter((one) => one.method === 'fit' && one.receiverCall === call)
  const all = python.calls.filter((one) => one.method === 'fit')
  return all.length === 1 && fits.length === 1 && fits[0]!.loops.length === 0 ? 1 : null
}

function claimMachine(
  compute: SubjectBuilder<'Compute'>,
  call: Call,
  key: string,
  argument: ArgumentValue,
  typeName: string | null,
): void {
  const site = callSite(call)
  if (argument.state !== 'given' || argument.folded.state !== 'known' || typeName === null) {
    const because =
      argument.state === 'absent'
        ? 'no instance type is given'
        : argument.state === 'unknown'
          ? argument.because
          : argument.folded.state === 'unknown'
            ? argument.folded.because
            : 'a value that is not understood'
    const at: Place = argument.state === 'given' ? { ...argument.span } : calleePlace(call)
    compute.unknown('instanceType', key, because, at, { site })
    compute.unknown('gpus', key, because, at, { site })
    return
  }
  const { overridable, channel } = argument.folded
  const options = { site, overridable, channel }
  const at: Place = { ...argument.span }
  compute.known('instanceType', key, typeName, at, options)
  const machine = instance(typeName)
  if (machine === undefined) {
    compute.unknown('gpus', key, 'an instance type that the catalogue does not know', at, { site })
    return
  }
  compute.known('gpus', key, machine.gpuCount, at, options)
  compute.known('cpus', key, machine.vcpus, at, options)
  if (machine.gpu !== null) compute.known('gpuModel', key, machine.gpu.name, at, options)
}

/** Given and not None is enough: where the checkpoints lie is mostly computed (`f's3://{bucket}/…'`). */
function claimCheckpoints(python: PythonModule, compute: SubjectBuilder<'Compute'>, call: Call): void {
  const key = argumentsOf.checkpoints.name
  const argument = python.argument(call, key)
  if (argument.state === 'absent' && namesRecipe(python, call)) {
    compute.unknown('checkpointStore', key, 'the recipe says where checkpoints lie', calleePlace(call))
    return
  }
  if (argument.state === 'given' && argument.folded.state === 'unknown') {
    const value = python.definition(argument.expr)
    const builds = value.type === 'fstring' || value.type === 'binary' || value.type === 'call'
    if (builds) {
      const text = python.text.slice(value.start, value.end)
      compute.known('checkpointStore', key, text, { ...argument.span }, { site: callSite(call) })
      return
    }
  }
  claimArgument(compute, 'checkpointStore', key, call, argument, {
    convert: (value) => (value === null ? null : typeof value === 'string' ? value : undefined),
    otherwise: null,
  })
}
