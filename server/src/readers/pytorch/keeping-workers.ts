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
  if (typeof count === 'number' && count < 1) return unsure
  // What stands somewhere else may have another name here, or be a number that does not always hold.
  const { node } = call.function ?? {}
  const inside = call.expr.start <= given.start && given.end <= call.expr.end
  const near = node !== undefined && node.start <= given.start && given.end <= node.end
  if (given.type === 'constant' || !(inside || near)) return count === undefined ? unsure : { code: 'True' }
  const text = python.text.slice(given.start, given.end)
  if (processors.test(text)) return { code: 'True' }
  // What holds it here may be given another number.
  if (count !== undefined && given.type !== 'attribute') return { code: 'True' }
  return { code: plain.test(text) ? `${text} > 0` : `(${text}) > 0` }
}

/** There is always one. */
const processors = /^((os|multiprocessing|mp)\.(process_)?cpu_count\(\)|len\(os\.sched_getaffinity\(0\)\))$/
/** What binds closer than a comparison. */
const plain = /^[\w.]+(\[['"\w.]+\]|\([^()]*\))*$/
