/** What an `EarlyStoppingCallback` needs from the arguments of its Trainer. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { convert, orDefault } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, isGiven } from '../../values/value.js'
import { writtenList } from '../../values/written-list.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { forgottenFor, patienceRow, stoppingInUse } from '../early-stopping.js'
import { settingTable } from '../setting-table.js'
import type { ArgumentsSource } from './arguments-source.js'
import { evaluationStrategy } from './trainer-run.js'
import type { Trainers } from './trainers.js'

export const stoppingClass = 'transformers.EarlyStoppingCallback'

const stoppingSettings = settingTable('Training', {
  patience: { ...patienceRow, keys: ['early_stopping_patience'], position: 0, otherwise: 1 },
})

export function readStoppingFacts(
  source: ArgumentsSource,
  trainers: Trainers,
  training: SubjectBuilder<'Training'>,
): void {
  const { python } = source
  const trainer = trainers.calls[0]
  if (trainer === undefined || trainers.calls.length > 1) return
  const given = python.argument(trainer, 'callbacks')
  const expr = passedExpression(given)
  const list = expr === null ? null : writtenList(python, expr)
  const listed = (list?.items ?? [])
    .map((item) => python.callOf(item))
    .find((call) => call?.name === stoppingClass)
  const callback =
    listed ?? (mayBePassed(given) ? stoppingInUse(python, stoppingClass, list?.items ?? null) : null)
  if (callback === null) {
    if (!mayBePassed(given) || list !== null) readForgotten(python, trainer, training)
    return
  }
  const rhythm = evaluationStrategy(source).value
  if (effective(rhythm) === 'epoch')
    stoppingSettings.claim(training, stoppingSettings.argumentsOf(python, callback, training.locator))
  const gap = gapOf(source, effective(orDefault(rhythm, 'no')))
  if (gap !== null)
    training.known('stoppingGap', 'EarlyStoppingCallback', gap, calleePlace(callback), {
      site: callSite(callback),
    })
  const greater = source.get('greater_is_better')
  const name = effective(source.get('metric_for_best_model'))
  // Left out, the direction follows from the name.
  if (typeof name !== 'string' || typeof effective(greater) !== 'boolean') return
  training.known('stopMetric', 'metric_for_best_model', name, calleePlace(callback))
  training.say(
    'stopDirection',
    'greater_is_better',
    convert(greater, (up) => (up === true ? 'higher' : 'lower')),
  )
}

/** The callback asserts both when training starts. */
function gapOf(source: ArgumentsSource, rhythm: Json | undefined): string | null {
  if (rhythm === 'no')
    return 'the Trainer never evaluates (`eval_strategy` is "no"), which raises an error when training starts'
  const best = effective(orDefault(source.get('load_best_model_at_end'), false))
  const off = best === false && effective(source.get('lr_scheduler_type')) !== 'reduce_lr_on_plateau'
  // Where the best model is loaded in the end, the metric is the loss by default.
  return off && !isGiven(source.get('metric_for_best_model'))
    ? '`metric_for_best_model` is not set, which raises an error when training starts'
    : null
}

function readForgotten(python: PythonModule, trainer: Call, training: SubjectBuilder<'Training'>): void {
  const call = forgottenFor(python, stoppingClass, trainer)
  if (call === undefined || python.methodCalls('add_callback').length > 0) return
  training.known(
    'stoppingGap',
    'EarlyStoppingCallback',
    `\`${call.assignedTo}\` is never passed to the \`Trainer\``,
    calleePlace(call),
    { site: callSite(call) },
  )
}
