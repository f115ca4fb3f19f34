/** What an `EarlyStopping` of Keras watches, and one that is made but not handed over. */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { mayBePassed } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { claimForgotten, forgottenCallbacks, stoppingInUse } from '../early-stopping.js'
import { stoppingSettings } from './settings.js'

const ofTraining = /^(?!val)(loss|acc|accuracy|\w*_accuracy|mse|mae|mean_(squared|absolute)_error|auc)$/
const className = 'keras.callbacks.EarlyStopping'

export function readStopping(
  python: PythonModule,
  fit: Call,
  given: ArgumentValue,
  items: Expr[] | null,
  training: SubjectBuilder<'Training'>,
): void {
  const stopping = mayBePassed(given) ? stoppingInUse(python, className, items) : null
  if (stopping !== null) {
    const source = stoppingSettings.argumentsOf(python, stopping, training.locator)
    stoppingSettings.claim(training, source)
    const watched = effective(stoppingSettings.read('stopMetric', source).value)
    // What validation computes has `val_` before it.
    if (watched !== undefined && ofTraining.test(watched))
      training.known('stopsByTraining', 'monitor', true, calleePlace(stopping))
  }
  const stops = (items ?? []).some((item) => python.callOf(item)?.name === className)
  if (stopping === null && !stops && (!mayBePassed(given) || (items ?? []).length > 0))
    readForgotten(python, fit, training)
}

/** `early_stopping = EarlyStopping(…)` that nothing uses afterwards. */
function readForgotten(python: PythonModule, fit: Call, training: SubjectBuilder<'Training'>): void {
  const forgotten = forgottenCallbacks(python, className)
  const call = forgotten.find(
    (one) => one.function === fit.function && one.expr.start < fit.expr.start && nextFit(python, one) === fit,
  )
  if (call !== undefined) claimForgotten(training, call, fit, `\`${fit.method}()\``)
}

function nextFit(python: PythonModule, made: Call): Call | undefined {
  return python.calls.find(
    (call) => (call.method === 'fit' || call.method === 'fit_generator') && call.expr.start > made.expr.end,
  )
}
