/** How long a Trainer runs, whether it validates, and what ends it. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { convert, firstKeyed, type Keyed, orDefault } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import { writtenList } from '../../values/written-list.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { type Callbacks, itemsBut, judgeCallbacks, type Verdict } from '../callback-list.js'
import { claimStopping } from '../stopping-switch.js'
import type { ArgumentsSource } from './arguments-source.js'
import { readStoppingFacts, stoppingClass } from './early-stopping.js'
import { policyTrainer } from './trainer-names.js'
import { trainerSettings } from './trainer-settings.js'
import { type Trainers, trainerArgument, trainerName } from './trainers.js'

export function readRun(
  source: ArgumentsSource,
  trainers: Trainers,
  training: SubjectBuilder<'Training'>,
): void {
  const { python, place } = source
  trainerSettings.claim(training, source, {}, ['epochs', 'maxSteps', 'device'])
  training.known('managed', 'Trainer', true, place)
  if (python.uses('.from_pretrained')) training.known('fineTuning', 'from_pretrained', true, place)
  const validates = validation(source, trainers)
  training.say('validation', validates.key, validates.value)
  readRhythms(source, training)
  readStopping(source, trainers, training)
  // Linear by default, down to zero at the last step.
  const schedule = convert(orDefault(source.get('lr_scheduler_type'), 'linear'), reachesEnd)
  training.say('fullHorizonSchedule', 'lr_scheduler_type', schedule)

  const metric = effective(source.get('metric_for_best_model'))
  const named = typeof metric === 'string' ? metric : 'loss'
  const greater = effective(source.get('greater_is_better')) ?? !/loss$/.test(named)
  training.known(
    'monitor',
    'metric_for_best_model',
    { name: named.startsWith('eval_') ? named : `eval_${named}`, lowerIsBetter: greater !== true },
    place,
  )
  const policy = trainers.calls.some((call) => policyTrainer(trainerName(python, call) ?? ''))
  if (policy) training.known('openEnded', 'Trainer', 'policy optimisation', place)
}

/** Source: transformers 4.46, TrainingArguments. */
export const stepsByDefault = 500

function readRhythms(source: ArgumentsSource, training: SubjectBuilder<'Training'>): void {
  const orElse = (key: string, byDefault: Json) => ({ key, value: orDefault(source.get(key), byDefault) })
  const { key, value } = evaluationStrategy(source)
  const logged = effective(orElse('logging_steps', stepsByDefault).value) ?? null
  const evaluates = { key, value: orDefault(value, 'no') }
  claimRhythm(training, 'evaluatedEvery', evaluates, orElse('eval_steps', logged), source.place)
  const saves = orElse('save_strategy', 'steps')
  claimRhythm(training, 'savedEvery', saves, orElse('save_steps', stepsByDefault), source.place)
}

/** A strategy (`no`, `steps`, `epoch`) with its interval. */
export function claimRhythm(
  training: SubjectBuilder<'Training'>,
  setting: 'evaluatedEvery' | 'savedEvery',
  strategy: Keyed<Json>,
  every: Keyed<Json>,
  place: Place,
): void {
  const unit = effective(strategy.value)
  const count = effective(every.value)
  if (unit === 'epoch') training.known(setting, strategy.key, { count: 1, unit: 'epochs' }, place)
  if (unit === 'steps' && typeof count === 'number' && count >= 1)
    training.known(setting, every.key, { count, unit }, place)
}

const reachesEnd = (schedule: Json): boolean =>
  typeof schedule === 'string' &&
  !/^(constant|constant_with_warmup|inverse_sqrt|reduce_lr_on_plateau)$/.test(schedule)

function validation(source: ArgumentsSource, trainers: Trainers): Keyed<boolean> {
  const { key, value } = evaluationStrategy(source)
  const data = trainers.calls.map((call) => trainerArgument(source.python, call, 'eval_dataset'))
  const seen =
    data.length === 0 || data.includes('unknown') ? undefined : data.some((one) => one !== 'missing')
  const because = data.length === 0 ? 'a Trainer of another module' : 'the arguments of the Trainer'
  const never = (rhythm: Json) => rhythm === 'no' || rhythm === false || rhythm === null
  return {
    key,
    value: convert(orDefault(value, 'no'), (rhythm) => (never(rhythm) ? false : seen), because),
  }
}

/** `eval_strategy`, called `evaluation_strategy` before transformers 4.41. */
export function evaluationStrategy(source: ArgumentsSource): Keyed<Json> {
  const now: Keyed<Json> = { key: 'eval_strategy', value: source.get('eval_strategy') }
  const before: Keyed<Json> = { key: 'evaluation_strategy', value: source.get('evaluation_strategy') }
  // Of two that `**kwargs` may carry, the one that is written counts.
  return effective(before.value) === undefined || effective(now.value) !== undefined
    ? firstKeyed(now, before)
    : before
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
  source: ArgumentsSource,
  trainers: Trainers,
  training: SubjectBuilder<'Training'>,
): void {
  const { python, made, binding } = source
  const first = trainers.calls[0]
  const place = calleePlace(first ?? made.call)
  const site = callSite(first ?? made.call)
  if (first === undefined) {
    training.unknown('earlyStopping', 'callbacks', 'a Trainer of another module', place, { site })
    return
  }
  readStoppingFacts(source, trainers, training)
  const open = made.parsed && binding === null
  claimStopping(python, training, {
    user: first,
    made: python.callsMade(stoppingClass),
    verdict: (without) => stoppingOf(python, trainers.calls, without),
    overridable: open,
  })
}

/** `without`: callbacks that are switched off. */
function stoppingOf(python: PythonModule, calls: Call[], without: readonly Call[] | null): Verdict {
  // Made here or in a module that belongs to the program: it may be handed over in a way that is not seen.
  if (without === null && python.uses(stoppingClass)) return 'stops'
  let result: Verdict = 'goes on'
  const add = (verdict: Verdict) => {
    if (verdict === 'stops' || (verdict === 'unknown' && result === 'goes on')) result = verdict
  }
  for (const call of calls) {
    const given = python.argument(call, 'callbacks')
    const expr = passedExpression(given)
    const list = expr === null ? null : writtenList(python, expr)
    if (list !== null) add(judgeCallbacks(python, itemsBut(python, list.items, without), libraryCallbacks))
    else if (mayBePassed(given)) add('unknown')
    // A Trainer of the project may add callbacks of its own.
    const klass = call.name === null ? python.classOf(call.expr.callee) : null
    const body = klass === null ? '' : python.code.slice(klass.node.start, klass.node.end)
    if (libraryCallbacks.stop.test(body)) add('stops')
    else if (/add_callback|callbacks/.test(body)) add('unknown')
    else if (call.name === null && klass === null) add('unknown')
  }
  for (const later of python.methodCalls('add_callback')) {
    const [one] = later.expr.args
    add(
      one === undefined
        ? 'unknown'
        : judgeCallbacks(python, itemsBut(python, [one.value], without), libraryCallbacks),
    )
  }
  return result
}
