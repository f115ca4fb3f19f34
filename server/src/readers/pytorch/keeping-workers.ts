/** How a loader is told to keep its workers, which PyTorch refuses with an error where there are none. */
import type { Refusal } from '../../edit/write.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf, namesIn } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { configuredArgument, fixedArgument, mayBePassed, passedExpression } from '../../values/argument.js'
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
  // A file that is configured may say zero on the next day, as for debugging.
  const configured = given.type === 'subscript' || configuredArgument(workers) !== null
  if (given.type === 'constant' || !(inside || near))
    return count === undefined || configured ? unsure : { code: 'True' }
  const text = python.text.slice(given.start, given.end)
  if (processors.test(text)) return { code: 'True' }
  // What holds it here may be given another number, as a parameter is by its next caller.
  const settled = count !== undefined && given.type !== 'attribute' && !configured
  if (settled && !isPassed(python, given)) return { code: 'True' }
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

/** `loader.dataset.set_epoch(epoch)`, `loader.dataset.reshuffle()`: each worker has a copy of its own. */
const changesBetween =
  /\.dataset\.(set_|re_?shuffle|shuffle|re_?sample|update|refresh|regenerate|on_epoch|next_epoch)\w*\(/

/** Why nobody can tell that the loader would start its workers again in each epoch; null: it would. */
export function whyNotKept(python: PythonModule, call: Call): string | null {
  if (hasOneIterator(python, call)) return 'one iterator serves all epochs'
  if (isGoneOverOnce(python, call)) return 'it is gone over once'
  if (changesBetween.test(python.code))
    return 'its data set is changed between epochs, which workers that stay do not see'
  const { state } = python.argument(call, 'num_workers', positionsOf(python, call)?.workers ?? null)
  if (state === 'unknown') return 'there may be no workers'
  // They end with it, whatever it is told.
  if (call.loops.some(({ role }) => role === 'epoch') || madeForOnePass(python, call))
    return 'the loader is made in each epoch'
  if (isMadeInHeader(python, call)) return 'the loader is made for the one loop that goes over it'
  // One pass of such a sampler may be the whole run.
  if (mayBePassed(python.argument(call, 'batch_sampler', 4))) return 'its batches are drawn elsewhere'
  return hasOwnIterator(python, call) ? ownIterator : null
}

/** `for batch in DataLoader(…):`, which nothing else can go over. */
function isMadeInHeader(python: PythonModule, { expr }: Call): boolean {
  return python.loops.some(
    ({ node }) => node.type === 'for' && node.iterable.start <= expr.start && expr.end <= node.iterable.end,
  )
}

/** A loop elsewhere has it made, and goes over it there. */
function madeForOnePass(python: PythonModule, { function: func }: Call): boolean {
  if (func === null) return false
  const here = python.callSites(func) ?? []
  return (
    here.some(({ loops }) => loops.some(({ role }) => role === 'epoch')) ||
    python
      .outsideCalls(func)
      .some(({ looped, goneOverTo, eachEpoch }) => eachEpoch === true || (looped && goneOverTo === 'train'))
  )
}

/** `batches = iter(loader)` ahead of all loops, and nothing goes over the loader itself: its workers start once. */
function hasOneIterator(python: PythonModule, { assignedTo, function: func }: Call): boolean {
  if (assignedTo === null) return false
  const { calls, loops } = mentionsOf(python, assignedTo)
  return (
    loops.length === 0 &&
    calls.some(
      ({ expr: { callee, args }, function: where, loops: around }) =>
        callee.type === 'name' &&
        callee.id === 'iter' &&
        where === func &&
        around.length === 0 &&
        args[0] !== undefined &&
        namesIn(args[0].value).includes(assignedTo),
    )
  )
}

interface Mentions {
  /** Calls that are handed it, or something made of it. */
  calls: Call[]
  /** `for` loops over it, or over something made of it. */
  loops: Loop[]
}

function mentionsOf(python: PythonModule, name: string): Mentions {
  const all = once(python, 'mentions of names', () => {
    const found = new Map<string, Mentions>()
    const add = (exprs: Expr[], to: (mentions: Mentions) => void): void => {
      for (const one of new Set(exprs.flatMap(namesIn))) {
        const mentions = found.get(one) ?? { calls: [], loops: [] }
        found.set(one, mentions)
        to(mentions)
      }
    }
    for (const call of python.calls)
      add(
        call.expr.args.map(({ value }) => value),
        ({ calls }) => calls.push(call),
      )
    for (const loop of python.loops)
      if (loop.node.type === 'for') add([loop.node.iterable], ({ loops }) => loops.push(loop))
    return found
  })
  return all.get(name) ?? { calls: [], loops: [] }
}

const takesAll = /^(list|tuple|sorted)$/

/** `list(zip(first, second))`, or a loop that nothing repeats: nothing else looks at the loader than what asks for its length. */
function isGoneOverOnce(python: PythonModule, { assignedTo, expr, function: func }: Call): boolean {
  if (assignedTo === null || !/^[A-Za-z_]\w*$/.test(assignedTo)) return false
  const { calls, loops } = mentionsOf(python, assignedTo)
  let all = 0
  for (const { expr: one, function: where, loops: around } of calls) {
    if (one === expr) continue
    if (one.callee.type !== 'name') return false
    if (where !== func || around.length > 0) return false
    if (takesAll.test(one.callee.id)) all++
    else if (!wraps.test(one.callee.id)) return false
  }
  if (
    loops.some((loop) => loop.parent !== null || loop.function !== func || /^(epoch|train)$/.test(loop.role))
  )
    return false
  if (func !== null && python.isRepeated(func) && all === 0) return false
  return all > 0 ? loops.length === 0 : loops.length === 1
}

/** A loader for tests that is handed to functions outside of loops, none of which trains: one pass shows how good the result is. */
export function testsOnce(
  python: PythonModule,
  { assignedTo, expr, function: func, loops: own }: Call,
): boolean {
  if (assignedTo === null || !forTests.test(assignedTo) || own.length > 0) return false
  if (func !== null && python.isRepeated(func)) return false
  const { calls, loops } = mentionsOf(python, assignedTo)
  const users = calls.filter((one) => one.expr !== expr && !wraps.test(one.method))
  return (
    users.length + loops.length === 1 &&
    users.every(({ method, function: where, loops: around }) => {
      return where === func && around.length === 0 && !/fit|train/i.test(method)
    }) &&
    loops.every(({ parent, function: where }) => where === func && parent === null)
  )
}

const forTests = /(^|[_.])test_?(loader|dataloader|dl|data|set|iter)?$/i
const wraps = /^(len|zip|range|min|max|cycle|print|enumerate|tqdm|iter|next)$/
