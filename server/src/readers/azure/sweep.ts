/**
 * Azure Machine Learning sweeps from Python: `job.sweep(…)` of SDK v2, `HyperDriveConfig(…)` of SDK v1.
 * Source: azure-ai-ml 1.22, entities/_builders/base_node.py and sweep.py; azureml-train-core 1.57, hyperdrive/runconfig.py.
 */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { isLeftOut, knownArgument, passedCall, passedExpression } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { absent, convert, orDefault, orUnknown, stated } from '../../values/operations.js'
import { asNumber, orNone } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { Key, Source } from '../../values/source.js'
import { effective, type Given, isGiven, type Value } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { Dimension, SearchSettings, SearchSpace } from '../../workload/resource-kinds.js'
import { byHand, changeOf } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimJobSearch } from '../search/job-search.js'
import { settingTable } from '../setting-table.js'

const orElse =
  (otherwise: number) =>
  (value: Json): number | undefined =>
    value === null ? otherwise : asNumber(value)

const parallelRow = {
  parse: orNone(asNumber),
  otherwise: null,
  write: Number,
  title: (count: number | null) => `At most ${count} trials at once`,
}

/** What the service does with limits that are left out: reference of the sweep job, "limits". */
const sweepSettings = settingTable('Search', {
  trialCap: {
    keys: ['max_total_trials'],
    parse: orElse(1000),
    otherwise: 1000,
    write: Number,
    title: (count) => `At most ${count} trials`,
  },
  timeLimit: { keys: ['timeout'], parse: orElse(60 * 86_400), otherwise: 60 * 86_400 },
  parallelism: { keys: ['max_concurrent_trials'], ...parallelRow },
})

/** SDK v1. */
const hyperDriveSettings = settingTable('Search', {
  trialCap: { keys: ['max_total_runs'], parse: asNumber },
  timeLimit: {
    keys: ['max_duration_minutes'],
    parse: (minutes) => (typeof minutes === 'number' ? minutes * 60 : undefined),
    otherwise: 7 * 86_400,
  },
  parallelism: { keys: ['max_concurrent_runs'], ...parallelRow },
})

export const azureSweepReader = defineReader({
  name: 'azure-sweep',
  title: 'Azure ML, sweep',
  settings: [sweepSettings, hyperDriveSettings],
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

/** By its name, or by the class of its object. */
function samplingOf(source: CallSource, key: string): Given<SearchSettings['strategy']> {
  const given = source.get(key)
  const made = source.maker(key)
  const named = made === null ? given : stated(given, made.method)
  return convert(
    named,
    (value) =>
      typeof value === 'string'
        ? (lookUp(samplings, value) ?? lookUp(samplings, value.toLowerCase()))
        : undefined,
    'the sampling cannot be read',
  )
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
  return python.code.includes(`${call.assignedTo}.${attribute}`)
}

function readSweep(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const search = claimJobSearch(python, call, claims, 'sweep', 'sweep')
  const source = new CallSource(python, call, claims)
  const sampling = orDefault(samplingOf(source, 'sampling_algorithm'), 'random')
  claimStrategy(search, 'sampling_algorithm', sampling)
  const strategy = effective(sampling)
  if (strategy === 'grid')
    claimSpace(search, python, choicesOf(python, call.receiverCall?.expr.args ?? []), call)
  const limits = limitsCall(python, call)
  if (limits !== null)
    sweepSettings.claim(search, new LimitsSource(source, new CallSource(python, limits, claims)))
  else if (!assigned(python, call, 'limits')) sweepSettings.claim(search, source)
  const key = 'early_termination_policy'
  const policy = source.get(key)
  if (!isGiven(policy) && assigned(python, call, 'early_termination'))
    search.say('earlyTermination', 'early_termination', stated(policy, true))
  else claimPolicy(search, source, key, strategy)
}

/** What the sweep leaves out may stand in `set_limits(…)`. */
class LimitsSource implements Source {
  constructor(
    private readonly own: Source,
    private readonly limits: Source,
  ) {}

  get(...path: Key[]): Given<Json> {
    const given = this.own.get(...path)
    return isGiven(given) ? given : this.limits.get(...path)
  }

  set(path: readonly Key[], value: Json | undefined): Write | Refusal {
    return this.limits.set(path, value)
  }
}

function claimStrategy(
  search: SubjectBuilder<'Search'>,
  key: string,
  strategy: Value<SearchSettings['strategy']>,
): void {
  search.say('alternatives', key, stated(strategy, ['bayesian']))
  search.say('strategy', key, strategy)
}

/** Weak trials are stopped by a policy; the service ignores one under Bayesian sampling. */
function claimPolicy(
  search: SubjectBuilder<'Search'>,
  source: CallSource,
  key: string,
  strategy: SearchSettings['strategy'] | undefined,
): void {
  if (strategy === 'bayesian' || strategy === undefined) return
  const given = source.get(key)
  const none = isLeftOut(source.argument(key)) || /NoTerminationPolicy$/.test(source.maker(key)?.method ?? '')
  if (!none) {
    if (source.expression(key) !== null) search.say('earlyTermination', key, stated(given, true))
    return
  }
  search.say('earlyTermination', key, isGiven(given) ? stated(given, false) : orDefault(absent(given), false))
  const gap = `the sweep has no ${key === 'policy' ? 'early termination policy' : key}`
  search.known('terminationGap', key, gap, calleePlace(source.call))
}

function choicesOf(python: PythonModule, args: Call['expr']['args']): Dimension[] {
  const dimensions: Dimension[] = []
  const add = (name: string, expr: Expr | null): void => {
    const made = expr === null ? null : python.callOf(expr)
    if (made !== null && /^(Choice|choice)$/.test(made.method)) dimensions.push(choice(python, name, made))
  }
  for (const { name, star, value } of args) {
    if (name !== null) add(name, value)
    else if (star === 2)
      for (const key of python.keysOf(value) ?? []) add(key, passedExpression(python.entry(value, key)))
  }
  return dimensions
}

/** `Choice(values=[…])`, `choice(16, 32)`, `choice([…])`, `choice(range(…))`. */
function choice(python: PythonModule, name: string, made: Call): Dimension {
  const values = knownArgument(python.argument(made, 'values', 0))
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
  const key = 'hyperparameter_sampling'
  const source = new CallSource(python, call, claims)
  const sampling = orUnknown(samplingOf(source, key), 'the sampling cannot be read')
  claimStrategy(search, key, sampling)
  const strategy = effective(sampling)
  if (strategy === 'grid') {
    const given = source.maker(key)?.expr.args[0]?.value
    const keys = given === undefined ? null : python.keysOf(given)
    const dimensions = (keys ?? []).map((name): Dimension => {
      const made = passedCall(python, python.entry(given!, name))
      return made === null ? { name, size: null } : choice(python, name, made)
    })
    claimSpace(search, python, dimensions, call)
  }
  hyperDriveSettings.claim(search, source)
  claimPolicy(search, source, 'policy', strategy)
}

function changeSweep(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  const imports: Import[] = []
  const set = (name: string, code: string): Write | Refusal =>
    writeArgument(facts, call, name, python.argument(call, name), code)
  const spelled = (module: string, name: string): string => {
    const found = nameFor(python.tree, module, name, {
      path: facts.path,
      fragment: facts.fragment.index,
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
        const made = passedCall(python, python.argument(call, claim.key))
        if (made === null) return { reason: 'the sampling is made elsewhere' }
        const range = { fragment: facts.fragment.index, start: made.expr.start, end: made.expr.end }
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
      return sweepSettings.change(claim, value, facts)
    case 'parallelism': {
      const table = claim.key === 'max_concurrent_runs' ? hyperDriveSettings : sweepSettings
      return table.change(claim, value, facts)
    }
    default:
      return byHand(claim)
  }
  return changeOf(title, writes, { imports })
}

const median = (made: string): string => `${made}(delay_evaluation=5, evaluation_interval=1)`
