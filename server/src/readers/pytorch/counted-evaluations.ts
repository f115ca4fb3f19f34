/**
 * Evaluations every few steps on a number of batches that is written down, so that what they compute can be held against the
 * steps between them: `for _ in range(eval_iters): …` behind `if step % eval_interval == 0`.
 */
import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import { numberIn, passedExpression } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { isModelCall } from './forward-block.js'
import { callsIn, type HotStatement } from './hot-code.js'
import type { Step } from './step-operations.js'

export interface CountedEvaluation {
  what: string
  at: Span
  every: number
  /** Batches that go forward in one evaluation, and forward and back between two of them. */
  batches: { evaluated: number; trained: number }
}

/** Null: there is none, or a number in it is not known. */
export function countedEvaluation(python: PythonModule, { code, loop }: Step): CountedEvaluation | null {
  if (loop === null) return null
  const each = batchesOfStep(loop, code.statements)
  if (each === null) return null
  // The call in the loop itself tells more than what it comes to.
  const here = code.statements.filter(({ func }) => func === loop.function)
  for (const hot of [...here, ...code.statements]) {
    const { every, guarded, conditional, exceptional, accumulated } = hot
    if (every === undefined || !guarded || conditional || exceptional || accumulated === true) continue
    const first = evaluationsIn(python, hot)[0]
    if (first === undefined) continue
    // What stands beside it under the same condition belongs to it: first the one split, then the other.
    const all = code.statements
      .filter((one) => one.block === hot.block && one.every === every)
      .flatMap((one) => evaluationsIn(python, one))
    const evaluated = all.reduce((sum, one) => sum + one.batches, 0)
    const { call } = first
    const what = `${call.name ?? call.method}()`
    return { what, at: calleePlace(call), every, batches: { evaluated, trained: every * each } }
  }
  return null
}

function evaluationsIn(
  python: PythonModule,
  { expressions }: HotStatement,
): { call: Call; batches: number }[] {
  return expressions
    .flatMap((expr) => callsIn(python, expr))
    .flatMap((call) => {
      const func = python.functionOf(call.expr.callee)
      const batches = func === null ? null : batchesOf(python, func, call, new Set())
      return batches === null || batches === 0 ? [] : [{ call, batches }]
    })
}

/** A text that shows how far it is takes a pass for each of its words, and none of them is a batch. */
const writes = /(^|_)(generat|sampl|decod|translat|caption|complet|predict_next|rollout|play|chat)/i
const nextWords = new Set(['torch.multinomial', 'torch.cat', 'torch.hstack'])

/** Functions that call each other. */
const deepest = 3

/** Batches that a call takes forward and none of them back; null: not known, or it trains. */
function batchesOf(python: PythonModule, func: Func, call: Call, active: Set<Func>): number | null {
  if (active.has(func) || active.size > deepest) return null
  const levels = once(python, 'batches of calls', () => new Map<number, Map<Call, number | null>>())
  const counted = levels.get(active.size) ?? new Map<Call, number | null>()
  levels.set(active.size, counted)
  if (!counted.has(call)) counted.set(call, batchesNow(python, func, call, active))
  return counted.get(call)!
}

function batchesNow(python: PythonModule, func: Func, call: Call, active: Set<Func>): number | null {
  if (python.effectsOfFunction(func).backward) return null
  if (writes.test(func.name)) return 0
  const inside = new Set([...active, func])
  const loops = python.loops.filter((one) => one.function === func && one.parent === null)
  const direct = func.calls.filter((one) => one.loops.length === 0)
  return sum([
    ...loops.map((one) => batchesIn(python, one, call, inside)),
    ...direct.map((one) => {
      const called = python.functionOf(one.expr.callee)
      return called === null ? 0 : batchesOf(python, called, one, inside)
    }),
  ])
}

function batchesIn(python: PythonModule, loop: Loop, call: Call, active: Set<Func>): number | null {
  const own = loop.calls.filter((one) => one.loops.at(-1) === loop)
  if (own.some(({ name }) => name !== null && nextWords.has(name))) return 0
  const counted = sum([
    ...loop.inner.map((one) => batchesIn(python, one, call, active)),
    ...own.map((one) => {
      const called = python.functionOf(one.expr.callee)
      return called === null ? 0 : batchesOf(python, called, one, active)
    }),
  ])
  // A function that takes the network and one batch holds no loop.
  const single = own.some((one) => isModelCall(python, one.expr)) ? 1 : 0
  const each = counted === null || counted > 0 ? counted : single
  if (each === 0) return 0
  const trips = loop.hasBreak
    ? breakBound(python, loop, call)
    : (numberIn(loop.trips) ?? writtenOut(python, loop))
  return each === null || trips === null ? null : each * trips
}

/** `for name, data in [('train', train), ('val', val)]`, whatever they are. */
function writtenOut(python: PythonModule, { node }: Loop): number | null {
  const list = node.type === 'for' ? python.definition(node.iterable) : null
  if (list?.type !== 'list' && list?.type !== 'tuple') return null
  return list.items.some(({ type }) => type === 'starred') ? null : list.items.length
}

function sum(counts: readonly (number | null)[]): number | null {
  return counts.reduce((all, one) => (all === null || one === null ? null : all + one), 0)
}

/** `for i, batch in enumerate(loader): if i >= n: break`, where `n` is known or what the call passes. */
function breakBound(python: PythonModule, { node, function: func }: Loop, call: Call): number | null {
  for (const one of node.body) {
    if (one.type !== 'if' || ![...one.body, ...one.orelse].some(isBreak) || one.test.type !== 'binary')
      continue
    if (!/^(==|[<>]=?)$/.test(one.test.op)) continue
    const { right } = one.test
    const known = numberIn(python.fold(right)) ?? numberIn(foldedArgument(python, func, right, call))
    if (known !== null) return known
  }
  return null
}

const isBreak = ({ type }: Stmt): boolean => type === 'break'

/** What a call passes for a parameter, which may be made smaller where there are fewer batches. */
function foldedArgument(python: PythonModule, func: Func | null, expr: Expr, call: Call) {
  if (func === null || expr.type !== 'name') return null
  const at = func.node.params.findIndex(({ name }) => name === expr.id)
  const bound = func.class !== null && call.expr.callee.type === 'attribute' ? 1 : 0
  const given = at < 0 ? null : passedExpression(python.argument(call, expr.id, at - bound))
  return given === null ? null : python.fold(given)
}

/** Batches that a step takes forward and back: those of a loop inside of it; null: gradients of some number are summed. */
function batchesOfStep(loop: Loop, statements: readonly HotStatement[]): number | null {
  if (statements.some(({ accumulated }) => accumulated === true)) return null
  const inner = loop.inner.find(({ effects }) => effects.backward)
  return inner === undefined ? 1 : numberIn(inner.trips)
}
