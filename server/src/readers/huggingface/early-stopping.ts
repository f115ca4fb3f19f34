/** What an `EarlyStoppingCallback` needs from the arguments of its Trainer. */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { callbackList } from '../callback-list.js'
import { claimFrom, forgottenCallbacks } from '../early-stopping.js'
import type { ReaderContext } from '../reader.js'
import { evaluationStrategy } from './trainer-run.js'
import type { Trainers } from './trainers.js'
import { field, type TrainerArguments } from './training-arguments.js'

const className = 'transformers.EarlyStoppingCallback'

export function readStoppingFacts(
  python: PythonModule,
  made: TrainerArguments,
  trainers: Trainers,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const trainer = trainers.calls[0]
  if (trainer === undefined || trainers.calls.length > 1) return
  const given = python.argument(trainer, 'callbacks')
  const list = given.state === 'given' ? callbackList(python, given.expr) : null
  const calls = (list?.items ?? [])
    .map((item) => python.callOf(item))
    .filter((call): call is Call => call !== null && call.name === className)
  if (calls.length === 0) {
    if (given.state === 'absent' || list !== null) readForgotten(python, trainer, training)
    return
  }
  const callback = calls[0]!
  const argument = (key: string) => field(python, made, key, context.binding)
  const rhythm = evaluationStrategy(python, made, context).argument
  if (known(rhythm) === 'epoch')
    claimFrom(
      training,
      'patience',
      'early_stopping_patience',
      callback,
      python.argument(callback, 'early_stopping_patience', 0),
      'stopping',
      1,
      asNumber,
    )
  const gap = gapOf(argument, rhythm)
  if (gap !== null)
    training.known('stoppingGap', 'EarlyStoppingCallback', gap, calleePlace(callback), {
      site: callSite(callback, 'stopping'),
    })
  const metric = argument('metric_for_best_model')
  const greater = argument('greater_is_better')
  const name = known(metric)
  // Left out, the direction follows from the name.
  if (typeof name !== 'string' || greater.state !== 'given' || typeof known(greater) !== 'boolean') return
  training.known('stopMetric', 'metric_for_best_model', name, calleePlace(callback))
  const place = { start: greater.expr.start, end: greater.expr.end }
  training.known('stopDirection', 'greater_is_better', known(greater) === true ? 'higher' : 'lower', place, {
    site: callSite(made.call, made.parsed ? 'parsed' : 'arguments'),
    ...(greater.folded.state === 'known' ? { overridable: greater.folded.overridable } : {}),
  })
}

function known(argument: ArgumentValue): unknown {
  return argument.state === 'given' && argument.folded.state === 'known' ? argument.folded.value : undefined
}

/** The callback asserts both when training starts. */
function gapOf(argument: (key: string) => ArgumentValue, rhythm: ArgumentValue): string | null {
  if (rhythm.state === 'absent' || known(rhythm) === 'no')
    return 'the Trainer never evaluates (`eval_strategy` is "no"), which raises an error when training starts'
  const metric = argument('metric_for_best_model')
  const best = argument('load_best_model_at_end')
  const scheduler = known(argument('lr_scheduler_type'))
  const off = (best.state === 'absent' || known(best) === false) && scheduler !== 'reduce_lr_on_plateau'
  // Where the best model is loaded in the end, the metric is the loss by default.
  return metric.state === 'absent' && off
    ? '`metric_for_best_model` is not set, which raises an error when training starts'
    : null
}

function readForgotten(python: PythonModule, trainer: Call, training: SubjectBuilder<'Training'>): void {
  const call = forgottenCallbacks(python, className).find(
    (one) => one.function === trainer.function && one.expr.start < trainer.expr.start,
  )
  if (call === undefined || python.methodCalls('add_callback').length > 0) return
  training.known(
    'stoppingGap',
    'EarlyStoppingCallback',
    `\`${call.assignedTo}\` is never handed to the \`Trainer\``,
    calleePlace(call),
    { site: callSite(call, 'stopping') },
  )
}
