/**
 * Azure Machine Learning sweeps from Python: `job.sweep(…)` of SDK v2, `HyperDriveConfig(…)` of SDK v1.
 * Source: azure-ai-ml 1.22, entities/_builders/base_node.py and sweep.py; azureml-train-core 1.57, hyperdrive/runconfig.py.
 */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { Dimension, SearchSettings, SearchSpace } from '../../workload/words.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimArgument } from '../claim-argument.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { claimJobSearch } from '../search/job-search.js'
import { foldedValue } from '../search/plain-argument.js'

/** What the service does with limits that are left out (reference of the sweep job, "limits"). */
const defaultTrials = 1000
const defaultTimeout = 60 * 86_400
/** SDK v1: `max_duration_minutes=10080`. */
const defaultDuration = 7 * 86_400

export const azureSweepReader = defineReader({
  name: 'azure-sweep',
  languages: ['python'],
  triggers: ['azure'],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.calls) {
      if (isSweep(python, call)) readSweep(python, call, claims)
      else if (call.name !== null && /^azureml\.train\.hyperdrive\.(\w+\.)?HyperDriveConfig$/.test(call.name))
        readHyperDrive(python, call, claims)
    }
  },
  change: changeSweep,
})

function isSweep(python: PythonModule, call: Call): boolean {
  if (call.method !== 'sweep' || call.expr.callee.type !== 'attribute' || call.name !== null) return false
  if (!python.usesHere('azure.ai.ml.', 'azure.ai.ml')) return false
  return call.expr.args.some(({ name }) => name === 'primary_metric' || name === 'sampling_algorithm')
}

const samplings: Record<string, SearchSettings['strategy']> = {
  grid: 'grid',
  random: 'random',
  bayesian: 'bayesian',
  GridSamplingAlgorithm: 'grid',
  RandomSamplingAlgorithm: 'random',
  BayesianSamplingAlgorithm: 'bayesian',
  GridParameterSampling: 'grid',
  RandomParameterSampling: 'random',
  BayesianParameterSampling: 'bayesian',
}

function samplingOf(python: PythonModule, argument: ArgumentValue): SearchSettings['strategy'] | null {
  if (argument.state === 'absent') return 'random'
  if (argument.state === 'unknown') return null
  const text = foldedValue(argument)
  if (typeof text === 'string') return lookUp(samplings, text.toLowerCase()) ?? null
  return lookUp(samplings, python.callOf(argument.expr)?.method ?? '') ?? null
}

/** `sweep_job.set_limits(…)` after the sweep was made. */
function limitsCall(python: PythonModule, call: Call): Call | null {
  return (
    python.calls.find(
      (one) => one.method === 'set_limits' && (one.receiverCall === call || receives(one, call.assignedTo)),
    ) ?? null
  )
}

function receives(call: Call, name: string | null): boolean {
  const { callee } = call.expr
  return (
    name !== null && callee.type === 'attribute' && callee.value.type === 'name' && callee.value.id === name
  )
}

/** `sweep_job.early_termination = …`, `sweep_job.limits = …` in a statement of its own. */
function assigned(python: PythonModule, call: Call, attribute: string): boolean {
  if (call.assignedTo === null) return false
  return python.text.includes(`${call.assignedTo}.${attribute}`)
}

function readSweep(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const search = claimJobSearch(python, call, claims, 'sweep', 'sweep')
  const place = calleePlace(call)
  const site = callSite(call)
  const sampling = python.argument(call, 'sampling_algorithm')
  const strategy = samplingOf(python, sampling)
  claimStrategy(search, sampling, 'sampling_algorithm', strategy, call)
  if (strategy === 'grid')
    claimSpace(search, python, choicesOf(python, call.receiverCall?.expr.args ?? []), call)
  const limits = limitsCall(python, call)
  const limitsUnknown = limits === null && assigned(python, call, 'limits')
  const limit = (name: string): { at: Call; value: ArgumentValue } => {
    const own = python.argument(call, name)
    if (own.state !== 'absent' || limits === null) return { at: call, value: own }
    return { at: limits, value: python.argument(limits, name) }
  }
  if (!limitsUnknown) {
    const total = limit('max_total_trials')
    claimArgument(search, 'trialCap', 'max_total_trials', total.at, total.value, {
      convert: capOf(defaultTrials),
      otherwise: defaultTrials,
    })
    const time = limit('timeout')
    claimArgument(search, 'timeLimit', 'timeout', time.at, time.value, {
      convert: capOf(defaultTimeout),
      otherwise: defaultTimeout,
    })
    const concurrent = limit('max_concurrent_trials')
    claimArgument(search, 'parallelism', 'max_concurrent_trials', concurrent.at, concurrent.value, {
      convert: (value) => (value === null ? null : asNumber(value)),
      otherwise: null,
    })
  }
  const policy = python.argument(call, 'early_termination_policy')
  claimPolicy(search, python, policy, 'early_termination_policy', strategy, call)
  if (policy.state === 'absent' && assigned(python, call, 'early_termination'))
    search.known('earlyTermination', 'early_termination', true, place, { site })
}

const capOf =
  (otherwise: number) =>
  (value: Json): number | undefined =>
    value === null ? otherwise : asNumber(value)

function claimStrategy(
  search: SubjectBuilder<'Search'>,
  argument: ArgumentValue,
  key: string,
  strategy: SearchSettings['strategy'] | null,
  call: Call,
): void {
  const place = argument.state === 'given' ? { ...argument.span } : calleePlace(call)
  const site = callSite(call)
  search.known('alternatives', key, ['bayesian'], place)
  if (strategy === null) search.unknown('strategy', key, 'the sampling cannot be read', place)
  else if (argument.state === 'absent') search.default('strategy', key, strategy, place, { site })
  else search.known('strategy', key, strategy, place, { site })
}

/** Weak trials are stopped by a policy; the service ignores one under Bayesian sampling. */
function claimPolicy(
  search: SubjectBuilder<'Search'>,
  python: PythonModule,
  policy: ArgumentValue,
  key: string,
  strategy: SearchSettings['strategy'] | null,
  call: Call,
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  if (strategy === 'bayesian' || strategy === null || policy.state === 'unknown') return
  if (policy.state === 'absent') {
    if (key === 'early_termination_policy' && assigned(python, call, 'early_termination')) return
    search.default('earlyTermination', key, false, place, { site })
  } else if (
    foldedValue(policy) === null ||
    /NoTerminationPolicy$/.test(python.callOf(policy.expr)?.method ?? '')
  )
    search.known('earlyTermination', key, false, policy.span, { site })
  else {
    search.known('earlyTermination', key, true, policy.span, { site })
    return
  }
  search.known(
    'terminationGap',
    key,
    `the sweep has no ${key === 'policy' ? 'early termination policy' : key}`,
    place,
  )
}

function choicesOf(python: PythonModule, args: Call['expr']['args']): Dimension[] {
  const dimensions: Dimension[] = []
  for (const argument of args) {
    if (argument.name === null) continue
    const made = python.callOf(argument.value)
    if (made === null || !/^(Choice|choice)$/.test(made.method)) continue
    dimensions.push(choice(python, argument.name, made))
  }
  return dimensions
}

/** `Choice(values=[…])`, `choice(16, 32)`, `choice([…])`, `choice(range(…))`. */
function choice(python: PythonModule, name: string, made: Call): Dimension {
  const values = foldedValue(python.argument(made, 'values', 0))
  if (Array.isArray(values)) return { name, size: distinctCount(values), values }
  const { args } = made.expr
  return { name, size: args.length > 1 && args.every((one) => one.star === 0) ? args.length : null }
}

function claimSpace(
  search: SubjectBuilder<'Search'>,
  python: PythonModule,
  dimensions: Dimension[],
  call: Call,
): void {
  const place = calleePlace(call)
  if (dimensions.length === 0) {
    search.unknown('space', 'search_space', `${python.path}: the choices cannot be read`, place)
    return
  }
  const space: SearchSpace = { grids: [dimensions], ...gridSize([dimensions]) }
  search.known('space', 'search_space', space, place)
}

function readHyperDrive(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const search = claimJobSearch(python, call, claims, 'sweep', 'sweep')
  const sampling = python.argument(call, 'hyperparameter_sampling')
  const strategy = sampling.state === 'absent' ? null : samplingOf(python, sampling)
  claimStrategy(search, sampling, 'hyperparameter_sampling', strategy, call)
  if (strategy === 'grid' && sampling.state === 'given') {
    const given = python.callOf(sampling.expr)?.expr.args[0]?.value
    const keys = given === undefined ? null : python.keysOf(given)
    const dimensions = (keys ?? []).map((name): Dimension => {
      const entry = python.entry(given!, name)
      const made = entry.state === 'given' ? python.callOf(entry.expr) : null
      return made === null ? { name, size: null } : choice(python, name, made)
    })
    claimSpace(search, python, dimensions, call)
  }
  const total = python.argument(call, 'max_total_runs')
  if (total.state !== 'absent')
    claimArgument(search, 'trialCap', 'max_total_runs', call, total, { convert: asNumber })
  const duration = python.argument(call, 'max_duration_minutes')
  claimArgument(search, 'timeLimit', 'max_duration_minutes', call, duration, {
    convert: (value) => (typeof value === 'number' ? value * 60 : undefined),
    otherwise: defaultDuration,
  })
  const concurrent = python.argument(call, 'max_concurrent_runs')
  claimArgument(search, 'parallelism', 'max_concurrent_runs', call, concurrent, {
    convert: (value) => (value === null ? null : asNumber(value)),
    otherwise: null,
  })
  claimPolicy(search, python, python.argument(call, 'policy'), 'policy', strategy, call)
}

function changeSweep(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const python = facts.python!
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  const imports: Import[] = []
  const set = (name: string, code: string): Write | Refusal =>
    writeArgument(facts, call, name, python.argument(call, name), code)
  const spelled = (module: string, name: string): string => {
    const found = nameFor(python.tree, module, name, {
      path: facts.path,
      unit: facts.unit.index,
      offset: call.expr.start,
    })
    if (found.import !== null) imports.push(found.import)
    return found.text
  }
  let title: string
  let writes: (Write | Refusal)[]
  switch (claim.setting) {
    case 'strategy': {
      const { trials } = value as { trials: number }
      title = `Search by Bayesian sampling, ${trials} trials`
      const few = String(Math.max(2, Math.ceil(trials / 8)))
      if (claim.key === 'hyperparameter_sampling') {
        const given = python.argument(call, claim.key)
        const made = given.state === 'given' ? python.callOf(given.expr) : null
        if (made === null) return { reason: 'the sampling is made elsewhere' }
        const range = { unit: facts.unit.index, start: made.expr.start, end: made.expr.end }
        const to = spelled('azureml.train.hyperdrive', 'BayesianParameterSampling')
        writes = [
          { kind: 'rename callee', path: facts.path, call: range, to },
          set('max_total_runs', String(trials)),
          set('max_concurrent_runs', few),
        ]
        break
      }
      const limits = limitsCall(python, call) ?? call
      const limit = (name: string, code: string): Write | Refusal =>
        writeArgument(facts, limits, name, python.argument(limits, name), code)
      writes = [
        set('sampling_algorithm', "'bayesian'"),
        limit('max_total_trials', String(trials)),
        limit('max_concurrent_trials', few),
      ]
      break
    }
    case 'earlyTermination': {
      title = 'Stop weak trials early (median stopping)'
      const old = claim.key === 'policy'
      const made = spelled(old ? 'azureml.train.hyperdrive' : 'azure.ai.ml.sweep', 'MedianStoppingPolicy')
      writes = [set(claim.key, median(made))]
      break
    }
    case 'trialCap':
      title = `At most ${value} trials`
      writes = [set('max_total_trials', String(value))]
      break
    case 'parallelism':
      title = `At most ${value} trials at once`
      writes = [set(claim.key, String(value))]
      break
    default:
      return byHand(claim)
  }
  return changeOf(title, writes, { imports })
}

const median = (made: string): string => `${made}(delay_evaluation=5, evaluation_interval=1)`
