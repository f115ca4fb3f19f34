/** Losses that a program keeps together with their graphs, beyond the step that propagates them back. */

import type { Call, Func, PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import { lossesReturned } from '../../python/step-calls.js'
import { isBackward } from '../../python/training-calls.js'
import type { CallExpr, Expr, Stmt } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import { callsIn, type HotCode, type HotStatement } from './hot-code.js'
import { addsWithoutGradients, dotted, isPlain, keptTerm, otherNames, partsOf } from './loss-graphs.js'
import type { Step } from './step-operations.js'
import { backwardPasses, textOfTarget } from './step-values.js'

export interface Kept {
  what: string
  /** The expression that keeps the graph: the loss that is added or appended. */
  expr: Expr
  statement: Stmt
}

interface Keeping {
  /** What keeps it: `total`, `self.losses`. */
  into: string
  expr: Expr
  what: string
  /** Added, not collected. */
  adds: boolean
}

export function keptGraphs(python: PythonModule, step: Step): Kept[] {
  const { code, loop } = step
  const found: Kept[] = []
  const owners = new Set(code.statements.map(({ func }) => func))
  for (const owner of owners) {
    const own = statementsOf(code, owner)
    const losses = lossesOf(python, code, owner)
    if (losses.size === 0) continue
    for (const { statement } of own) {
      const kept = keeps(python, statement, losses)
      if (kept === null || (kept.adds && addsWithoutGradients(python, code, statement))) continue
      if (losses.has(kept.into) || isPropagated(python, kept.into)) continue
      const outlives =
        loop !== null && owner === loop.function
          ? livesOn(python, kept.into, loop.node)
          : owner !== null && kept.into.startsWith('self.') && livesOn(python, kept.into, owner.node)
      if (outlives) found.push({ what: kept.what, expr: kept.expr, statement })
    }
  }
  return found
}

/** Of one function of a step; null: of the loop itself. */
function statementsOf(code: HotCode, owner: Func | null): readonly HotStatement[] {
  const byOwner = once(code, 'statements by function', () => {
    const all = new Map<Func | null, HotStatement[]>()
    for (const one of code.statements) {
      const own = all.get(one.func)
      if (own === undefined) all.set(one.func, [one])
      else own.push(one)
    }
    return all
  })
  return byOwner.get(owner) ?? []
}

/** What one function of a step propagates back itself. */
function lossesPropagated(python: PythonModule, code: HotCode, owner: Func | null): Expr[] {
  const found = once(code, 'losses by function', () => new Map<Func | null, Expr[]>())
  const known = found.get(owner)
  if (known !== undefined) return known
  const losses = backwardPasses(python, statementsOf(code, owner)).map(({ loss }) => loss)
  found.set(owner, losses)
  return losses
}

/** What holds a loss with its graph in one function of a step, as the code writes it: `loss`, `outputs.loss`. */
function lossesOf(python: PythonModule, code: HotCode, owner: Func | null, depth = 0): Set<string> {
  const own = statementsOf(code, owner)
  const losses = new Set<string>()
  const add = (expr: Expr) => {
    for (const term of termsOf(expr)) losses.add(term)
  }
  const passes = lossesPropagated(python, code, owner)
  for (const loss of passes) add(loss)
  if (passes.length === 0 && owner !== null && handsOnLoss(python, code, owner))
    for (const loss of lossesReturned(owner)) add(loss)
  const inner = new Map<Func, ReadonlySet<number | null>>()
  if (depth < 3)
    for (const { statement } of own) {
      if (statement.type !== 'assign' || statement.value?.type !== 'call') continue
      const func = python.functionOf(statement.value.callee)
      if (func === null || func === owner || !code.followed.has(func)) continue
      const returned = inner.get(func) ?? returnedLosses(func, lossesOf(python, code, func, depth + 1))
      inner.set(func, returned)
      for (const target of statement.targets) for (const name of targetsAt(target, returned)) losses.add(name)
    }
  const others = otherNames(python, code, own, losses)
  // What is read or detached under the same name has no graph any more.
  for (const { statement } of own)
    if (statement.type === 'assign' && statement.value !== null && isPlain(statement.value, losses))
      for (const target of statement.targets) losses.delete(dotted(target) ?? '')
  for (const name of others) losses.add(name)
  return losses
}

/** A helper whose loss is propagated back by who calls it: `loss = self._step(batch)`, `return self._shared_step(batch, 'train')`. */
function handsOnLoss(python: PythonModule, code: HotCode, helper: Func, depth = 0): boolean {
  const call = code.followed.get(helper)
  const caller = call?.function
  if (call === undefined || caller === undefined || caller === helper || depth > 2) return false
  const passes = lossesPropagated(python, code, caller).flatMap(lossTerms)
  const given =
    passes.length === 0 && caller !== null && handsOnLoss(python, code, caller, depth + 1)
      ? lossesReturned(caller)
      : passes
  const { statement } = call
  const [target] = statement.type === 'assign' && statement.value === call.expr ? statement.targets : []
  const name = dotted((target?.type === 'tuple' ? target.items[0] : target) ?? call.expr)
  return given.some((one) => one === call.expr || (name !== null && dotted(one) === name))
}

/** `loss`, and of `loss / n` and of `loss.mean()`, where several cards give one each, as well. */
function lossTerms(expr: Expr): Expr[] {
  if (expr.type === 'binary' && expr.op === '/') return lossTerms(expr.left)
  if (expr.type !== 'call' || expr.callee.type !== 'attribute') return [expr]
  return /^(mean|sum)$/.test(expr.callee.attr) ? lossTerms(expr.callee.value) : [expr]
}

/** Positions of losses in what a function returns; null: it returns one alone. */
function returnedLosses(func: Func, losses: ReadonlySet<string>): Set<number | null> {
  const isLoss = (expr: Expr) => losses.has(dotted(expr) ?? '')
  return new Set(
    returnsOf(func).flatMap((value): (number | null)[] => {
      if (value.type === 'tuple') return value.items.flatMap((one, index) => (isLoss(one) ? [index] : []))
      return isLoss(value) ? [null] : []
    }),
  )
}

function targetsAt(target: Expr, positions: ReadonlySet<number | null>): string[] {
  const names =
    target.type === 'tuple'
      ? target.items.filter((_, index) => positions.has(index))
      : positions.has(null)
        ? [target]
        : []
  return names.flatMap((one) => dotted(one) ?? [])
}

/** `loss`, and of `loss / n` and `loss.mean()` as well. */
function termsOf(expr: Expr): string[] {
  const name = dotted(expr)
  if (name !== null) return [name]
  return lossTerms(expr).flatMap((one) => (one === expr ? [] : termsOf(one)))
}

function keeps(python: PythonModule, statement: Stmt, losses: ReadonlySet<string>): Keeping | null {
  const written = ({ start, end }: Expr) => python.text.slice(start, end).replace(/\s+/g, ' ')
  if (statement.type === 'augassign' && statement.op.startsWith('+')) {
    const { target, value } = statement
    const into = holderOf(target)
    const expr = into === null ? null : keptTerm(value, losses)
    if (into === null || expr === null) return null
    return { into, expr, what: `${written(target)} += ${written(value)}`, adds: true }
  }
  if (statement.type === 'assign' && statement.value?.type === 'binary' && statement.value.op === '+') {
    const [target] = statement.targets
    const { left, right } = statement.value
    const into = target === undefined ? null : holderOf(target)
    if (target === undefined || into === null || written(left) !== written(target)) return null
    const expr = keptTerm(right, losses)
    return expr && { into, expr, what: `${written(target)} + ${written(right)}`, adds: true }
  }
  if (statement.type !== 'expr' || statement.value.type !== 'call') return null
  return (
    appended(python, statement.value, losses, written) ??
    handedToKeeper(python, statement.value, losses, written)
  )
}

/** `losses.append(loss)`, `self.history['loss'].append(loss)`, `self.outputs.append({'loss': loss, 'acc': acc})`. */
function appended(
  python: PythonModule,
  { callee, args }: CallExpr,
  losses: ReadonlySet<string>,
  written: (expr: Expr) => string,
): Keeping | null {
  if (callee.type !== 'attribute' || callee.attr !== 'append') return null
  const into = holderOf(callee.value)
  const only = args[0]?.value
  if (into === null || only === undefined) return null
  const made = keptTerm(only, losses) === null ? python.definition(only) : only
  const expr = partsOf(made).flatMap((part) => keptTerm(part, losses) ?? [])[0]
  if (expr === undefined) return null
  const whole = written(only)
  const shown = whole.length <= longest ? whole : `… ${written(expr)} …`
  return { into, expr, what: `${written(callee.value)}.append(${shown})`, adds: false }
}

/** Longer expressions are shown by the loss in them. */
const longest = 60

/** `meter.update(loss, n)`: a method of an object that keeps what it is given. */
function handedToKeeper(
  python: PythonModule,
  { callee, args }: CallExpr,
  losses: ReadonlySet<string>,
  written: (expr: Expr) => string,
): Keeping | null {
  if (callee.type !== 'attribute') return null
  const into = holderOf(callee.value)
  if (into === null) return null
  for (const { name, position } of python.keptArguments(callee)) {
    const given = args.find((one, index) => one.name === name || (one.name === null && index === position))
    const expr = given === undefined || given.star > 0 ? null : keptTerm(given.value, losses)
    if (expr !== null) return { into, expr, what: `${written(callee)}(${written(expr)})`, adds: false }
  }
  return null
}

/** `total`, `self.total`, and `sums` of `sums['loss']`. */
function holderOf(expr: Expr): string | null {
  return textOfTarget(expr.type === 'subscript' ? expr.value : expr)
}

/** It is made before the loop and not made anew inside it. */
function livesOn(python: PythonModule, name: string, { start, end }: Span): boolean {
  const text = python.code.slice(start, end)
  const word = escaped(name)
  return (
    !new RegExp(`(^|[\\n;])[ \\t]*${word}[ \\t]*(:[^=\\n]*)?=[^=]`).test(text) ||
    new RegExp(`${word}\\s*=\\s*${word}\\s*\\+`).test(text)
  )
}

function backwardCalls(python: PythonModule): Call[] {
  return once(python, 'backward passes', () => python.calls.filter(isBackward))
}

/** The sum or the list goes into a backward pass of its own, by itself or as `torch.stack(losses)`. */
function isPropagated(python: PythonModule, name: string): boolean {
  const passes = backwardCalls(python).map(({ expr: { start, end } }) => python.code.slice(start, end))
  const isPassed = (one: string): boolean => {
    const word = new RegExp(`(?<![\\w.])${escaped(one)}\\b`)
    return passes.some((code) => word.test(code))
  }
  const own = new RegExp(`(?<![\\w.])${escaped(name)}\\b`)
  return (
    isPassed(name) ||
    python.calls.some(
      ({ method, assignedTo, expr: { args } }) =>
        assignedTo !== null &&
        /^(stack|cat|sum)$/.test(method) &&
        args.some(({ start, end }) => own.test(python.code.slice(start, end))) &&
        isPassed(assignedTo),
    )
  )
}

/** `loss.backward(retain_graph=True)` where nothing goes back through the same graph again. */
export function needlessRetention(python: PythonModule, { code }: Step): { call: Call; value: Expr } | null {
  const backward: Call[] = []
  for (const { expressions } of code.statements)
    for (const expr of expressions)
      for (const call of callsIn(python, expr)) {
        if (isBackward(call)) backward.push(call)
        if (call.name === 'torch.autograd.grad') return null
      }
  const [only] = backward
  if (only === undefined || backward.length > 1) return null
  // A second pass may start outside of the step.
  if (backwardCalls(python).some((call) => call !== only && call.function === only.function)) return null
  const given = only.expr.args.find((one) => one.name === 'retain_graph')
  if (given === undefined || given.value.type !== 'constant' || given.value.value !== true) return null
  if (code.statements.some(({ statement }) => carriesOn(statement))) return null
  const nested =
    only.loops.length > 0 && code.statements.some(({ statement }) => isLoopAround(statement, only))
  return nested ? null : { call: only, value: given.value }
}

/** `output, state = model(x, state)`: the next step goes back through this one. */
function carriesOn(statement: Stmt): boolean {
  if (statement.type !== 'assign' || statement.value?.type !== 'call') return false
  const names = statement.targets.flatMap(namesIn)
  return (
    statement.value.args.length > 1 &&
    statement.value.args.some(({ value }) => namesIn(value).some((name) => names.includes(name)))
  )
}

function namesIn(expr: Expr): string[] {
  if (expr.type === 'name') return [expr.id]
  return expr.type === 'tuple' || expr.type === 'list' ? expr.items.flatMap(namesIn) : []
}

function isLoopAround(statement: Stmt, call: Call): boolean {
  return (
    (statement.type === 'for' || statement.type === 'while') &&
    statement.start <= call.expr.start &&
    call.expr.end <= statement.end
  )
}

function escaped(name: string): string {
  return name.replaceAll('.', '\\.')
}
