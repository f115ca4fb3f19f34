/** Loaders beside that of a training which each epoch goes through as well: what is changed for one is changed for all. */
import type { Call, PythonModule } from '../../python/module.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { positionsOf } from './loader-arguments.js'

/** Those that have as many workers, and no word on `key`. */
export function siblingLoaders(python: PythonModule, call: Call, key: string): Call[] {
  const workers = workersOf(python, call)
  if (workers === null || call.name === null) return []
  return python
    .callsTo(call.name)
    .filter(
      (other) =>
        other !== call &&
        workersOf(python, other) === workers &&
        !mayBePassed(python.argument(other, key)) &&
        (isHook(call, other) ||
          (other.function === call.function &&
            other.assignedTo !== null &&
            isForEachEpoch(python, other.assignedTo))),
    )
}

/** `train_dataloader` and `val_dataloader` of one module. */
function isHook(call: Call, other: Call): boolean {
  const [one, another] = [call.function, other.function]
  return (
    one?.name === 'train_dataloader' &&
    another?.name === 'val_dataloader' &&
    one.class !== null &&
    one.class === another.class
  )
}

function workersOf(python: PythonModule, call: Call): string | null {
  const positions = positionsOf(python, call)
  if (positions === undefined) return null
  const given = passedExpression(python.argument(call, 'num_workers', positions.workers))
  return given === null ? null : python.text.slice(given.start, given.end)
}

const validation = /(^|_)(val|valid|validation|dev|eval)(_|$)/i

/** A loop over epochs names it, or its own name says that it validates. */
function isForEachEpoch(python: PythonModule, name: string): boolean {
  if (validation.test(name)) return true
  const mention = new RegExp(`(?<![\\w.])${name}\\b`)
  return python.loops.some(
    ({ role, node: { start, end } }) => role === 'epoch' && mention.test(python.code.slice(start, end)),
  )
}
