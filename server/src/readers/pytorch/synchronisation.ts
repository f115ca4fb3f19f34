/** Where the host waits for the accelerator in each step: values that are read, printed, or branched on. */

import type { Func, PythonModule } from '../../python/module.js'
import { isBackward, isOptimizerStep, lastIdentifier } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, namesIn } from '../../syntax/python-children.js'
import {
  type DeviceValues,
  type Dialect,
  deviceValues,
  readingMethods,
  torchDialect,
} from './device-values.js'
import { callsIn, type HotCode, type HotStatement } from './hot-code.js'
import { shownNumbers } from './shown-numbers.js'

type Comprehension = Expr & { type: 'comprehension' }

type Span = { start: number; end: number }

export interface Extraction {
  /** `.item()`, `print`, `torch.cuda.synchronize()`. */
  what: string
  node: Span
  expr: Expr | null
  statement: Stmt
  func: Func | null
  /** A wait that was asked for, whole outputs that are copied, or a line that is printed. */
  heavy: boolean
  /** It comes with each update of the weights, not with each batch. */
  accumulated?: true
  /** It comes under a condition that says nothing about how often: `if writer is not None:`. */
  conditional?: true
  /** What repeats it within one step. */
  loops: readonly HotStatement[]
  /** The comprehensions around it in its statement, the outermost first. */
  comprehensions: readonly Comprehension[]
}

export interface Synchronisation {
  extractions: Extraction[]
  /** How often the queue of the accelerator runs empty in one step: readings without new work between them count once. */
  stalls: number
  /** It waits to take the time of the step. */
  timed: boolean
}

const waits = new Set(['torch.cuda.synchronize', 'torch.accelerator.synchronize'])

export function synchronisation(
  analysis: PythonModule,
  code: HotCode,
  {
    dialect = torchDialect,
    onDevice,
    conditional = false,
  }: {
    dialect?: Dialect
    onDevice?: ReadonlySet<string> | undefined
    /** Also what comes under a condition that says nothing about how often. */
    conditional?: boolean
  } = {},
): Synchronisation {
  const values = deviceValues(analysis, code, onDevice, dialect)
  const extractions: Extraction[] = []
  let stalls = 0
  let drained = false
  for (const hot of code.statements) {
    if (givesWork(analysis, hot, dialect)) drained = false
    if (hot.guarded || hot.exceptional || (hot.conditional && !conditional)) continue
    const found = extractionsIn(analysis, values, hot, dialect)
    if (found.length === 0) continue
    extractions.push(...found)
    if (!drained) stalls++
    drained = true
  }
  // The loop needs a value in each step to know whether it goes on: other reads find the queue empty.
  if (extractions.some((one) => decidesLoop(analysis, one)) || matchesOnHost(analysis, code))
    return { extractions: [], stalls: 0, timed: false }
  return { extractions, stalls, timed: extractions.some((one) => isTimed(analysis, one)) }
}

/** A function of another module that each step hands values on the accelerator, and that reads them there; null: none is seen. */
export function readElsewhere(analysis: PythonModule, code: HotCode): string | null {
  const values = deviceValues(analysis, code, undefined)
  for (const { expressions, func, guarded, conditional, exceptional } of code.statements) {
    if (guarded || conditional || exceptional) continue
    for (const { expr } of expressions.flatMap((one) => callsIn(analysis, one))) {
      if (!analysis.readsElsewhere(expr.callee)) continue
      if (expr.args.some((one) => values.holds(one.value, func))) return lastIdentifier(expr.callee)
    }
  }
  return null
}

/** Libraries of the processor that match what a network finds to what is there: each step needs their answer. */
const matchers = /^(scipy\.optimize\.linear_sum_assignment|lap\.lapjv|lapsolver\.solve_dense)$/

function matchesOnHost(analysis: PythonModule, { statements }: HotCode): boolean {
  return statements.some((hot) =>
    hot.expressions.some((expr) => callsIn(analysis, expr).some(({ name }) => matchers.test(name ?? ''))),
  )
}

/** `while going: … if loss.item() < least: going = False`. */
function decidesLoop({ loops }: PythonModule, { statement }: Extraction): boolean {
  if (statement.type !== 'assign' && statement.type !== 'if') return false
  const around = loops.filter(
    ({ node }) => node.type === 'while' && node.start < statement.start && statement.end <= node.end,
  )
  return around.some(
    ({ node }) => node.type === 'while' && namesIn(node.test).some((name) => sets(statement, name)),
  )
}

function sets(statement: Stmt, name: string): boolean {
  if (statement.type === 'assign')
    return statement.targets.some((target) => target.type === 'name' && target.id === name)
  return blocksOf(statement).some((block) => block.some((one) => sets(one, name)))
}

const clock = /\b(time\.(time|perf_counter|monotonic)|perf_counter|monotonic|default_timer)(_ns)?\(/

/** An explicit wait on the line before or after one that looks at the clock. */
function isTimed({ text }: PythonModule, { what, statement }: Extraction): boolean {
  if (!waits.has(what.replace('()', ''))) return false
  const lineStart = text.lastIndexOf('\n', statement.start) + 1
  const before = text.slice(text.lastIndexOf('\n', lineStart - 2) + 1, lineStart)
  const lineEnd = text.indexOf('\n', statement.end)
  const after =
    lineEnd < 0 ? '' : text.slice(lineEnd + 1, (text.indexOf('\n', lineEnd + 1) + 1 || text.length + 1) - 1)
  return clock.test(before) || clock.test(after)
}

/** `torch.cuda.synchronize()` in code that looks at the clock: without it, the clock would time the launches. */
export function waitsForClock({ text }: PythonModule, { what }: Extraction, code: Span): boolean {
  return waits.has(what.replace('()', '')) && clock.test(text.slice(code.start, code.end))
}

/** `accuracy.result()` of a metric: a number that has been added up, and no work. */
const addedUp = 'result'

/** New work for the accelerator: forward pass, backward pass, step. */
function givesWork(analysis: PythonModule, { expressions }: HotStatement, dialect: Dialect): boolean {
  return expressions.some((expr) =>
    callsIn(analysis, expr).some(
      (call) =>
        isBackward(call) ||
        isOptimizerStep(analysis, call) ||
        (dialect.computes(analysis, call.expr) && lastIdentifier(call.expr.callee) !== addedUp),
    ),
  )
}

/** Histograms and pictures of tensors, which a tracker copies whole: `writer.add_histogram(name, p.grad, step)`. */
function recorded(
  analysis: PythonModule,
  expr: Expr & { type: 'call' },
): { what: string; value: Expr; parameter: boolean } | null {
  const { callee, args } = expr
  const name = analysis.nameOf(callee)
  if (name === 'wandb.Histogram' || name === 'wandb.Image') {
    const value = args[0]?.value
    return value === undefined ? null : { what: name, value, parameter: false }
  }
  if (callee.type !== 'attribute' || !/^add_(histogram|images?)$/.test(callee.attr)) return null
  const value = args[1]?.value
  if (value === undefined) return null
  const owner = value.type === 'attribute' && /^(grad|data)$/.test(value.attr) ? value.value : value
  const parameter =
    owner.type === 'name' &&
    analysis
      .bindingsOf(owner)
      .some(
        (binding) =>
          binding.value?.type === 'call' &&
          binding.value.callee.type === 'attribute' &&
          /^(named_)?parameters$/.test(binding.value.callee.attr),
      )
  return { what: callee.attr, value, parameter }
}

function extractionsIn(
  analysis: PythonModule,
  values: DeviceValues,
  hot: HotStatement,
  dialect: Dialect,
): Extraction[] {
  const found: Extraction[] = []
  const { statement, func, loops } = hot
  let comprehensions: readonly Comprehension[] = []
  const add = (expr: Expr, what: string, heavy: boolean) =>
    found.push({
      what,
      node: expr,
      expr,
      statement,
      func,
      heavy,
      loops,
      comprehensions,
      ...(hot.accumulated === true ? { accumulated: true } : {}),
      ...(hot.conditional ? { conditional: true } : {}),
    })
  const holds = (expr: Expr) => values.holds(expr, func)

  const visit = (expr: Expr, printed: boolean): void => {
    if (expr.type === 'lambda') return
    if (expr.type === 'call') {
      const read = readBy(expr)
      if (read !== null && holds(read.base)) {
        add(expr, read.what, printed || read.copies)
        return
      }
      const call = analysis.callAt(expr)
      if (call?.name != null && waits.has(call.name)) {
        add(expr, `${call.name}()`, true)
        return
      }
      const logged = recorded(analysis, expr)
      if (logged !== null && (logged.parameter || holds(logged.value))) {
        add(expr, `${logged.what}()`, true)
        return
      }
      const shown = shownNumbers(analysis, expr)
      const tensors = (shown?.values ?? []).filter((one) => values.stillHolds(one, func))
      for (const one of tensors) add(one, `${shown!.what}() of a tensor`, false)
      if (tensors.length > 0) return
      // `jax.device_get(metrics)`, `np.asarray(loss)`, `loss.block_until_ready()`.
      if (call?.name != null && dialect.readers?.test(call.name) === true) {
        if (expr.args.some((one) => holds(one.value))) {
          add(expr, `${call.name.replace(/^numpy\./, 'np.')}()`, true)
          return
        }
      }
      const { callee } = expr
      if (callee.type === 'attribute' && callee.attr === 'block_until_ready' && holds(callee.value)) {
        add(expr, '.block_until_ready()', true)
        return
      }
      // `processor.batch_decode(predicted)` of a tokenizer: lists of numbers, and texts one by one.
      const decoded =
        callee.type === 'attribute' && callee.attr === 'batch_decode' ? expr.args[0]?.value : undefined
      if (decoded !== undefined && holds(decoded) && !isGenerated(analysis, decoded)) {
        add(expr, '.batch_decode()', true)
        return
      }
      const only = expr.args.length === 1 ? expr.args[0]!.value : null
      if (callee.type === 'name' && /^(float|int|bool)$/.test(callee.id) && only !== null && holds(only)) {
        add(expr, `${callee.id}()`, printed)
        return
      }
      if (
        call?.name != null &&
        /^math\.(isnan|isfinite|isinf)$/.test(call.name) &&
        only !== null &&
        holds(only)
      ) {
        add(expr, `${call.name}()`, false)
        return
      }
      if (callee.type === 'name' && callee.id === 'print') {
        const shown = expr.args.find((one) => holds(one.value))
        if (shown !== undefined) {
          add(expr, 'print()', true)
          return
        }
        for (const one of expr.args) visit(one.value, true)
        return
      }
      if (
        callee.type === 'attribute' &&
        callee.attr === 'format' &&
        callee.value.type === 'constant' &&
        expr.args.some((one) => holds(one.value))
      ) {
        add(expr, 'a formatted tensor', printed)
        return
      }
    }
    if (expr.type === 'fstring') {
      const part = expr.parts.find((one): one is Expr => typeof one !== 'string' && holds(one))
      if (part !== undefined) {
        add(part, 'a formatted tensor', printed)
        return
      }
    }
    if (
      expr.type === 'binary' &&
      expr.op === '%' &&
      expr.left.type === 'constant' &&
      typeof expr.left.value === 'string' &&
      holds(expr.right)
    ) {
      add(expr, 'a formatted tensor', printed)
      return
    }
    // `[name for name, loss in losses.items() if torch.isnan(loss)]`.
    const around = comprehensions
    if (expr.type === 'comprehension') {
      comprehensions = [...around, expr]
      for (const test of expr.conditions) if (branches(test, holds)) add(test, 'a branch on a tensor', false)
    }
    for (const child of childrenOf(expr)) visit(child, printed)
    comprehensions = around
  }

  const test =
    statement.type === 'if' || statement.type === 'while'
      ? statement.test
      : statement.type === 'assert'
        ? hot.expressions[0]
        : undefined
  if (test !== undefined && branches(test, holds)) add(test, 'a branch on a tensor', false)
  else for (const expr of hot.expressions) visit(expr, false)
  return found
}

/** Texts that a step writes are what it goes on with. */
function isGenerated(analysis: PythonModule, expr: Expr): boolean {
  const made = analysis.definition(expr.type === 'subscript' ? expr.value : expr)
  return made.type === 'call' && /generate/.test(lastIdentifier(made.callee))
}

/** `if loss > best`, `if torch.isnan(loss).any()`: the host has to know before it goes on. */
function branches(test: Expr, holds: (expr: Expr) => boolean): boolean {
  if (test.type === 'unary' && test.op === 'not') return branches(test.operand, holds)
  if (test.type === 'binary') {
    if (test.op === 'and' || test.op === 'or')
      return branches(test.left, holds) || branches(test.right, holds)
    // A comparison that holds a reading is found as that reading.
    if (!/^(<|>|<=|>=|==|!=)$/.test(test.op)) return false
    // A tensor leaves `!= None` to Python, which compares identities; no tensor equals a text.
    const apart = (side: Expr) =>
      side.type === 'constant' && (side.value === null || typeof side.value === 'string')
    if (apart(test.left) || apart(test.right)) return false
    return isComputed(test.left, holds) || isComputed(test.right, holds)
  }
  if (test.type !== 'call') return false
  // NumPy's own `isnan` gives a value of the host.
  const asked = (one: Expr) =>
    holds(one) || (one.type === 'call' && one.args.some(({ value }) => holds(value)))
  return /^(isnan|isinf|isfinite|any|all|equal|allclose)$/.test(lastIdentifier(test.callee)) && asked(test)
}

/** A tensor itself, rather than an object of the library that happens to carry one. */
function isComputed(expr: Expr, holds: (expr: Expr) => boolean): boolean {
  return (expr.type === 'name' || expr.type === 'call' || expr.type === 'binary') && holds(expr)
}

/** The chain of methods that ends on the host: `x.detach().cpu().numpy()`. */
function readBy(expr: Expr & { type: 'call' }): { base: Expr; what: string; copies: boolean } | null {
  let what: string | null = null
  let copies = true
  let base: Expr = expr
  while (base.type === 'call' && base.callee.type === 'attribute') {
    const { attr } = base.callee
    const reads = readingMethods.test(attr) || (attr === 'to' && isCpu(base.args[0]?.value))
    if (!reads && !/^(detach|float|double|data|clone|squeeze|flatten|view|reshape|int|long)$/.test(attr))
      break
    if (reads) {
      if (attr === 'item') copies = false
      const written = attr === 'to' ? ".to('cpu')" : `.${attr}()`
      what = attr === 'item' || what === null ? written : what
    }
    base = base.callee.value
  }
  if (what === null) return null
  // A scalar that is computed first is one number, whichever way it is read.
  if (base.type === 'call' && /^(mean|sum|max|min|norm|std|result)$/.test(lastIdentifier(base.callee)))
    copies = false
  if (base.type === 'name' && /loss|acc|correct|err/i.test(base.id)) copies = false
  if (base.type === 'attribute' && /loss/i.test(base.attr)) copies = false
  return { base, what, copies }
}

function isCpu(expr: Expr | undefined): boolean {
  return expr?.type === 'constant' && expr.value === 'cpu'
}
