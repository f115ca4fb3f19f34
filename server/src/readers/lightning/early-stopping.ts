/** What an `EarlyStopping` of Lightning watches, and whether its metric is ever logged. */

import { loggedNames } from '../../python/logged-metrics.js'
import type { Call, PythonModule } from '../../python/module.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { callbackList } from '../callback-list.js'
import { claimDirection, claimFrom, forgottenCallbacks } from '../early-stopping.js'
import { once } from '../pytorch/once.js'
import { classFacts } from './module-facts.js'

const className = 'lightning.pytorch.callbacks.EarlyStopping'
const order = ['monitor', 'min_delta', 'patience', 'verbose', 'mode']

export function readStopping(
  python: PythonModule,
  trainer: Call,
  fits: Call[],
  training: SubjectBuilder<'Training'>,
): void {
  const given = python.argument(trainer, 'callbacks')
  const list = given.state === 'given' ? callbackList(python, given.expr) : null
  const made = (list?.items ?? [])
    .map((item) => python.callOf(item))
    .filter((call): call is Call => call !== null && call.name === className)
  if (made.length === 1) readArguments(python, trainer, fits, made[0]!, training)
  if (made.length > 0 || (given.state !== 'absent' && list === null)) return
  const forgotten = forgottenCallbacks(python, className).find(
    (call) => call.function === trainer.function && call.expr.start < trainer.expr.start,
  )
  if (forgotten === undefined) return
  const gap = `\`${forgotten.assignedTo}\` is never handed to the \`Trainer\``
  training.known('stoppingGap', 'EarlyStopping', gap, calleePlace(forgotten), {
    site: callSite(trainer, `forgotten:${forgotten.assignedTo}`),
  })
}

function readArguments(
  python: PythonModule,
  trainer: Call,
  fits: Call[],
  call: Call,
  training: SubjectBuilder<'Training'>,
): void {
  const anchor = 'stopping'
  const argument = (key: string) => python.argument(call, key, order.indexOf(key))
  claimFrom(training, 'stopMetric', 'monitor', call, argument('monitor'), anchor, 'early_stop_on', (value) =>
    typeof value === 'string' ? value : undefined,
  )
  claimDirection(training, call, argument('mode'), anchor, 'lower')
  // Patience counts validations: epochs only where each epoch validates once.
  const rhythm = ['check_val_every_n_epoch', 'val_check_interval'].every(
    (key) => python.argument(trainer, key).state === 'absent',
  )
  if (rhythm) claimFrom(training, 'patience', 'patience', call, argument('patience'), anchor, 3, asNumber)
  const strict = python.argument(call, 'strict', 5)
  if (strict.state !== 'absent' || fits.length === 0) return
  const logged = everythingLogged(python)
  const seen = fits.every((fit) => {
    const model = python.argument(fit, 'model', 0)
    return model.state === 'given' && classFacts(python, model.expr)?.complete === true
  })
  if (logged !== null && seen && logged.length > 0 && ownModels(python, fits))
    training.known('reportedMetrics', 'self.log', logged, calleePlace(call))
}

/** The models stand in this module, where every `log` can be read. */
function ownModels(python: PythonModule, fits: Call[]): boolean {
  return fits.every((fit) => {
    const model = python.argument(fit, 'model', 0)
    if (model.state !== 'given') return false
    const made = python.callOf(model.expr)
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
