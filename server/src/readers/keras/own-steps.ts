/** What a program does itself that Keras would do: arithmetic with tensors, steps, metrics. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { knownArgument } from '../../values/argument.js'

const operations =
  /^(tensorflow\.(?!GradientTape|function$|data\.|config\.|keras\.|summary\.|print$|distribute\.|train\.|io\.|debugging\.|shape$|device$|range$)|keras\.(ops|backend)\.|numpy\.)/

/** Its own code computes with tensors that go into layers or come out of them. */
export function computesByItself(python: PythonModule): boolean {
  return once(python, 'keras own arithmetic', () => {
    const within = new Set<Func | null>()
    for (const call of python.calls) {
      if (call.name === 'tensorflow.GradientTape') within.add(call.function)
      if (call.name !== 'keras.layers.Lambda') continue
      for (const { value } of call.expr.args) {
        const func = python.functionOf(value)
        if (func !== null) within.add(func)
      }
    }
    return python.calls.some((call) => {
      const computes = operations.test(call.name ?? '') || call.method === 'assign'
      if (!computes) return false
      if (call.function !== null && isOfNetwork(call.function)) return true
      return within.has(call.function) && (call.function !== null || call.loops.length > 0)
    })
  })
}

function isOfNetwork(func: Func): boolean {
  return (
    func.class?.bases.some((base) => /^keras\.(\w+\.)*(Model|Layer|\w*Conv\w*|Dense)$/.test(base)) === true
  )
}

/** The functions that Keras runs for each batch, and what they call in this module. */
function stepFunctions(python: PythonModule): Set<Func> {
  const found = new Set(
    python.functions.filter(
      (func) => /^(train|test)_step$/.test(func.name) || (func.name === 'call' && isOfNetwork(func)),
    ),
  )
  for (const func of found)
    for (const call of func.calls) {
      // `self.buffer.sample()`: whose method it is does not matter where the name is that of one function only.
      const named = python.functions.filter(({ name }) => name === call.method)
      if (named.length === 1) found.add(named[0]!)
    }
  return found
}

/** A step draws random numbers in Python, reads tensors, or keeps them in a list: compiled, it would do so once. */
export function needsPython(python: PythonModule): boolean {
  return once(python, 'keras steps in Python', () =>
    [...stepFunctions(python)].some((func) => func.calls.some(isPython)),
  )
}

/** It has steps of its own, whose effects on Python nobody can rule out. */
export function hasOwnSteps(python: PythonModule): boolean {
  return stepFunctions(python).size > 0
}

function isPython({ name, method, expr }: Call): boolean {
  if (/^(numpy\.)?random\./.test(name ?? '')) return true
  if (method === 'numpy') return expr.args.length === 0 && expr.callee.type === 'attribute'
  const { callee } = expr
  return (
    /^(append|extend|pop|popleft|appendleft)$/.test(method) &&
    callee.type === 'attribute' &&
    callee.value.type === 'attribute' &&
    callee.value.value.type === 'name' &&
    callee.value.value.id === 'self'
  )
}

/** The loss of validation by the name that callbacks know; null where a `test_step` returns none. */
export function validatedLoss(python: PythonModule): string | null {
  const steps = python.functions.filter((func) => func.name === 'test_step' && isOfNetwork(func))
  if (steps.length === 0) return 'val_loss'
  const names = steps.flatMap((func) => returnsOf(func).flatMap((value) => metricNames(python, func, value)))
  if (names.includes(null)) return 'val_loss'
  const loss = ['loss', 'total_loss'].find((name) => names.includes(name))
  return loss === undefined ? null : `val_${loss}`
}

/** Null: it cannot be read. */
function metricNames(python: PythonModule, func: Func, value: Expr): (string | null)[] {
  if (value.type === 'dict')
    return value.entries.map(({ key }) =>
      key?.type === 'constant' && typeof key.value === 'string' ? key.value : null,
    )
  if (value.type !== 'comprehension') return [null]
  const over = value.clauses[0]?.iterable
  const own = python.functions.some((one) => one.class === func.class && one.name === 'metrics')
  const made = python.calls.filter(
    (call) => call.function?.class === func.class && /^keras\.metrics\.\w+$/.test(call.name ?? ''),
  )
  const names = made.map((call) => {
    const name = knownArgument(python.argument(call, 'name'))
    return typeof name === 'string' ? name : null
  })
  if (!own || names.length === 0) return [null]
  // A part of the metrics: the loss is left out of it, or whoever wrote this would not have had to pick.
  if (over?.type === 'subscript') return names.filter((name) => name !== null && !/loss/.test(name))
  return names
}
