/** Estimators of TensorFlow, and `slim.learning.train`: one `Training` for each call that trains. Source: TensorFlow 1.15, estimator/training.py, run_config.py. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { kerasEvidence } from '../keras/evidence.js'
import { readPrecision, rewriteKey } from '../keras/precision.js'
import { claimOperation } from '../operation-claims.js'
import { claimRun } from '../pytorch/loop.js'
import { defineReader } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { heavyGraph } from './graph-loop.js'
import { changeGraphPrecision } from './graph-precision.js'
import { plainName } from './pipeline.js'

/** What a run is told of its checkpoints. */
const runConfig = settingTable('Training', {
  keptCheckpoints: {
    keys: ['keep_checkpoint_max'],
    // None and 0 keep all of them.
    parse: (value) => (value === null || value === 0 ? null : asNumber(value)),
    otherwise: 5,
    write: (count) => count ?? undefined,
  },
})

export const tensorflowEstimatorReader = defineReader({
  name: 'tensorflow-estimator',
  title: 'TensorFlow Estimators',
  languages: ['python'],
  triggers: ['stimator', 'input_fn', 'train_and_evaluate', 'slim', 'learning.train'],
  settings: [runConfig],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined) return
    const trained = python.calls.flatMap((call) => trainedBy(python, call) ?? [])
    const { evidence } = trained.length > 0 ? kerasEvidence(python, context) : { evidence: null }
    if (evidence === null) return
    evidence.withoutBf16 ??= 'the rewrite of graphs knows fp16 only'
    trained.forEach((one, index) => {
      const training = readTraining(python, one, evidence, claims)
      if (index > 0 || !heavyGraph(python)) return
      const place = calleePlace(one.call)
      readPrecision(python, place, callSite(one.call), context, training, rewriteKey)
    })
  },
  change(claim, value, facts) {
    const { python } = facts
    if (python === undefined) return { reason: 'this is not written in Python' }
    if (claim.setting === 'precision') return changeGraphPrecision(python, value, facts)
    if (claim.setting === 'keptCheckpoints') return runConfig.change(claim, value, facts)
    if (claim.setting === 'earlyStopping')
      return {
        reason:
          'give it the hook `tf.estimator.experimental.stop_if_no_decrease_hook(estimator, "loss", max_steps_without_decrease=…)` (TensorFlow 1.10 and newer)',
      }
    return byHand(claim)
  },
})

interface Trained {
  call: Call
  kind: 'estimator' | 'train and evaluate' | 'slim'
  /** The call that says how many steps it takes, and with which hooks: itself, or that of its `TrainSpec`. */
  spec: Call | null
  evaluates: Call | null
  estimator: Call | null
}

/** It has an estimator train. */
export function trainsEstimator(python: PythonModule): boolean {
  return once(python, 'trains an estimator', () =>
    python.calls.some((call) => trainedBy(python, call) !== null),
  )
}

const estimatorType =
  /^tensorflow\.(\w+\.)*(TPU)?(Estimator|\w+Classifier|\w+Regressor|LinearEstimator|DNNEstimator)$/

function trainedBy(python: PythonModule, call: Call): Trained | null {
  const name = plainName(call.name ?? '')
  if (
    /^(tensorflow\.contrib\.slim|tf_slim)\.learning\.train$|^tensorflow\.contrib\.training\.train$/.test(name)
  )
    return { call, kind: 'slim', spec: call, evaluates: null, estimator: null }
  if (/^tensorflow\.estimator\.train_and_evaluate$/.test(name)) {
    const made = (key: string, position: number): Call | null => {
      const given = passedExpression(python.argument(call, key, position))
      return given === null ? null : madeBy(python, given)
    }
    return {
      call,
      kind: 'train and evaluate',
      spec: made('train_spec', 1),
      evaluates: made('eval_spec', 2),
      estimator: made('estimator', 0),
    }
  }
  if (call.method !== 'train' || call.expr.callee.type !== 'attribute') return null
  const estimator = madeBy(python, call.expr.callee.value)
  const isOne =
    estimator === null
      ? call.expr.args.some(({ name: keyword }) => keyword === 'input_fn')
      : estimatorType.test(plainName(estimator.name ?? ''))
  return isOne ? { call, kind: 'estimator', spec: call, evaluates: null, estimator } : null
}

/** The call of a library that makes a value; also what a function of this module returns. */
function madeBy(python: PythonModule, expr: Expr, depth = 0): Call | null {
  const call = python.callOf(expr)
  if (call === null || call.name !== null || depth > 2) return call
  const func = python.functionOf(call.expr.callee)
  const [only, ...more] = func === null ? [] : returnsOf(func)
  return only === undefined || more.length > 0 ? null : madeBy(python, only, depth + 1)
}

function readTraining(
  python: PythonModule,
  { call, kind, spec, evaluates, estimator }: Trained,
  common: Evidence,
  claims: ClaimBuilder,
): SubjectBuilder<'Training'> {
  const place = calleePlace(call)
  const training = claims.subject('Training', place, call.function?.qualified ?? '', { ...common })
  training.known('automaticDevice', 'device', true, place)
  const outer = call.loops.at(-1) ?? null
  // Each pass of a loop around it goes over the data once, or takes so many steps.
  if (outer !== null && kind === 'estimator') {
    claimRun(python, outer, training)
    if (stops.test(python.code)) training.known('earlyStopping', 'hooks', true, place)
  } else {
    training.known('managed', call.method, true, place)
    if (spec !== null) claimLength(python, spec, kind, training)
    if (kind === 'train and evaluate') training.known('validation', 'eval_spec', true, place)
    claimStopping(python, spec, call, training)
  }
  if (kind === 'slim') claimFolder(python, call, 'logdir', training, place)
  else claimCheckpoints(python, call, estimator, training)
  if (kind === 'train and evaluate' && evaluates !== null)
    claimEvaluations(python, evaluates, estimator, spec, common, claims)
  return training
}

const stepKeys: Record<Trained['kind'], readonly string[]> = {
  estimator: ['max_steps', 'steps'],
  'train and evaluate': ['max_steps'],
  slim: ['number_of_steps', 'num_steps'],
}

function claimLength(
  python: PythonModule,
  spec: Call,
  kind: Trained['kind'],
  training: SubjectBuilder<'Training'>,
): void {
  const source = new CallSource(python, spec, training.locator, {
    positions: kind === 'estimator' ? { steps: 2, max_steps: 3 } : kind === 'slim' ? {} : { max_steps: 1 },
  })
  for (const key of stepKeys[kind]) {
    const value = source.get(key)
    if (value.state === 'absent') continue
    training.say(
      'maxSteps',
      key,
      convert(value, (count) => (typeof count === 'number' && count > 0 ? count : undefined)),
    )
    return
  }
}

/** Hooks that end a run where a metric stalls. */
const stops =
  /\bstop_if_no_(decrease|increase)_hook\b|\bstop_if_(lower|higher)_hook\b|make_early_stopping_hook|EarlyStop/i

function claimStopping(
  python: PythonModule,
  spec: Call | null,
  call: Call,
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const hooks = spec === null ? null : python.argument(spec, 'hooks')
  if (stops.test(python.code)) training.known('earlyStopping', 'hooks', true, place, { site })
  else if (spec === null || (hooks !== null && mayBePassed(hooks) && !hooksAreSeen(python, hooks)))
    training.unknown('earlyStopping', 'hooks', 'hooks that cannot be read', place, { site })
  else training.default('earlyStopping', 'hooks', false, place, { site })
}

const plainHook =
  /^tensorflow\.(\w+\.)*(LoggingTensorHook|ProfilerHook|SummarySaverHook|CheckpointSaverHook|StepCounterHook|NanTensorHook|FeedFnHook|LocalCLIDebugHook)$/

/** All of them are of the library, and none ends a run. */
function hooksAreSeen(python: PythonModule, hooks: ReturnType<PythonModule['argument']>): boolean {
  const list = passedExpression(hooks)
  const items = list === null ? null : python.definition(list)
  return (
    items?.type === 'list' &&
    items.items.every((item) => plainHook.test(plainName(madeBy(python, item)?.name ?? '')))
  )
}

/** What `RunConfig` is made for an estimator; undefined: it cannot be told. */
function configOf(python: PythonModule, estimator: Call): Call | null | undefined {
  const given = python.argument(estimator, 'config')
  if (!mayBePassed(given)) return null
  const expr = passedExpression(given)
  const made = expr === null ? null : madeBy(python, expr)
  return made !== null && /\.RunConfig$/.test(made.name ?? '') && !isReplaced(python) ? made : undefined
}

/** `config = config.replace(save_checkpoints_secs=…)`. */
function isReplaced(python: PythonModule): boolean {
  return once(python, 'replaced RunConfig', () =>
    python
      .methodCalls('replace')
      .some(({ expr }) => expr.args.some(({ name }) => /^(save_|keep_|model_dir)/.test(name ?? ''))),
  )
}

function claimCheckpoints(
  python: PythonModule,
  call: Call,
  estimator: Call | null,
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(call)
  // By itself it saves every ten minutes; without a folder, to one that nobody finds again.
  training.default('saves', 'save_checkpoints_secs', 'while it runs', place)
  if (estimator === null) return
  const config = configOf(python, estimator)
  if (config === undefined) return
  const folder = [estimator, ...(config === null ? [] : [config])].some((one) =>
    mayBePassed(python.argument(one, 'model_dir', one === estimator ? 1 : 0)),
  )
  if (folder) training.known('resumable', 'model_dir', true, place)
  else training.default('resumable', 'model_dir', false, place)
  if (config === null) return
  runConfig.claim(training, new CallSource(python, config, training.locator))
  training.unknown('checkpointCount', 'save_checkpoints_steps', 'a rhythm of its own', place)
}

function claimFolder(
  python: PythonModule,
  call: Call,
  key: string,
  training: SubjectBuilder<'Training'>,
  place: Place,
): void {
  const given = mayBePassed(python.argument(call, key, 1))
  if (given) training.known('saves', key, 'while it runs', place)
  else training.unknown('saves', key, 'where it saves cannot be told', place)
  if (given) training.known('resumable', key, true, place)
}

/** An evaluation follows each checkpoint, but not within ten minutes of the last one, unless `throttle_secs` says so. */
function claimEvaluations(
  python: PythonModule,
  evaluates: Call,
  estimator: Call | null,
  spec: Call | null,
  evidence: Evidence,
  claims: ClaimBuilder,
): void {
  const config = estimator === null ? null : configOf(python, estimator)
  if (config == null) return
  const number = (call: Call, key: string): number | undefined => {
    const value = effective(new CallSource(python, call, claims).get(key))
    return typeof value === 'number' ? value : undefined
  }
  const every = number(config, 'save_checkpoints_steps')
  const throttle = number(evaluates, 'throttle_secs')
  const most = spec === null ? undefined : number(spec, 'max_steps')
  // So many seconds are over sooner than a step of most models that are worth a word takes.
  if (every === undefined || throttle === undefined || throttle > shortPause || every > rarely) return
  const key = 'save_checkpoints_steps'
  const at = calleePlace(config)
  const operation = claimOperation(claims, {
    kind: 'evaluate',
    place: 'step',
    key,
    at,
    site: callSite(config),
    scope: config.function?.qualified ?? '',
    evidence,
    apart: key,
  })
  operation.known('every', key, every, at)
  if (most !== undefined) operation.known('times', key, Math.floor(most / every), at)
}

const shortPause = 60
/** Steps between two evaluations that are no burden. */
const rarely = 500

/** What the functions return that give an estimator its data to train on. */
export function estimatorInputs(python: PythonModule): Expr[] {
  return once(python, 'inputs of estimators', () => [
    ...(python.importers.some(({ uses }) => uses.some((use) => trainsOne.test(use)))
      ? python.functions.filter(({ name }) => inputName.test(name)).flatMap(givenBy)
      : []),
    ...python.calls.flatMap((call) => {
      const spec = trainedBy(python, call)?.spec ?? null
      const given = spec === null ? null : passedExpression(python.argument(spec, 'input_fn', 0))
      if (given === null) return []
      if (given.type === 'lambda') return [given.body]
      const func = python.functionOf(given)
      return func === null ? [] : givenBy(func)
    }),
  ])
}

/** `return features, labels`: both are drawn from one pipeline. */
function givenBy(func: Func): Expr[] {
  return returnsOf(func).flatMap((value) => (value.type === 'tuple' ? value.items : [value]))
}

/** A module that imports this one trains an estimator, with what functions here are called after. */
const trainsOne = /^tensorflow\.(compat\.v1\.)?estimator\.(\w*Estimator|train_and_evaluate)$/
const inputName = /^(?!.*(eval|valid|test|predict|serving)).*input_fn$/
