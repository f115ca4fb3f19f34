/** How a loader is told to keep its workers, which PyTorch refuses with an error where there are none. */
import type { Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf, namesIn } from '../../syntax/python-children.js'
import { fixedArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { positionsOf } from './loader-arguments.js'

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
  // What holds it here may be given another number, as a parameter is by its next caller.
  if (count !== undefined && given.type !== 'attribute' && !isPassed(python, given)) return { code: 'True' }
  return { code: plain.test(text) ? `${text} > 0` : `(${text}) > 0` }
}

const isPassed = (python: PythonModule, expr: Expr): boolean =>
  expr.type === 'name'
    ? python.bindingsOf(expr).some(({ kind }) => kind === 'param')
    : childrenOf(expr).some((one) => isPassed(python, one))

/** There is always one. */
const processors = /^((os|multiprocessing|mp)\.(process_)?cpu_count\(\)|len\(os\.sched_getaffinity\(0\)\))$/
/** What binds closer than a comparison. */
const plain = /^[\w.]+(\[['"\w.]+\]|\([^()]*\))*$/

export const ownIterator = 'the loader has an iterator of its own'

export function hasOwnIterator(python: PythonModule, { expr }: Call): boolean {
  return python.classOf(expr.callee)?.methods.has('__iter__') === true
}

/** Why nobody can tell that the loader would start its workers again in each epoch; null: it would. */
export function whyNotKept(python: PythonModule, call: Call): string | null {
  if (hasOneIterator(python, call)) return 'one iterator serves all epochs'
  if (isGoneOverOnce(python, call)) return 'it is gone over once'
  const { state } = python.argument(call, 'num_workers', positionsOf(python, call)?.workers ?? null)
  if (state === 'unknown') return 'there may be no workers'
  // They end with it, whatever it is told.
  if (call.loops.some(({ role }) => role === 'epoch') || madeForOnePass(python, call))
    return 'the loader is made in each epoch'
  // One pass of such a sampler may be the whole run.
  if (mayBePassed(python.argument(call, 'batch_sampler', 4))) return 'its batches are drawn elsewhere'
  return hasOwnIterator(python, call) ? ownIterator : null
}

/** A loop elsewhere has it made, and goes over it there. */
function madeForOnePass(python: PythonModule, { function: func }: Call): boolean {
  return (
    func !== null &&
    python.outsideCalls(func).some(({ looped, goneOverTo }) => looped && goneOverTo === 'train')
  )
}

/** `batches = iter(loader)` ahead of all loops, and nothing goes over the loader itself: its workers start once. */
function hasOneIterator(python: PythonModule, { assignedTo, function: func }: Call): boolean {
  if (assignedTo === null) return false
  const speaks = (expr: Call['expr']['callee']): boolean => namesIn(expr).includes(assignedTo)
  const once = python.calls.some(
    ({ expr: { callee, args }, function: where, loops }) =>
      callee.type === 'name' &&
      callee.id === 'iter' &&
      where === func &&
      loops.length === 0 &&
      args[0] !== undefined &&
      speaks(args[0].value),
  )
  return once && !python.loops.some(({ node }) => node.type === 'for' && speaks(node.iterable))
}

const takesAll = /^(list|tuple|sorted)$/

/** `list(zip(first, second))`, or a loop that nothing repeats: nothing else looks at the loader than what asks for its length. */
function isGoneOverOnce(python: PythonModule, { assignedTo, expr, function: func }: Call): boolean {
  if (assignedTo === null || !/^[A-Za-z_]\w*$/.test(assignedTo)) return false
  const speaks = (one: Expr): boolean => namesIn(one).includes(assignedTo)
  let all = 0
  for (const { expr: one, function: where, loops } of python.calls) {
    if (one === expr || !one.args.some(({ value }) => speaks(value))) continue
    if (one.callee.type !== 'name') return false
    if (where !== func || loops.length > 0) return false
    if (takesAll.test(one.callee.id)) all++
    else if (!wraps.test(one.callee.id)) return false
  }
  const loops = python.loops.filter(({ node }) => node.type === 'for' && speaks(node.iterable))
  if (
    loops.some((loop) => loop.parent !== null || loop.function !== func || /^(epoch|train)$/.test(loop.role))
  )
    return false
  if (func !== null && python.isRepeated(func) && all === 0) return false
  return all > 0 ? loops.length === 0 : loops.length === 1
}

const wraps = /^(len|zip|range|min|max|cycle|print|enumerate|tqdm|iter|next)$/
