/** How long a Trainer runs, whether it validates, and what ends it. */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimOptions, SubjectBuilder } from '../../workload/builder.js'
import { type Callbacks, callbackList, judgeCallbacks, type Verdict } from '../callback-list.js'
import { claimArgument } from '../claim-argument.js'
import type { ReaderContext } from '../reader.js'
import { readStoppingFacts } from './early-stopping.js'
import { policyTrainer } from './trainer-names.js'
import { type Trainers, trainerArgument, trainerName } from './trainers.js'
import { field, type TrainerArguments } from './training-arguments.js'

export function readRun(
  python: PythonModule,
  made: TrainerArguments,
  trainers: Trainers,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const argument = (key: string) => field(python, made, key, context.binding)
  const place = calleePlace(made.call)
  const site = callSite(made.call, made.parsed ? 'parsed' : 'arguments')
  claimArgument(training, 'epochs', 'num_train_epochs', made.call, argument('num_train_epochs'), {
    convert: asNumber,
    otherwise: 3,
  })
  const steps = argument('max_steps')
  claimArgument(training, 'maxSteps', 'max_steps', made.call, steps, {
    convert: (value) => (typeof value === 'number' && value > 0 ? value : null),
    otherwise: null,
  })
  training.known('managed', 'Trainer', true, place)
  if (python.uses('.from_pretrained')) training.known('fineTuning', 'from_pretrained', true, place)

  const validates = validation(python, made, trainers, context)
  if (validates.state === 'unknown') training.unknown('validation', validates.key, validates.because, place)
  else if (validates.value) training.known('validation', validates.key, true, place)
  else training.default('validation', validates.key, false, place)

  readStopping(python, made, trainers, context, training)

  const schedule = argument('lr_scheduler_type')
  const horizon = horizonOf(schedule)
  if (horizon === null)
    training.unknown('fullHorizonSchedule', 'lr_scheduler_type', 'its value', place, { site })
  else if (horizon) training.known('fullHorizonSchedule', 'lr_scheduler_type', true, place, { site })

  const metric = argument('metric_for_best_model')
  const named =
    metric.state === 'given' && metric.folded.state === 'known' && typeof metric.folded.value === 'string'
      ? metric.folded.value
      : 'loss'
  const greater = argument('greater_is_better')
  const up =
    greater.state === 'given' && greater.folded.state === 'known' && greater.folded.value !== null
      ? greater.folded.value === true
      : !/loss$/.test(named)
  training.known(
    'monitor',
    'metric_for_best_model',
    { name: named.startsWith('eval_') ? named : `eval_${named}`, lowerIsBetter: !up },
    place,
  )
  const policy = trainers.calls.some((call) => policyTrainer(trainerName(python, call) ?? ''))
  if (policy) training.known('openEnded', 'Trainer', 'policy optimisation', place)
}

/** The default of `lr_scheduler_type` is linear, down to zero at the last step. */
function horizonOf(schedule: ArgumentValue): boolean | null {
  if (schedule.state === 'absent') return true
  if (schedule.state === 'unknown' || schedule.folded.state === 'unknown') return null
  const { value } = schedule.folded
  return (
    typeof value === 'string' &&
    !/^(constant|constant_with_warmup|inverse_sqrt|reduce_lr_on_plateau)$/.test(value)
  )
}

type Validation =
  | { state: 'known'; key: string; value: boolean }
  | { state: 'unknown'; key: string; because: string }

function validation(
  python: PythonModule,
  made: TrainerArguments,
  trainers: Trainers,
  context: ReaderContext,
): Validation {
  const { key, argument } = evaluationStrategy(python, made, context)
  if (argument.state === 'absent') return { state: 'known', key, value: false }
  if (argument.state === 'unknown') return { state: 'unknown', key, because: argument.because }
  const { folded } = argument
  // `IntervalStrategy.EPOCH` does not fold, but says what it is.
  const enumerated = argument.expr.type === 'attribute' ? argument.expr.attr.toLowerCase() : null
  if (folded.state === 'unknown' && !/^(no|epoch|steps)$/.test(enumerated ?? ''))
    return { state: 'unknown', key, because: folded.because }
  const value: Json = folded.state === 'known' ? folded.value : enumerated
  if (value === 'no' || value === false || value === null) return { state: 'known', key, value: false }
  if (trainers.calls.length === 0) return { state: 'unknown', key, because: 'a Trainer of another module' }
  const data = trainers.calls.map((call) => trainerArgument(python, call, 'eval_dataset'))
  if (data.includes('unknown')) return { state: 'unknown', key, because: 'the arguments of the Trainer' }
  return { state: 'known', key, value: data.some((one) => one !== 'missing') }
}

/** `eval_strategy`, called `evaluation_strategy` before transformers 4.41. */
export function evaluationStrategy(
  python: PythonModule,
  made: TrainerArguments,
  context: Pick<ReaderContext, 'binding'>,
): { key: string; argument: ArgumentValue } {
  const now = field(python, made, 'eval_strategy', context.binding)
  if (now.state === 'given') return { key: 'eval_strategy', argument: now }
  const before = field(python, made, 'evaluation_strategy', context.binding)
  if (before.state === 'given') return { key: 'evaluation_strategy', argument: before }
  return { key: 'eval_strategy', argument: now }
}

const libraryCallbacks: Callbacks = {
  library(name) {
    if (/EarlyStop/.test(name)) return 'stops'
    return /^(transformers|trl|peft|wandb|mlflow|comet_ml|neptune|sentence_transformers|codecarbon|swanlab)\./.test(
      name,
    )
      ? 'goes on'
      : 'unknown'
  },
  stop: /should_training_stop|should_epoch_stop/,
}

function readStopping(
  python: PythonModule,
  made: TrainerArguments,
  trainers: Trainers,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const key = 'callbacks'
  const first = trainers.calls[0]
  const place = calleePlace(first ?? made.call)
  const options: ClaimOptions = { site: callSite(first ?? made.call, 'trainer') }
  if (first === undefined) {
    training.unknown('earlyStopping', key, 'a Trainer of another module', place, options)
    return
  }
  readStoppingFacts(python, made, trainers, context, training)
  const verdict = stoppingOf(python, trainers.calls)
  if (verdict === 'unknown')
    training.unknown('earlyStopping', key, 'a callback that cannot be read', place, options)
  else if (verdict === 'stops') training.known('earlyStopping', key, true, place, options)
  else {
    const launched = made.parsed && context.binding === null
    training.default('earlyStopping', key, false, place, { ...options, overridable: launched })
  }
}

function stoppingOf(python: PythonModule, calls: Call[]): Verdict {
  // Made here or in a module that belongs to the program: it may be handed over in a way that is not seen.
  if (python.uses('transformers.EarlyStoppingCallback')) return 'stops'
  let result: Verdict = 'goes on'
  const add = (verdict: Verdict) => {
    if (verdict === 'stops' || (verdict === 'unknown' && result === 'goes on')) result = verdict
  }
  for (const call of calls) {
    const given = python.argument(call, 'callbacks')
    if (given.state === 'unknown') add('unknown')
    else if (given.state === 'given') {
      const list = callbackList(python, given.expr)
      add(list === null ? 'unknown' : judgeCallbacks(python, list.items, libraryCallbacks))
    }
    // A Trainer of the project may add callbacks of its own.
    const klass = call.name === null ? python.classOf(call.expr.callee) : null
    const body = klass === null ? '' : python.text.slice(klass.node.start, klass.node.end)
    if (libraryCallbacks.stop.test(body)) add('stops')
    else if (/add_callback|callbacks/.test(body)) add('unknown')
    else if (call.name === null && klass === null) add('unknown')
  }
  for (const later of python.methodCalls('add_callback')) {
    const [one] = later.expr.args
    add(one === undefined ? 'unknown' : judgeCallbacks(python, [one.value], libraryCallbacks))
  }
  return result
}
