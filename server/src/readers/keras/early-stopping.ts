/** What an `EarlyStopping` of Keras watches, and one that is made but not handed over. */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { claimDirection, claimFrom, forgottenCallbacks } from '../early-stopping.js'

const className = 'keras.callbacks.EarlyStopping'
const order = ['monitor', 'min_delta', 'patience', 'verbose', 'mode']

export function readStopping(
  python: PythonModule,
  fit: Call,
  given: ArgumentValue,
  items: Expr[],
  training: SubjectBuilder<'Training'>,
): void {
  const made = items
    .map((item) => python.callOf(item))
    .filter((call): call is Call => call !== null && call.name === className)
  if (made.length === 1) readArguments(python, made[0]!, training)
  if (made.length === 0 && (given.state === 'absent' || items.length > 0))
    readForgotten(python, fit, training)
}

function readArguments(python: PythonModule, call: Call, training: SubjectBuilder<'Training'>): void {
  const argument = (key: string) => {
    const position = order.indexOf(key)
    return python.argument(call, key, position < 0 ? null : position)
  }
  const anchor = 'stopping'
  const metric = argument('monitor')
  claimFrom(training, 'stopMetric', 'monitor', call, metric, anchor, 'val_loss', (value) =>
    typeof value === 'string' ? value : undefined,
  )
  claimFrom(training, 'patience', 'patience', call, argument('patience'), anchor, 0, asNumber)
  claimFrom(
    training,
    'stopStart',
    'start_from_epoch',
    call,
    argument('start_from_epoch'),
    anchor,
    0,
    asNumber,
  )
  // `auto` takes the direction from the name; only what is written out can be wrong.
  claimDirection(training, call, argument('mode'), anchor, null)
}

/** `early_stopping = EarlyStopping(…)` that nothing uses afterwards. */
function readForgotten(python: PythonModule, fit: Call, training: SubjectBuilder<'Training'>): void {
  const forgotten = forgottenCallbacks(python, className)
  const call = forgotten.find(
    (one) => one.function === fit.function && one.expr.start < fit.expr.start && nextFit(python, one) === fit,
  )
  if (call === undefined) return
  training.known(
    'stoppingGap',
    'EarlyStopping',
    `\`${call.assignedTo}\` is never handed to \`${fit.method}()\``,
    calleePlace(call),
    { site: callSite(fit, `forgotten:${call.assignedTo}`) },
  )
}

function nextFit(python: PythonModule, made: Call): Call | undefined {
  return python.calls.find(
    (call) => (call.method === 'fit' || call.method === 'fit_generator') && call.expr.start > made.expr.end,
  )
}
