/** What an `EarlyStopping` of Lightning watches, and whether its metric is ever logged. */

import { loggedNames } from '../../python/logged-metrics.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import { writtenList } from '../../values/written-list.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { claimForgotten, forgottenFor, stoppingInUse } from '../early-stopping.js'
import { classFacts } from './module-facts.js'
import { stoppingSettings } from './settings.js'

const className = 'lightning.pytorch.callbacks.EarlyStopping'

export function readStopping(
  python: PythonModule,
  trainer: Call,
  fits: Call[],
  training: SubjectBuilder<'Training'>,
): void {
  const before = python.argument(trainer, 'early_stop_callback', null)
  const given = mayBePassed(before) ? before : python.argument(trainer, 'callbacks')
  const expr = passedExpression(given)
  const list = expr === null ? null : writtenList(python, expr)
  const stopping = mayBePassed(given) ? stoppingInUse(python, className, list?.items ?? null) : null
  if (stopping !== null) {
    readArguments(python, trainer, fits, stopping, training)
    return
  }
  if (mayBePassed(given) && (list === null || list.items.some((item) => isStopping(python, item)))) return
  const forgotten = forgottenFor(python, className, trainer)
  if (forgotten !== undefined) claimForgotten(training, forgotten, trainer, 'the `Trainer`')
}

function isStopping(python: PythonModule, item: Expr): boolean {
  const calls = python.madeObjects(item)?.calls ?? [python.callOf(item)]
  return calls.some((call) => call?.name === className)
}

function readArguments(
  python: PythonModule,
  trainer: Call,
  fits: Call[],
  call: Call,
  training: SubjectBuilder<'Training'>,
): void {
  const source = stoppingSettings.argumentsOf(python, call, training.locator)
  // Patience counts validations: epochs only where each epoch validates once.
  const everyEpochs = python.argument(trainer, 'check_val_every_n_epoch')
  const every = mayBePassed(everyEpochs) ? numberArgument(everyEpochs) : 1
  const ownRhythm = mayBePassed(python.argument(trainer, 'val_check_interval')) || every === null
  stoppingSettings.claim(training, source, {}, ['stopMetric', 'stopDirection'])
  const watched = effective(stoppingSettings.read('stopMetric', source).value)
  if (watched !== undefined && /^(train|training)[_/]/i.test(watched))
    training.known('stopsByTraining', 'monitor', true, calleePlace(call))
  if (!ownRhythm) stoppingSettings.claim(training, source, {}, ['patience'])
  if (!ownRhythm && every > 1)
    training.known('validatedEvery', 'check_val_every_n_epoch', every, calleePlace(trainer))
  const strict = python.argument(call, 'strict', 5)
  if (mayBePassed(strict) || fits.length === 0) return
  const logged = everythingLogged(python)
  const seen = fits.every((fit) => {
    const model = passedExpression(python.argument(fit, 'model', 0))
    return model !== null && classFacts(python, model)?.complete === true
  })
  if (logged !== null && seen && logged.length > 0 && ownModels(python, fits))
    training.known('reportedMetrics', 'self.log', logged, calleePlace(call))
}

/** The models stand in this module, where every `log` can be read. */
function ownModels(python: PythonModule, fits: Call[]): boolean {
  return fits.every((fit) => {
    const model = passedExpression(python.argument(fit, 'model', 0))
    const made = model === null ? null : python.callOf(model)
    const klass = made === null ? null : python.classOf(made.expr.callee)
    if (klass === null) return false
    return klass.node.bases.every((base) => /^lightning\./.test(python.nameOf(base.value) ?? ''))
  })
}

/** All names that the module logs; null where one of them does not fold. */
function everythingLogged(python: PythonModule): string[] | null {
  return once(python, 'everything logged', () => {
    const names = new Set<string>()
    for (const call of python.calls) {
      if (call.method !== 'log' && call.method !== 'log_dict') continue
      if (call.expr.callee.type !== 'attribute' || call.name !== null) continue
      const found = loggedNames(python, call)
      if (found.length === 0) return null
      for (const name of found) names.add(name)
    }
    return [...names]
  })
}
