/** Metrics that a program logs to W&B while it trains: what a sweep that starts it could stop weak runs by. */

import { reportedMetrics } from '../../python/logged-metrics.js'
import type { Call, PythonModule } from '../../python/module.js'
import { knownArgument, numberArgument, passedExpression, textArgument } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { ProgramSettings } from '../../workload/resource-kinds.js'
import { defineReader } from '../reader.js'

type Reports = ProgramSettings['reports']

export const wandbReportsReader = defineReader({
  name: 'wandb-reports',
  languages: ['python'],
  triggers: ['wandb', 'Wandb'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined || facts.fragment.index !== 0) return
    const found = [byHand(python), lightning(python), keras(python), transformers(python)].filter(
      (one) => one !== null,
    )
    if (found.length === 0) return
    const counts = found.map((one) => one.count)
    const count = counts.includes(null) ? null : Math.max(...counts.map(Number))
    const metrics = [...new Set(found.flatMap((one) => one.metrics))]
    const place = { start: 0, end: 0 }
    claims.extend('Program').known('reports', 'wandb.log', { what: 'epochs', count, metrics }, place)
  },
})

/** Loops of this program and of the modules that it imports. */
function byHand(python: PythonModule): Reports | null {
  const own = reportedMetrics(python)
  const found = [own, ...python.imported.map((module) => module.reported ?? null)].filter(
    (one) => one !== null,
  )
  if (found.length === 0) return null
  // How often a loop of another module goes round depends on what it is given.
  const count = found.length === 1 && own !== null ? own.passes : null
  return { what: 'epochs', count, metrics: found.flatMap((one) => one.names) }
}

/** `trainer.fit` with a `WandbLogger`: what the module logs under plain names, once or more for each epoch. */
function lightning(python: PythonModule): Reports | null {
  const fit = python.calls.find((one) => one.method === 'fit' && one.receiver === 'lightning.pytorch.Trainer')
  if (fit === undefined || !python.uses('lightning.pytorch.loggers.')) return null
  if (!/WandbLogger/.test(python.code) && !python.uses('lightning.pytorch.loggers.WandbLogger')) return null
  const names = [
    ...python.imported.flatMap((module) => Object.values(module.classes).flatMap((one) => one.logged ?? [])),
    ...python.calls.flatMap((call) =>
      call.function?.class != null && /^log(_dict)?$/.test(call.method) ? namesOf(python, call) : [],
    ),
  ]
  const epochs = fit.receiverCall === null ? null : numberOf(python, fit.receiverCall, 'max_epochs')
  // A test at the end comes too late.
  const metrics = names.filter((name) => !/^test/i.test(name))
  return metrics.length === 0 ? null : { what: 'epochs', count: epochs, metrics }
}

function namesOf(python: PythonModule, call: Call): string[] {
  const first = call.expr.args[0]?.value
  if (first === undefined) return []
  if (call.method === 'log_dict') return python.keysOf(first) ?? []
  const name = effective(python.fold(first))
  return typeof name === 'string' ? [name] : []
}

/** `fit(callbacks=[WandbCallback()])` logs what Keras computes for each epoch. */
function keras(python: PythonModule): Reports | null {
  const logger = python.calls.find((one) => /^Wandb(Callback|MetricsLogger)$/.test(one.method))
  if (logger === undefined || !python.uses('keras.', 'tensorflow.', 'keras', 'tensorflow')) return null
  const fit = python.calls.find(
    (one) => one.method === 'fit' && passedExpression(python.argument(one, 'epochs')) !== null,
  )
  if (fit === undefined) return null
  const names = ['val_*', 'loss', 'accuracy', 'acc', 'mae', 'mse']
  const metrics = logger.method === 'WandbCallback' ? names : names.map((one) => `epoch/${one}`)
  return { what: 'epochs', count: numberOf(python, fit, 'epochs'), metrics }
}

/** A trainer of transformers that evaluates while it trains logs `eval/…` each time. */
function transformers(python: PythonModule): Reports | null {
  const train = python.calls.find(
    (one) => one.method === 'train' && /^(transformers|trl)\.\w*Trainer$/.test(one.receiver ?? ''),
  )
  if (train === undefined) return null
  for (const call of python.calls) {
    if (!/(Arguments|Config)$/.test(call.method)) continue
    for (const key of ['eval_strategy', 'evaluation_strategy']) {
      if (!/^(epoch|steps)$/.test(textArgument(python.argument(call, key)) ?? '')) continue
      const tracker = python.argument(call, 'report_to')
      const elsewhere = passedExpression(tracker) !== null
      if (elsewhere && !/wandb|all/.test(JSON.stringify(knownArgument(tracker) ?? ''))) continue
      return { what: 'epochs', count: numberOf(python, call, 'num_train_epochs'), metrics: ['eval/*'] }
    }
  }
  return null
}

function numberOf(python: PythonModule, call: Call, key: string): number | null {
  return numberArgument(python.argument(call, key))
}
