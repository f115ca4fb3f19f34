/** Calls that a training loop makes in each step, and which of their arguments lie on the accelerator. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Span } from '../text/location.js'
import type { Analysis } from './analysis.js'
import type { Call, Func } from './module.js'
import { bindingsOf } from './names.js'
import { returnsOf } from './returns.js'
import { isBackward, lastIdentifier } from './training-calls.js'

const deepest = 2

/** Code that runs in each step: a training loop, or a function that it calls. */
interface StepCode extends Span {
  calls: readonly Call[]
  /** Losses that are propagated back elsewhere. */
  returned?: readonly Expr[]
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
  const reached =
    isStepOfTrainer(func) ||
    (analysis.callSites(func) ?? []).some(
      (site) => site.function !== func && stepAround(analysis, site, depth + 1) !== null,
    )
  return reached
    ? { calls: func.calls, start: func.node.start, end: func.node.end, returned: returnedLosses(func) }
    : null
}

/** A method that the trainer of a library calls for each batch; it propagates back what the method returns. */
function isStepOfTrainer({ name, class: klass }: Func): boolean {
  return klass !== null && klass.node.bases.length > 0 && /^(training_step|compute_loss)$/.test(name)
}

/** The losses that a step hands to its trainer. */
export function returnedLosses(func: Func): Expr[] {
  return /^(training_step|compute_loss)$/.test(func.name) ? lossesReturned(func) : []
}

/** What a step or its helper gives as the loss: `return loss`, `return loss, outputs`, `return {'loss': loss}`. */
export function lossesReturned(func: Func): Expr[] {
  return returnsOf(func).flatMap((value) => {
    if (value.type === 'conditional')
      return [value.otherwise, ...(value.then.type === 'tuple' ? value.then.items.slice(0, 1) : [])]
    if (value.type === 'tuple') return value.items.slice(0, 1)
    if (value.type !== 'dict') return [value]
    return value.entries.flatMap(({ key, value: loss }) =>
      key?.type === 'constant' && key.value === 'loss' ? [loss] : [],
    )
  })
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
    } else if (expr.type === 'subscript' && expr.value.type === 'name') {
      // `losses['total'].backward()`, `batch['loss'].backward()`.
      found.add(expr.value.id)
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
  for (const loss of code.returned ?? []) visitLoss(loss)
  return found
}

/** `pred` of `pred = torch.sigmoid(output[:, -1])`, where `output` lies on the accelerator. */
export function isDerived(analysis: Analysis, expr: Expr, names: ReadonlySet<string>, depth = 0): boolean {
  if (expr.type === 'name') {
    if (names.has(expr.id)) return true
    if (depth > 4) return false
    const values = bindingsOf(analysis, expr.id, expr.start).map(({ kind, unpack, value }) =>
      kind === 'assign' && unpack === null ? value : null,
    )
    return (
      values.length > 0 &&
      values.every((value) => value !== null && isDerived(analysis, value, names, depth + 1))
    )
  }
  if (expr.type === 'subscript') return isDerived(analysis, expr.value, names, depth)
  if (expr.type === 'binary')
    return [expr.left, expr.right].some((side) => isDerived(analysis, side, names, depth))
  if (expr.type !== 'call') return false
  const { callee, args } = expr
  if (analysis.nameOf(callee)?.startsWith('torch.') === true)
    return args.some(({ value }) => isDerived(analysis, value, names, depth))
  return (
    callee.type === 'attribute' &&
    keepsOnDevice.test(callee.attr) &&
    isDerived(analysis, callee.value, names, depth)
  )
}

const keepsOnDevice =
  /^(detach|clone|float|double|half|long|int|bool|argmax|argmin|softmax|log_softmax|sigmoid|tanh|view|reshape|flatten|squeeze|unsqueeze|transpose|permute|contiguous|mean|sum|max|min|round|exp|log|eq|gt|lt|ge|le|ne)$/

/** A name that the step binds to what a call returns or a batch holds: no counter, no option. */
function isMadeInStep(analysis: Analysis, expr: Expr, { start, end }: Span): expr is Expr & { type: 'name' } {
  if (expr.type !== 'name') return false
  return bindingsOf(analysis, expr.id, expr.start).some(
    ({ at, kind, value }) =>
      start <= at && at < end && kind === 'assign' && (value?.type === 'call' || value?.type === 'tuple'),
  )
}
