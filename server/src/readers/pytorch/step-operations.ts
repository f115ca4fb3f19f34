/** What a step does beside its arithmetic: waits, empties the cache, keeps graphs, evaluates, saves. */
import { isBackward } from '../../python/effects.js'
import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { helpersOf } from './helper-steps.js'
import { callsIn, type HotCode, hotCode, isHot } from './hot-code.js'
import { isTorchLoop } from './loop.js'
import { once } from './once.js'

/** Code that runs once for each batch: the body of a loop, or a method that a trainer calls for each batch. */
export interface Step {
  loop: Loop | null
  func: Func | null
  /** Span of the loop or the method. */
  node: { start: number; end: number }
  body: Stmt[]
  code: HotCode
  /** A function that a step elsewhere calls: its parameters that lie on the accelerator. */
  onDevice?: ReadonlySet<string>
}

const lightningModule = /^lightning\.(pytorch\.)?(core\.)?(\w+\.)*LightningModule$/
const trainer = /^(transformers|trl|sentence_transformers)\.(\w+\.)*\w*Trainer$/

export function stepsOf(python: PythonModule): Step[] {
  const steps: Step[] = []
  for (const loop of python.loops) {
    if (!isTorchLoop(python, loop) || !isHot(python, loop)) continue
    const { body } = loop.node
    steps.push({
      loop,
      func: loop.function,
      node: loop.node,
      body,
      code: hotCode(python, body, loop.function),
    })
  }
  for (const klass of python.classes) {
    const methods = klass.bases.some((base) => lightningModule.test(base))
      ? ['training_step']
      : klass.bases.some((base) => trainer.test(base))
        ? ['training_step', 'compute_loss']
        : []
    for (const name of methods) {
      const func = klass.methods.get(name)
      if (func === undefined) continue
      const { body } = func.node
      steps.push({ loop: null, func, node: func.node, body, code: hotCode(python, body, func) })
    }
  }
  // The loop stands in a module that imports this one.
  for (const func of python.stepFunctions()) {
    const { body } = func.node
    steps.push({ loop: null, func, node: func.node, body, code: hotCode(python, body, func) })
  }
  for (const { func, onDevice } of helpersOf(python)) {
    if (steps.some((one) => one.func === func || one.code.followed.has(func))) continue
    const { body } = func.node
    steps.push({ loop: null, func, node: func.node, body, code: hotCode(python, body, func), onDevice })
  }
  return steps
}

export function stepAt(python: PythonModule, site: { start: number; end: number }): Step | undefined {
  return stepsOf(python).find(({ node }) => node.start === site.start && node.end === site.end)
}

export interface Found {
  what: string
  call: Call
  statement: Stmt
}

const emptiers = new Set([
  'torch.cuda.empty_cache',
  'torch.mps.empty_cache',
  'torch.xpu.empty_cache',
  'torch.accelerator.empty_cache',
  'gc.collect',
  'accelerate.utils.release_memory',
])

/** Calls that hand memory back in each step. */
export function emptiedCaches(analysis: PythonModule, { code }: Step): Found[] {
  return callsEachStep(analysis, code).filter(({ call }) => call.name !== null && emptiers.has(call.name))
}

function callsEachStep(analysis: PythonModule, code: HotCode): Found[] {
  const found: Found[] = []
  for (const hot of code.statements) {
    if (hot.guarded || hot.conditional || hot.exceptional) continue
    for (const expr of hot.expressions)
      for (const call of callsIn(analysis, expr))
        found.push({ what: `${call.name ?? call.method}()`, call, statement: hot.statement })
  }
  return found
}

/** Whole evaluations that lie further apart are no burden worth a word. */
const often = 100

/** Calls that a count of steps lets through every few steps, with that count. */
function callsEveryFewSteps(python: PythonModule, code: HotCode): (Found & { every: number })[] {
  const found: (Found & { every: number })[] = []
  for (const { statement, expressions, every, conditional, exceptional } of code.statements) {
    if (every === undefined || every > often || conditional || exceptional) continue
    for (const expr of expressions)
      for (const call of callsIn(python, expr))
        found.push({ what: `${call.name ?? call.method}()`, call, statement, every })
  }
  return found
}

const evaluator = /(^|_)(eval|evaluate|evaluation|validate|validation|test|valid)(_|$|\d)/i

/** Whole evaluations and checkpoints in each step. */
export function frequentWork(
  analysis: PythonModule,
  { code, loop }: Step,
): { kind: 'evaluate' | 'save'; found: Found; every: number }[] {
  if (loop === null) return []
  const result: { kind: 'evaluate' | 'save'; found: Found; every: number }[] = []
  for (const found of callsEachStep(analysis, code)) {
    const { call } = found
    if (call.name === 'torch.save' || call.name === 'safetensors.torch.save_file') {
      // What is not the state of a model may well be the output of the loop.
      const text = analysis.text.slice(call.expr.start, call.expr.end)
      if (/state_dict|model|checkpoint|ckpt/i.test(text)) result.push({ kind: 'save', found, every: 1 })
    } else if (evaluates(analysis, call)) result.push({ kind: 'evaluate', found, every: 1 })
  }
  const rhythm = callsEveryFewSteps(analysis, code).find(({ call }) => evaluates(analysis, call))
  if (rhythm !== undefined && !result.some(({ kind }) => kind === 'evaluate'))
    result.push({ kind: 'evaluate', found: rhythm, every: rhythm.every })
  return result
}

/** It goes through all data of an evaluation. */
function evaluates(python: PythonModule, { expr: { callee } }: Call): boolean {
  const func = python.functionOf(callee)
  if (func === null || !evaluator.test(func.name)) return false
  const loops = python.loops.some((one) => one.function === func && one.role === 'evaluate')
  return loops && !python.effectsOfFunction(func).backward
}

export interface Kept {
  what: string
  /** The expression that keeps the graph: the loss that is added or appended. */
  expr: Expr
  statement: Stmt
}

/** A loss that has been propagated back and is then kept with its graph. */
export function keptGraphs(analysis: PythonModule, { code, node, loop }: Step): Kept[] {
  if (loop === null) return []
  const losses = new Set<string>()
  for (const { expressions, func } of code.statements) {
    if (func !== loop.function) continue
    for (const expr of expressions)
      for (const call of callsIn(analysis, expr)) {
        if (!isBackward(call)) continue
        const { callee, args } = call.expr
        const first = args.find((one) => one.name === null)?.value
        for (const one of [callee.type === 'attribute' ? callee.value : null, first])
          if (one?.type === 'name') losses.add(one.id)
      }
  }
  // What is read or detached under the same name has no graph any more.
  for (const { statement } of code.statements)
    if (statement.type === 'assign' && statement.value !== null && isPlain(statement.value, losses))
      for (const target of statement.targets) if (target.type === 'name') losses.delete(target.id)
  const found: Kept[] = []
  for (const { statement, func } of code.statements) {
    if (func !== loop.function) continue
    const kept = keeps(analysis, statement, losses)
    if (kept === null || (kept.adds && addsWithoutGradients(analysis, code, statement))) continue
    if (losses.has(kept.into) || !livesOn(analysis, kept.into, node)) continue
    if (isPropagated(analysis, kept.into)) continue
    found.push({ what: kept.what, expr: kept.expr, statement })
  }
  return found
}

/** `float(loss)`, `loss.detach().cpu()`, and in a product or sum those of a loss: `loss.item() * n`. */
function isPlain(expr: Expr, losses: ReadonlySet<string>): boolean {
  if (expr.type !== 'binary') return readFrom(expr) !== null
  const { left, right } = expr
  if (termOf(left, losses) !== null || termOf(right, losses) !== null) return false
  return [left, right].some((side) => {
    if (side.type === 'binary') return isPlain(side, losses)
    const read = readFrom(side)
    return read?.type === 'name' && losses.has(read.id)
  })
}

/** The tensor whose value is read or detached; null: the expression may have a graph. */
function readFrom(expr: Expr): Expr | null {
  let value = expr
  while (value.type === 'call') {
    const { callee } = value
    if (callee.type === 'name') return callee.id === 'float' ? (value.args[0]?.value ?? null) : null
    if (callee.type !== 'attribute') return null
    if (/^(item|detach|tolist|numpy)$/.test(callee.attr)) return callee.value
    value = callee.value
  }
  return value.type === 'attribute' && value.attr === 'data' ? value.value : null
}

/** The loss in `loss`, `loss * n`, `n * loss / m`: a term that keeps its graph. */
function termOf(expr: Expr, losses: ReadonlySet<string>): Expr | null {
  if (expr.type === 'name') return losses.has(expr.id) ? expr : null
  if (expr.type !== 'binary' || !/^[*/]$/.test(expr.op)) return null
  return termOf(expr.left, losses) ?? (expr.op === '*' ? termOf(expr.right, losses) : null)
}

function keeps(
  { text }: PythonModule,
  statement: Stmt,
  losses: ReadonlySet<string>,
): { into: string; expr: Expr; what: string; adds: boolean } | null {
  const written = ({ start, end }: Expr) => text.slice(start, end).replace(/\s+/g, ' ')
  if (statement.type === 'augassign' && statement.op.startsWith('+') && statement.target.type === 'name') {
    const { target, value } = statement
    const expr = termOf(value, losses)
    return expr && { into: target.id, expr, what: `${target.id} += ${written(value)}`, adds: true }
  }
  if (statement.type === 'assign' && statement.value?.type === 'binary' && statement.value.op === '+') {
    const [target] = statement.targets
    const { left, right } = statement.value
    if (target?.type !== 'name' || left.type !== 'name' || left.id !== target.id) return null
    const expr = termOf(right, losses)
    return expr && { into: target.id, expr, what: `${target.id} + ${written(right)}`, adds: true }
  }
  if (statement.type !== 'expr' || statement.value.type !== 'call') return null
  const { callee, args } = statement.value
  if (callee.type !== 'attribute' || callee.attr !== 'append' || callee.value.type !== 'name') return null
  const only = args[0]?.value
  const expr = only === undefined ? null : termOf(only, losses)
  if (only === undefined || expr === null) return null
  return { into: callee.value.id, expr, what: `${callee.value.id}.append(${written(only)})`, adds: false }
}

/** A sum that is formed without gradients has no graph. */
function addsWithoutGradients({ text }: PythonModule, { statements }: HotCode, inner: Stmt): boolean {
  return statements.some(
    ({ statement }) =>
      statement.type === 'with' &&
      statement.start < inner.start &&
      inner.end <= statement.end &&
      statement.items.some(({ value }) =>
        /no_?grad|inference_?mode/i.test(text.slice(value.start, value.end)),
      ),
  )
}

/** It is made before the loop and not made anew inside it. */
function livesOn(analysis: PythonModule, name: string, loop: { start: number; end: number }): boolean {
  const text = analysis.code.slice(loop.start, loop.end)
  return (
    !new RegExp(`(^|[\\n;])[ \\t]*${name}[ \\t]*(:[^=\\n]*)?=[^=]`).test(text) ||
    new RegExp(`${name}\\s*=\\s*${name}\\s*\\+`).test(text)
  )
}

function backwardCalls(python: PythonModule): Call[] {
  return once(python, 'backward passes', () => python.calls.filter(isBackward))
}

/** The sum or the list goes into a backward pass of its own. */
function isPropagated(analysis: PythonModule, name: string): boolean {
  const word = new RegExp(`\\b${name}\\b`)
  return analysis.calls.some(
    (call) =>
      (isBackward(call) && word.test(analysis.code.slice(call.expr.start, call.expr.end))) ||
      (/^(stack|cat|sum)$/.test(call.method) &&
        call.assignedTo !== null &&
        call.expr.args.some((one) => word.test(analysis.code.slice(one.start, one.end))) &&
        analysis.calls.some(
          (other) =>
            isBackward(other) &&
            new RegExp(`\\b${call.assignedTo}\\b`).test(
              analysis.text.slice(other.expr.start, other.expr.end),
            ),
        )),
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
