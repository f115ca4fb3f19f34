/** Where the values of one step come from: names followed back through its assignments. */

import type { Call, PythonModule } from '../../python/module.js'
import { returnedLosses } from '../../python/step-calls.js'
import { isBackward } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { callsIn, type HotStatement } from './hot-code.js'
import type { Step } from './step-operations.js'

/**
 * Statements of the step itself, in order: what functions do that it calls is left out. Where it only calls one function
 * that propagates back (`self.optimize(batch)`), those of that one.
 */
export function ownStatements(python: PythonModule, { code, func }: Step): HotStatement[] {
  const own = code.statements.filter((one) => one.func === func)
  if (goesBack(python, own)) return own
  const others = [...code.followed.keys()].map((inner) => code.statements.filter((one) => one.func === inner))
  const [only, another] = others.filter((statements) => goesBack(python, statements))
  return only === undefined || another !== undefined ? own : only
}

/** Statements of each function of the step that propagates back, in order: one for each network, or the step itself. */
export function partsGoingBack(python: PythonModule, step: Step): HotStatement[][] {
  const { code, func } = step
  const parts = [func, ...code.followed.keys()].map((one) =>
    code.statements.filter((statement) => statement.func === one),
  )
  const back = parts.filter((statements) => goesBack(python, statements))
  return back.length > 0 ? back : [ownStatements(python, step)]
}

function goesBack(python: PythonModule, statements: readonly HotStatement[]): boolean {
  return statements.some(({ expressions }) =>
    expressions.some((expr) => callsIn(python, expr).some(isBackward)),
  )
}

/** The losses of the backward passes of a step, by the statement that holds each. */
export function backwardPasses(
  python: PythonModule,
  own: readonly HotStatement[],
): { at: number; loss: Expr }[] {
  const passes = own.flatMap(({ expressions }, at) =>
    expressions.flatMap((expr) =>
      callsIn(python, expr)
        .filter(isBackward)
        .flatMap((call) => {
          const loss = lossOf(call)
          return loss === null ? [] : [{ at, loss }]
        }),
    ),
  )
  if (passes.length > 0) return passes
  // What a trainer propagates back by itself: the loss that its step returns.
  const owner = own[0]?.func ?? null
  return owner === null ? [] : returnedLosses(owner).map((loss) => ({ at: own.length, loss }))
}

/** `loss` of `loss.backward()`, `scaler.scale(loss).backward()`, `accelerator.backward(loss)`. */
function lossOf({ expr }: Call): Expr | null {
  const first = expr.args.find((one) => one.name === null)?.value
  if (first?.type === 'name' || first?.type === 'binary') return first
  if (expr.callee.type !== 'attribute') return null
  const { value } = expr.callee
  return value.type === 'call' && value.callee.type === 'attribute' && value.callee.attr === 'scale'
    ? (value.args[0]?.value ?? null)
    : value
}

/** What a name was assigned last before a statement of the step; `+=` counts together with what it adds to. */
export function sourcesBefore(
  own: readonly HotStatement[],
  name: string,
  before: number,
): { at: number; value: Expr }[] {
  const found: { at: number; value: Expr }[] = []
  for (let at = before - 1; at >= 0; at--) {
    const { statement } = own[at]!
    if (statement.type === 'augassign' && textOfTarget(statement.target) === name)
      found.push({ at, value: statement.value })
    if (statement.type !== 'assign' || statement.value === null) continue
    if (!statement.targets.some((target) => targetNames(target).includes(name))) continue
    found.push({ at, value: statement.value })
    // Under a condition, what stood there before may still hold.
    const { conditional, guarded, block } = own[at]!
    if ((!conditional && !guarded) || isAmong(block, own[before]?.statement)) break
  }
  return found
}

/** It runs only where the statements of the block that stand before it have run. */
function isAmong(block: readonly Stmt[], statement: Stmt | undefined): boolean {
  const [first] = block
  const last = block.at(-1)
  if (first === undefined || last === undefined || statement === undefined) return false
  return first.start <= statement.start && statement.end <= last.end
}

export function targetNames(target: Expr): string[] {
  if (target.type === 'tuple' || target.type === 'list') return target.items.flatMap(targetNames)
  const text = textOfTarget(target)
  return text === null ? [] : [text]
}

/** `x`, `self.x`. */
export function textOfTarget(expr: Expr): string | null {
  if (expr.type === 'name') return expr.id
  if (expr.type === 'attribute' && expr.value.type === 'name' && expr.value.id === 'self')
    return `self.${expr.attr}`
  return null
}

export interface Visited {
  expr: Expr
  /** The statement of the step that holds it. */
  at: number
}

const cut = /^(detach|item|tolist|numpy|argmax|cpu_?numpy)$/

/** Everything that gradients of an expression reach, through names of the step. What is cut off is left out. */
export function reachedByGradients(own: readonly HotStatement[], from: Expr, at: number): Visited[] {
  const found: Visited[] = []
  const names = new Set<string>()
  const visit = (expr: Expr, place: number, depth: number): void => {
    if (expr.type === 'lambda' || depth > 60 || found.length > 2_000) return
    if (expr.type === 'call' && expr.callee.type === 'attribute' && cut.test(expr.callee.attr)) return
    if (expr.type === 'attribute' && expr.attr === 'data') return
    found.push({ expr, at: place })
    const name = textOfTarget(expr)
    if (name !== null) {
      if (names.has(`${name} ${place}`)) return
      names.add(`${name} ${place}`)
      for (const source of sourcesBefore(own, name, place)) visit(source.value, source.at, depth + 1)
      return
    }
    for (const child of childrenOf(expr)) visit(child, place, depth + 1)
  }
  visit(from, at, 0)
  return found
}

/** The statement is one that gradients are switched off around. */
export function withoutGradients(python: PythonModule, call: Call): boolean {
  return call.withs.some(({ items }) =>
    items.some(({ value }) =>
      /no_?grad|inference_?mode|set_grad_enabled|grad.*ctx/i.test(python.code.slice(value.start, value.end)),
    ),
  )
}
