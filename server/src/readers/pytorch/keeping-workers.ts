/** How a loader is told to keep its workers, which PyTorch refuses with an error where there are none. */
import type { Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { passedExpression } from '../../values/argument.js'

const unsure: Refusal = { reason: 'PyTorch refuses to keep workers where there may be none' }

/** The value of `persistent_workers`: `True` where there are workers for certain, else the test of their number. */
export function keepingWorkers(
  python: PythonModule,
  call: Call,
  position: number | null,
): { code: string } | Refusal {
  const given = passedExpression(python.argument(call, 'num_workers', position))
  if (given === null) return unsure
  const folded = python.argument(call, 'num_workers', position)
  const value = folded.state === 'given' ? folded.folded : python.fold(given)
  if (value.state === 'known' && !value.overridable)
    return typeof value.value === 'number' && value.value < 1 ? unsure : { code: 'True' }
  // What stands somewhere else may have another name here, or be a number that does not always hold.
  const { node } = call.function ?? {}
  const inside = call.expr.start <= given.start && given.end <= call.expr.end
  const near = node !== undefined && node.start <= given.start && given.end <= node.end
  if (given.type === 'constant' || !(inside || near)) return unsure
  const text = python.text.slice(given.start, given.end)
  return { code: /^[\w.]+$/.test(text) ? `${text} > 0` : `(${text}) > 0` }
}
