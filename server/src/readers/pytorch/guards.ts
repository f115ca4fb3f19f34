/** How often the branches of an `if` in a step run: in each step, every few steps, or as an option says. */

import type { Func, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { numberIn } from '../../values/argument.js'
import { effective } from '../../values/value.js'

/**
 * How often the body of an `if` runs: now and then, all but now and then, always, or who knows. What holds for the whole
 * loop decides for all steps alike: `surely` or `never`, `off` for an option that nobody is seen to set, `on` for its
 * opposite.
 */
export type Guard = 'rarely' | 'mostly' | 'always' | 'sometimes' | 'surely' | 'never' | 'on' | 'off'

/** How often the other branch runs. */
export const otherwise: Readonly<Record<Guard, Guard>> = {
  rarely: 'always',
  mostly: 'rarely',
  // Whoever asks for the main process has work for the others as well.
  always: 'always',
  sometimes: 'sometimes',
  surely: 'never',
  never: 'surely',
  on: 'off',
  off: 'on',
}

/** The function that holds the step, and whether each step is a call of it. */
export interface StepOwner {
  func: Func | null
  called: boolean
}

const mainProcess = /(^|_)(is_)?(main|master|rank_?zero|chief|primary|local_main)(_process)?$|^rank$|_rank$/i

/** Names that are followed one behind the other to what they stand for, which may lead back to them, more than once: `log = not log`. */
const mostNames = 2

/** `names`: those that led to the test. */
export function guardOf(analysis: PythonModule, test: Expr, owner: StepOwner, names = 0): Guard {
  const guard = structure(analysis, test, owner, names)
  return guard === 'sometimes' ? fixedGuard(analysis, test, owner) : guard
}

function structure(analysis: PythonModule, test: Expr, owner: StepOwner, names: number): Guard {
  const inside = (part: Expr): Guard => guardOf(analysis, part, owner, names)
  if (asksForAccelerator(test) || asksForAny(test) || asksForTensor(analysis, test)) return 'always'
  if (asksForNumber(test)) return 'never'
  if (test.type === 'unary' && test.op === 'not') {
    if (asksForAccelerator(test.operand)) return 'sometimes'
    const inner = inside(test.operand)
    return inner === 'rarely' ? 'mostly' : otherwise[inner]
  }
  if (test.type === 'binary') {
    if (test.op === 'and') {
      const sides = [inside(test.left), inside(test.right)]
      if (sides.includes('rarely')) return 'rarely'
      if (sides.includes('never')) return 'never'
      return sides.every((side) => /^(always|surely|on)$/.test(side)) ? 'always' : 'sometimes'
    }
    if (test.op === 'or') {
      const sides = [inside(test.left), inside(test.right)]
      if (sides.every((side) => side === 'never')) return 'never'
      // `if step % 100 == 0 or step == last`.
      return sides.includes('rarely') && !sides.includes('mostly') ? 'rarely' : 'sometimes'
    }
    // `(step + 1) % accumulation == 0` is true in each step where nothing is accumulated.
    if (test.op === '==' && rhythmOf(analysis, test) === 1) return 'always'
    // A bare remainder is true for all counts but every n-th.
    if (test.op === '%') return 'mostly'
    if (restartsCount(analysis, test) || isLastOfPass(test)) return 'rarely'
    const first = firstSteps(analysis, test)
    if (first !== null) return first
    const counted = [test.left, test.right].some(isRemainder)
    if (counted) return test.op === '!=' || test.op === '>' ? 'mostly' : 'rarely'
    if (test.op === 'is not' && isNone(test.right) && comesWithStep(analysis, test.left, owner))
      return 'always'
    if (/^(==|<=|in)$/.test(test.op) && namesMainProcess(test.left)) return 'always'
    return 'sometimes'
  }
  if (namesMainProcess(test)) return 'always'
  // `is_log_step = step % 100 == 0`
  const value = standsFor(analysis, test, names)
  if (value !== null) return guardOf(analysis, value, owner, names + 1)
  if (test.type === 'attribute' && test.attr === 'requires_grad') return 'always'
  // The mode of a network, which the training sets.
  if (test.type === 'attribute' && test.attr === 'training' && isSelf(test.value)) return 'surely'
  // `if should_log(step):`, `if time_to_evaluate:`.
  return 'sometimes'
}

/** What a name stands for; null: it is no name, or nothing is seen. */
function standsFor(analysis: PythonModule, test: Expr, names: number): Expr | null {
  if (test.type !== 'name' || names >= mostNames) return null
  const value = analysis.definition(test)
  return value === test ? null : value
}

function isSelf(expr: Expr): boolean {
  return expr.type === 'name' && expr.id === 'self'
}

/** `torch.cuda.is_available()`, `device.type == 'cuda'`: true wherever a step costs money. */
export function asksForAccelerator(test: Expr): boolean {
  if (test.type === 'binary')
    return test.op === '==' && test.right.type === 'constant' && test.right.value === 'cuda'
  return test.type === 'call' && test.args.length === 0 && lastIdentifier(test.callee) === 'is_available'
}

/** `len(metrics)`: whether there is anything, which is so in all steps or in none. */
function asksForAny(test: Expr): boolean {
  return test.type === 'call' && test.callee.type === 'name' && test.callee.id === 'len'
}

/** `isinstance(value, torch.Tensor)`, `loss.dim() == 0`, `len(loss.size()) == 0`: true of the losses of all steps. */
function asksForTensor(analysis: PythonModule, test: Expr): boolean {
  if (test.type === 'call') {
    if (test.callee.type !== 'name' || test.callee.id !== 'isinstance') return false
    const [, kind] = test.args
    return kind !== undefined && /^torch\.Tensor$/.test(analysis.nameOf(kind.value) ?? '')
  }
  if (test.type !== 'binary' || test.op !== '==' || test.right.type !== 'constant') return false
  const { left, right } = test
  if (left.type !== 'call') return right.value === 0 && left.type === 'attribute' && left.attr === 'ndim'
  const asked = lastIdentifier(left.callee)
  if (right.value === 1) return asked === 'numel'
  if (right.value !== 0 || asked !== 'len') return right.value === 0 && asked === 'dim'
  const counted = left.args[0]?.value
  // Without `len`, the size of an array is how many numbers it holds.
  return counted?.type === 'call'
    ? lastIdentifier(counted.callee) === 'size'
    : counted?.type === 'attribute' && counted.attr === 'shape'
}

/** `isinstance(value, (int, float))`: no tensor is. */
function asksForNumber(test: Expr): boolean {
  if (test.type !== 'call' || test.callee.type !== 'name' || test.callee.id !== 'isinstance') return false
  const kind = test.args[1]?.value
  const kinds = kind?.type === 'tuple' ? kind.items : kind === undefined ? [] : [kind]
  return (
    kinds.length > 0 && kinds.every((one) => one.type === 'name' && /^(int|float|bool|str)$/.test(one.id))
  )
}

/** The n of `step % n == 0`, also beside other conditions; null: it is not known. */
export function rhythmOf(analysis: PythonModule, test: Expr, names = 0): number | null {
  if (test.type === 'unary') return rhythmOf(analysis, test.operand, names)
  const value = standsFor(analysis, test, names)
  if (value !== null) return rhythmOf(analysis, value, names + 1)
  if (test.type !== 'binary') return null
  if (test.op === 'and' || test.op === 'or') {
    const sides = [test.left, test.right].map((side) => ({ side, every: rhythmOf(analysis, side, names) }))
    // What lets each step through decides nothing beside another count, which may not be known.
    const counts = ({ side, every }: { side: Expr; every: number | null }): boolean =>
      every === null ? /%/.test(analysis.code.slice(side.start, side.end)) : every > 1
    return (sides.find(counts) ?? sides.find(({ every }) => every !== null))?.every ?? null
  }
  const remainder = [test, test.left, test.right].find(isRemainder)
  const counts = restartsCount(analysis, test) ? test : remainder
  if (counts?.type !== 'binary') return null
  const every = effective(analysis.fold(counts.right))
  return typeof every === 'number' && Number.isInteger(every) && every > 0 ? every : null
}

/** `step == 0` of `for step, batch in enumerate(loader)`: the first steps, or all others. */
function firstSteps(analysis: PythonModule, test: Expr & { type: 'binary' }): Guard | null {
  if (test.left.type !== 'name' || !/^(==|!=|<=?|>=?)$/.test(test.op)) return null
  const [binding, other] = analysis.bindingsOf(test.left)
  const { value = null, kind, unpack } = binding ?? {}
  const counts =
    other === undefined &&
    kind === 'loop' &&
    unpack?.[0] === 0 &&
    value?.type === 'call' &&
    lastIdentifier(value.callee) === 'enumerate'
  const number = counts ? numberIn(analysis.fold(test.right)) : null
  if (number === null || number > fewSteps) return null
  return /^(==|<)/.test(test.op) ? 'rarely' : 'mostly'
}

/** No pass over real data is over by then. */
const fewSteps = 20

/** `if waiting == n:` where what counts up in each step begins again in the body: a remainder that is kept by hand. */
function restartsCount(analysis: PythonModule, test: Expr & { type: 'binary' }): boolean {
  const { left, op, start, end } = test
  if (!/^(==|>=)$/.test(op) || (left.type !== 'name' && left.type !== 'attribute')) return false
  const isCounter = (one: Expr | undefined): boolean =>
    one !== undefined && analysis.code.slice(one.start, one.end) === analysis.code.slice(left.start, left.end)
  const branch = analysis.statementAt(start)
  if (branch?.type !== 'if' || end > branch.test.end) return false
  const restarts = branch.body.some(
    (one) =>
      one.type === 'assign' &&
      isCounter(one.targets[0]) &&
      one.value?.type === 'constant' &&
      one.value.value === 0,
  )
  return restarts && analysis.statements.some((one) => one.type === 'augassign' && isCounter(one.target))
}

/** `step == len(loader) - 1`, `step + 1 == len(loader)`: once in each pass over the data. */
export function isLastOfPass(test: Expr): boolean {
  if (test.type !== 'binary' || test.op !== '==') return false
  const { left, right } = test
  const isLength = (one: Expr | null) =>
    one?.type === 'call' && one.callee.type === 'name' && one.callee.id === 'len'
  if (left.type === 'name') return isLength(besideOne(right, '-'))
  return besideOne(left, '+')?.type === 'name' && isLength(right)
}

/** `step` of `step + 1`; null: it is no such term. */
function besideOne(expr: Expr, op: '+' | '-'): Expr | null {
  if (expr.type !== 'binary' || expr.op !== op) return null
  return expr.right.type === 'constant' && expr.right.value === 1 ? expr.left : null
}

function isRemainder(expr: Expr): boolean {
  return expr.type === 'binary' && expr.op === '%'
}

function namesMainProcess(expr: Expr): boolean {
  if (expr.type === 'call') return expr.args.length === 0 && mainProcess.test(lastIdentifier(expr.callee))
  return mainProcess.test(lastIdentifier(expr))
}

/** The guard of a test that every step decides alike. */
function fixedGuard(analysis: PythonModule, test: Expr, owner: StepOwner): Guard {
  if (!isFixed(analysis, test, owner)) return 'sometimes'
  const decided = analysis.condition(test).byDefault
  if (decided !== null) return decided ? 'surely' : 'never'
  const option = test.type === 'name' || test.type === 'attribute'
  return option && !counts.test(lastIdentifier(test)) ? 'off' : 'sometimes'
}

/** `if not epoch:` holds once. */
const counts = /epoch|step|iter|idx|index|batch|count|round|^\w$/i
const settings = /^(self\.)?_?(args|opts?|options|cfg|config|conf|hparams|flags|settings)\.[\w.]+$/i

/** Nothing that changes from step to step decides it: options, parameters of the training, constants. */
function isFixed(analysis: PythonModule, expr: Expr, owner: StepOwner): boolean {
  if (expr.type === 'constant') return true
  if (expr.type === 'name') {
    const bindings = analysis.bindingsOf(expr)
    return (
      bindings.length > 0 &&
      bindings.every(
        (one) =>
          (one.kind === 'assign' || one.kind === 'param') &&
          one.loop === null &&
          isOutside(analysis, one.at, one.kind === 'param', owner),
      )
    )
  }
  if (expr.type === 'attribute') {
    const written = analysis.code.slice(expr.start, expr.end)
    return (
      settings.test(written) && !once(analysis, 'what is assigned', () => assigned(analysis)).has(written)
    )
  }
  if (expr.type !== 'binary' && expr.type !== 'unary') return false
  return childrenOf(expr).every((one) => isFixed(analysis, one, owner))
}

/** Whatever the module assigns to, as it is written. */
function assigned({ statements, code }: PythonModule): ReadonlySet<string> {
  const found = new Set<string>()
  for (const one of statements) {
    const targets = one.type === 'assign' ? one.targets : one.type === 'augassign' ? [one.target] : []
    for (const { start, end } of targets) found.add(code.slice(start, end))
  }
  return found
}

/** A binding that comes before the steps: of the module, or of the function around their loop. */
function isOutside(analysis: PythonModule, at: number, param: boolean, { func, called }: StepOwner): boolean {
  const around = analysis.functions.filter(({ node }) => node.start <= at && at < node.end)
  if (around.length === 0) return !param
  return !called && func !== null && around.at(-1)?.node === func.node
}

function isNone(expr: Expr): boolean {
  return expr.type === 'constant' && expr.value === null
}

/** Part of the batch, or a gradient: it is there in each step or in none. */
function comesWithStep(analysis: PythonModule, expr: Expr, owner: StepOwner, depth = 0): boolean {
  if (depth > 6) return false
  const inner = (one: Expr) => comesWithStep(analysis, one, owner, depth + 1)
  if (expr.type === 'attribute') return expr.attr === 'grad'
  if (expr.type === 'subscript') return inner(expr.value)
  if (expr.type === 'tuple' || expr.type === 'list') return expr.items.every(inner)
  if (expr.type === 'call')
    return (
      expr.callee.type === 'attribute' &&
      /^(to|cuda|float|long|half)$/.test(expr.callee.attr) &&
      inner(expr.callee.value)
    )
  if (expr.type !== 'name') return false
  const bindings = analysis.bindingsOf(expr)
  return (
    bindings.length > 0 &&
    bindings.every((one) => {
      if (one.kind === 'loop') return true
      if (one.kind === 'assign') return one.value !== null && inner(one.value)
      const taker = one.kind === 'param' ? analysis.parameterOf(one) : null
      const { func, called } = owner
      return (
        taker !== null &&
        called &&
        func?.node.params.some((param) => param.start === one.at && param.default === null) === true
      )
    })
  )
}
