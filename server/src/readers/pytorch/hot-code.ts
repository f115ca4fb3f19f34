/**
 * The code that runs in each step: the body of a training loop, in order, with what its functions do. Every statement
 * comes with what keeps it from running each time.
 */

import { namesEpochs } from '../../python/epoch-names.js'
import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import { isNetworkType } from '../../python/network-types.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr, For, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, expressionsOf, forEachChild } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import { numberIn } from '../../values/argument.js'
import {
  asksForAccelerator,
  type Guard,
  guardOf,
  isLastOfPass,
  otherwise,
  rhythmOf,
  type StepOwner,
} from './guards.js'
import { epochLoopOf } from './loop-facts.js'
import { branchForAll } from './settled-tests.js'
import { shareOf } from './share-of-epoch.js'

export interface HotStatement {
  statement: Stmt
  /** The statements that it stands among. */
  block: readonly Stmt[]
  /** Expressions of the statement itself, without those of statements inside it. */
  expressions: Expr[]
  func: Func | null
  /** Reached only now and then: behind a count of steps. */
  guarded: boolean
  /** Runs with each update of the weights, for which the gradients of a few batches are summed. */
  accumulated?: true
  /** How many steps lie between two times, where a count of steps guards it by a number that is known. */
  every?: number
  /** The same as a share of an epoch: `step % (len(loader) // 10)`. */
  share?: number
  /** Reached under a condition that says nothing about how often. */
  conditional: boolean
  /** A condition that keeps it may come out differently from step to step, or from sample to sample. */
  differs?: true
  /** In a handler of an exception. */
  exceptional: boolean
  /** The loops inside of the code that it stands in, or that the call of its function stands in, the outermost first. */
  loops: readonly HotStatement[]
}

interface Where {
  func: Func | null
  guarded: boolean
  accumulated?: true
  every?: number
  share?: number
  conditional: boolean
  differs?: true
  exceptional: boolean
  loops: readonly HotStatement[]
  /** Every backward pass of the step lies in here. */
  steps: boolean
  depth: number
  owner: StepOwner
}

/** Batches to a step of the optimiser, at most: what happens once for more of them is rare. */
const fewBatches = 8
const depthLimit = 4
const statementLimit = 4_000

/** `followed`: functions of this module whose bodies are part of the step, with one call of each. */
export interface HotCode {
  statements: HotStatement[]
  followed: Map<Func, Call>
}

export function hotCode(analysis: PythonModule, body: Stmt[], func: Func | null): HotCode {
  // Several readers ask for the same code, and in the same function.
  const codes = once(analysis, 'hot code', () => new Map<Stmt[], { func: Func | null; code: HotCode }>())
  const before = codes.get(body)
  if (before !== undefined && before.func === func) return before.code
  const code = hotCodeNow(analysis, body, func)
  codes.set(body, { func, code })
  return code
}

function hotCodeNow(analysis: PythonModule, body: Stmt[], func: Func | null): HotCode {
  const result: HotCode = { statements: [], followed: new Map() }
  const owner: StepOwner = { func, called: func !== null && func.node.body === body }
  walk(
    analysis,
    body,
    {
      func,
      guarded: false,
      conditional: false,
      exceptional: false,
      loops: [],
      steps: !isForward(func),
      depth: 0,
      owner,
    },
    result,
    new Set(),
  )
  return result
}

function walk(analysis: PythonModule, block: Stmt[], where: Where, into: HotCode, active: Set<Func>): void {
  let { guarded } = where
  const holding = where.steps ? block.filter((one) => analysis.effects([one]).backward) : []
  for (const statement of block) {
    if (into.statements.length >= statementLimit) return
    if (statement.type === 'function' || statement.type === 'class') continue
    const here: Where = { ...where, guarded, steps: holding.length === 1 && holding[0] === statement }
    const expressions = expressionsOf(statement)
    for (const expr of expressions) follow(analysis, expr, here, into, active)
    const hot: HotStatement = {
      statement,
      block,
      expressions,
      func: where.func,
      guarded,
      ...(here.accumulated === true ? { accumulated: true } : {}),
      ...(guarded && here.every !== undefined ? { every: here.every } : {}),
      ...(guarded && here.share !== undefined ? { share: here.share } : {}),
      conditional: where.conditional,
      ...(where.differs === true ? { differs: true } : {}),
      exceptional: where.exceptional,
      loops: where.loops,
    }
    into.statements.push(hot)
    if (statement.type === 'if') {
      const verdict = guardOf(analysis, statement.test, where.owner)
      // `if phase == 'train':` around the backward pass holds wherever a step is taken, and so does the other branch of `if is_empty(batch):`.
      const stepsIn = (block: Stmt[], other: Stmt[]) =>
        here.steps && analysis.effects(block).backward && !analysis.effects(other).backward
      const steps = /^(sometimes|off|never)$/.test(verdict) && stepsIn(statement.body, statement.orelse)
      const stepsElse = verdict === 'sometimes' && stepsIn(statement.orelse, statement.body)
      const every = verdict === 'rarely' ? rhythmOf(analysis, statement.test) : null
      const share = verdict === 'rarely' && every === null ? shareOf(analysis, statement.test) : null
      // Where weights are updated after a few batches, that is the step.
      const updates =
        verdict === 'rarely' &&
        (every ?? 1) <= fewBatches &&
        !isLastOfPass(statement.test) &&
        analysis.effects(statement.body).optimizerStep &&
        !analysis.effects(statement.orelse).optimizerStep
      const branch = verdict === 'sometimes' ? branchForAll(analysis, statement.test) : null
      const inside: Where = updates
        ? { ...here, accumulated: true }
        : steps
          ? here
          : under(here, verdict, branch === 'body' || branch === 'either')
      const rhythm = { ...(every === null ? {} : { every }), ...(share === null ? {} : { share }) }
      walk(analysis, statement.body, updates ? inside : { ...inside, ...rhythm }, into, active)
      walk(
        analysis,
        statement.orelse,
        stepsElse
          ? here
          : under(
              here,
              asksForAccelerator(statement.test) ? 'sometimes' : otherwise[verdict],
              branch === 'orelse' || branch === 'either',
            ),
        into,
        active,
      )
      // `if step % 10: continue` guards all that follows.
      if (verdict === 'mostly' && leaves(statement.body)) guarded = true
    } else if (statement.type === 'try') {
      walk(analysis, statement.body, here, into, active)
      for (const handler of statement.handlers)
        walk(analysis, handler.body, { ...here, exceptional: true }, into, active)
      walk(analysis, statement.orelse, here, into, active)
      walk(analysis, statement.finally, here, into, active)
    } else if (statement.type === 'for' || statement.type === 'while') {
      // An evaluation inside the loop is no part of the step.
      const loop = analysis.loops.find((one) => one.node === statement)
      if (loop?.role !== 'evaluate')
        walk(analysis, statement.body, { ...here, loops: [...where.loops, hot] }, into, active)
    } else if (statement.type === 'match') {
      for (const one of statement.cases)
        walk(analysis, one.body, { ...here, conditional: true, differs: true }, into, active)
    } else for (const inner of blocksOf(statement)) walk(analysis, inner, here, into, active)
  }
}

/** @param forAll the test comes out this way for all steps */
function under(where: Where, verdict: Guard, forAll = false): Where {
  if (verdict === 'rarely') return { ...where, guarded: true }
  if (verdict === 'sometimes' || verdict === 'off' || verdict === 'never')
    return { ...where, conditional: true, ...(forAll ? {} : { differs: true }) }
  return where
}

function follow(analysis: PythonModule, expr: Expr, where: Where, into: HotCode, active: Set<Func>): void {
  if (expr.type === 'lambda' || expr.type === 'name' || expr.type === 'constant') return
  forEachChild(expr, (child) => follow(analysis, child, where, into, active))
  if (expr.type !== 'call' || where.depth >= depthLimit) return
  const func = analysis.functionOf(expr.callee) ?? forwardOf(analysis, expr.callee)
  if (func === null || active.has(func) || into.followed.has(func)) return
  const call = analysis.callAt(expr)
  if (call === null) return
  into.followed.set(func, call)
  active.add(func)
  const steps = where.steps && !isForward(func)
  walk(analysis, func.node.body, { ...where, func, steps, depth: where.depth + 1 }, into, active)
  active.delete(func)
}

/** The forward pass of a network: a backward pass in it is none of the training, but draws a map of what the network looks at. */
function isForward(func: Func | null): boolean {
  return func?.class != null && func.name === 'forward'
}

/** What `criterion(output, target)` or `self.crop(picture)` runs, where its class is of this module. */
function forwardOf(analysis: PythonModule, callee: Expr): Func | null {
  if (callee.type !== 'name' && callee.type !== 'attribute') return null
  const klass = analysis.instanceClass(callee)
  if (klass === null) return null
  return klass.methods.get(klass.bases.some(isNetworkType) ? 'forward' : '__call__') ?? null
}

function leaves(block: Stmt[]): boolean {
  const last = block.at(-1)
  return last !== undefined && (last.type === 'continue' || last.type === 'break' || last.type === 'return')
}

/** True for a loop whose step is one of many: not a pass over all data at once. */
export function isHot(analysis: PythonModule, loop: Loop): boolean {
  const { node } = loop
  if (node.type === 'while') return true
  // One step for each epoch, whatever repeats the epochs.
  if (countsEpochs(analysis, node)) return false
  if (epochLoopOf(analysis, loop) !== null) return true
  const ranged =
    node.iterable.type === 'call' && /^(t?range|trange|arange)$/.test(lastIdentifier(node.iterable.callee))
  if (!ranged) return true
  if ((numberIn(loop.trips) ?? Number.POSITIVE_INFINITY) <= 50) return false
  const body = { start: node.iterable.end, end: node.end }
  return [body, ...calledIn(analysis, body)].some(({ start, end }) =>
    drawsData.test(analysis.code.slice(start, end)),
  )
}

const drawsData = /\bnext\(|batch|loader|sampl|randint|randperm|choice|dataset/i

/** The functions of the module that a piece of code calls, and those that they call. */
function calledIn(
  analysis: PythonModule,
  { start, end }: Span,
  depth = 0,
  found = new Set<Stmt>(),
): Set<Stmt> {
  for (const { expr } of analysis.calls) {
    if (expr.start < start || expr.end > end) continue
    const func = analysis.functionOf(expr.callee)
    if (func === null || found.has(func.node)) continue
    found.add(func.node)
    if (depth < 2) calledIn(analysis, func.node, depth + 1, found)
  }
  return found
}

/** `for epoch in …`, `for _ in range(num_epochs)`; not `for batch in epoch_iterator`. */
export function countsEpochs({ text }: PythonModule, { target, iterable }: For): boolean {
  const over = text.slice(iterable.start, iterable.end)
  const range = over.search(/range\(/i)
  return namesEpochs(text.slice(target.start, target.end)) || (range >= 0 && namesEpochs(over.slice(range)))
}

/** The calls in an expression, the outermost first. */
export function callsIn(analysis: PythonModule, expr: Expr): readonly Call[] {
  // Each step is gone through for each of the things that may cost time in it.
  const known = once(analysis, 'calls in expressions', () => new Map<Expr, readonly Call[]>())
  let calls = known.get(expr)
  if (calls === undefined) {
    calls = callsNow(analysis, expr)
    known.set(expr, calls)
  }
  return calls
}

function callsNow(analysis: PythonModule, expr: Expr): readonly Call[] {
  const found: Call[] = []
  const visit = (one: Expr): void => {
    if (one.type === 'lambda') return
    const call = one.type === 'call' ? analysis.callAt(one) : null
    if (call !== null) found.push(call)
    forEachChild(one, visit)
  }
  visit(expr)
  return found
}
