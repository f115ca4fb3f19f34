/** How a loader is told to keep its workers, which PyTorch refuses with an error where there are none. */
import type { Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { fixedArgument, passedExpression } from '../../values/argument.js'

const unsure: Refusal = { reason: 'PyTorch refuses to keep workers where there may be none' }

/** The value of `persistent_workers`: `True` where there are workers for certain, else the test of their number. */
export function keepingWorkers(
  python: PythonModule,
  call: Call,
  position: number | null,
): { code: string } | Refusal {
  const workers = python.argument(call, 'num_workers', position)
  const given = passedExpression(workers)
  if (given === null) return unsure
  const count = fixedArgument(workers)
  if (count !== undefined) return typeof count === 'number' && count < 1 ? unsure : { code: 'True' }
  // What stands somewhere else may have another name here, or be a number that does not always hold.
  const { node } = call.function ?? {}
  const inside = call.expr.start <= given.start && given.end <= call.expr.end
  const near = node !== undefined && node.start <= given.start && given.end <= node.end
  if (given.type === 'constant' || !(inside || near)) return unsure
  const text = python.text.slice(given.start, given.end)
  return { code: /^[\w.]+$/.test(text) ? `${text} > 0` : `(${text}) > 0` }
}
