/** Calls that a training loop makes in each step, and which of their arguments lie on the accelerator. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Span } from '../text/location.js'
import type { Analysis } from './analysis.js'
import { isBackward, lastIdentifier } from './effects.js'
import type { Call } from './module.js'
import { bindingsOf } from './names.js'

const deepest = 2

/** Code that runs in each step: a training loop, or a function that it calls. */
interface StepCode extends Span {
  calls: readonly Call[]
}

/** The code around a call, where each step of a training loop of this module reaches the call. */
function stepAround(analysis: Analysis, call: Call, depth = 0): StepCode | null {
  const loop = call.loops.find(({ role }) => role === 'train')
  if (loop !== undefined) {
    const { calls, node } = loop
    return isAlwaysReached(node.body, call.statement) ? { calls, start: node.start, end: node.end } : null
  }
  const { function: func } = call
  if (func === null || depth >= deepest || !isAlwaysReached(func.node.body, call.statement)) return null
  const reached = (analysis.callSites(func) ?? []).some(
    (site) => site.function !== func && stepAround(analysis, site, depth + 1) !== null,
  )
  return reached ? { calls: func.calls, start: func.node.start, end: func.node.end } : null
}

/** For a call in each step: the names that lie on the accelerator there. Null: it is in no step, or not in each. */
export function stepOf(analysis: Analysis, call: Call): ReadonlySet<string> | null {
  const around = stepAround(analysis, call)
  return around === null ? null : deviceNames(analysis, around)
}

/** Each pass through a block reaches the statement. */
function isAlwaysReached(block: readonly Stmt[], wanted: Stmt): boolean {
  const around = block.find(({ start, end }) => start <= wanted.start && wanted.end <= end)
  if (around === undefined || around === wanted) return around === wanted
  if (around.type === 'try') return [around.body, around.finally].some((one) => isAlwaysReached(one, wanted))
  if (around.type !== 'with' && around.type !== 'for') return false
  return blocksOf(around).some((inner) => isAlwaysReached(inner, wanted))
}

/** Names of a step whose values lie on the accelerator: its losses, and what the calls that return these are given. */
function deviceNames(analysis: Analysis, code: StepCode): ReadonlySet<string> {
  const found = new Set<string>()
  const visitLoss = (expr: Expr, depth = 0): void => {
    if (depth > 6) return
    if (expr.type === 'binary') for (const side of [expr.left, expr.right]) visitLoss(side, depth + 1)
    else if (expr.type === 'call') {
      if (lastIdentifier(expr.callee) === 'scale')
        for (const { value } of expr.args) visitLoss(value, depth + 1)
      for (const { value } of expr.args) if (isMadeInStep(analysis, value, code)) found.add(value.id)
    } else if (expr.type === 'name' && !found.has(expr.id)) {
      const bindings = bindingsOf(analysis, expr.id, expr.start)
      if (depth === 0 || bindings.some(({ value }) => value?.type === 'call')) found.add(expr.id)
      for (const { value, kind, unpack } of bindings)
        if (kind === 'assign' && unpack === null && value !== null) visitLoss(value, depth + 1)
    }
  }
  for (const call of code.calls) {
    if (!isBackward(call)) continue
    const { callee, args } = call.expr
    const first = args.find(({ name }) => name === null)?.value
    const loss = first ?? (callee.type === 'attribute' ? callee.value : null)
    if (loss !== null) visitLoss(loss)
  }
  return found
}

/** A name that the step binds to what a call returns or a batch holds: no counter, no option. */
function isMadeInStep(analysis: Analysis, expr: Expr, { start, end }: Span): expr is Expr & { type: 'name' } {
  if (expr.type !== 'name') return false
  return bindingsOf(analysis, expr.id, expr.start).some(
    ({ at, kind, value }) =>
      start <= at && at < end && kind === 'assign' && (value?.type === 'call' || value?.type === 'tuple'),
  )
}
