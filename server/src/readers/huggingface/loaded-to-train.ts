/** Models that a notebook or a script loads once it has trained, to try out what it has saved. */
import type { Call, PythonModule } from '../../python/module.js'
import { textArgument } from '../../values/argument.js'

/** `trainer.train()`, `fit(model)`, `train_model(…)`. */
const trains = /(^|_)(train|fit|finetune|fine_tune|learn)(_|$)/i

/** Those that may be trained: what is loaded behind the last training of the program is not. */
export function loadedToTrain<T>(python: PythonModule, loads: T[], callOf: (one: T) => Call): T[] {
  if (loads.length < 2) return loads
  // A method that predicts loads what another one has trained.
  const trained = loads.filter((one) => {
    const { function: func } = callOf(one)
    return func !== null && python.effectsOfFunction(func).trains
  })
  if (trained.length > 0 && trained.length < loads.length) return loadedToTrain(python, trained, callOf)
  // Adapters are merged into what is loaded there, or it is converted.
  const others = loads.filter((one) => textArgument(python.argument(callOf(one), 'device_map')) !== 'cpu')
  const all = others.length === 0 ? loads : others
  const ends = [
    ...python.calls.flatMap(({ method, function: func, expr }) =>
      func === null && trains.test(method) ? [expr.end] : [],
    ),
    ...python.loops.flatMap(({ role, function: func, node }) =>
      func === null && /^(train|epoch)$/.test(role ?? '') ? [node.end] : [],
    ),
  ]
  if (ends.length === 0) return all
  const last = Math.max(...ends)
  const before = all.filter((one) => callOf(one).function !== null || callOf(one).expr.start < last)
  return before.length === 0 ? all : before
}
