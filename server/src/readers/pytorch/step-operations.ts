import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'
import { calleePlace } from '../../values/places.js'
import { batchCallbacks } from './batch-callbacks.js'
import { type CountedEvaluation, countedEvaluation } from './counted-evaluations.js'
import { isModelCall } from './forward-block.js'
import { helpersOf } from './helper-steps.js'
import { callsIn, type HotCode, type HotStatement, hotCode, isHot } from './hot-code.js'
import { isTorchLoop } from './loop.js'

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
  for (const { func, onDevice } of batchCallbacks(python)) {
    if (steps.some(({ code }) => code.followed.has(func))) continue
    const { body } = func.node
    steps.push({
      loop: null,
      func,
      node: func.node,
      body,
      code: hotCode(python, body, func),
      ...(onDevice === undefined ? {} : { onDevice }),
    })
  }
  // The loop stands in a module that imports this one.
  for (const func of python.stepFunctions()) {
    if (steps.some((one) => one.func === func && one.loop === null)) continue
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

/** Loops that look at the batches of an evaluation, as far as they are no part of a step. */
export function evaluationSteps(python: PythonModule): Step[] {
  return python.loops
    .filter(({ role, node }) => role === 'evaluate' && node.type === 'for')
    .map((loop) => ({
      loop,
      func: loop.function,
      node: loop.node,
      body: loop.node.body,
      code: hotCode(python, loop.node.body, loop.function),
    }))
}

/** Its batches are those of a loop inside of it: it goes through data sets, or through the layers of a network. */
export function holdsPasses(python: PythonModule, { node, code }: Step): boolean {
  // A network goes through its own layers for one batch.
  const followed = [...code.followed.keys()].filter(({ name }) => name !== 'forward' && name !== '__call__')
  const inside = [node, ...followed.map((func) => func.node)]
  return python.loops.some(
    (loop) =>
      loop.node !== node &&
      inside.some(({ start, end }) => start <= loop.node.start && loop.node.end <= end) &&
      loop.calls.some(({ expr }) => isModelCall(python, expr) || isMoved(python, expr.callee)),
  )
}

/** `layer = layers[i].to(device)`: what is called after that is a network. */
function isMoved(python: PythonModule, callee: Expr): boolean {
  if (callee.type !== 'name') return false
  const made = python.definition(callee)
  return made.type === 'call' && made.callee.type === 'attribute' && /^(to|cuda)$/.test(made.callee.attr)
}

export function stepAt(python: PythonModule, site: { start: number; end: number }): Step | undefined {
  const stands = ({ node }: Step) => node.start === site.start && node.end === site.end
  return stepsOf(python).find(stands) ?? evaluationSteps(python).find(stands)
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
  return callsEachStep(analysis, code).filter(
    ({ call }) =>
      call.name !== null && emptiers.has(call.name) && !takesLayersInTurn(analysis, call.function),
  )
}

/** `layer = layers[i].to(device)`, `layer(x)`, `layer.cpu()`: what one layer leaves makes room for the next. */
function takesLayersInTurn(python: PythonModule, func: Func | null): boolean {
  const calls = python.calls.filter((call) => call.function === func)
  const back = calls.flatMap(({ method, expr: { callee, args } }) => {
    if (callee.type !== 'attribute' || callee.value.type !== 'name') return []
    const to = args[0]?.value
    const home = method === 'cpu' || (method === 'to' && to?.type === 'constant' && to.value === 'cpu')
    return home ? [callee.value.id] : []
  })
  return back.some(
    (name) =>
      calls.some(({ expr: { callee } }) => callee.type === 'name' && callee.id === name) &&
      calls.some(({ assignedTo, method }) => assignedTo === name && (method === 'to' || method === 'cuda')),
  )
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

/** Whole evaluations that lie further apart are no burden worth a word, whatever the batches between them hold. */
const often = 1000
/** The same as a share of an epoch. */
const oftenInEpoch = 0.1

type Rhythm = Pick<FrequentWork, 'every' | 'share'>

/** Null: it happens in each step, too seldom, or as somebody decides. */
function rhythmOf({ every, share, conditional, exceptional }: HotStatement): Rhythm | null {
  if (conditional || exceptional) return null
  if (every !== undefined) return every > often ? null : { every }
  return share === undefined || share > oftenInEpoch ? null : { every: share, share: true }
}

/** Calls that a count of steps lets through every few steps, with that count. */
function callsEveryFewSteps(python: PythonModule, code: HotCode): (Found & Rhythm)[] {
  const found: (Found & Rhythm)[] = []
  for (const hot of code.statements) {
    const rhythm = rhythmOf(hot)
    if (rhythm === null) continue
    for (const expr of hot.expressions)
      for (const call of callsIn(python, expr))
        found.push({ what: `${call.name ?? call.method}()`, call, statement: hot.statement, ...rhythm })
  }
  return found
}

const evaluator = /(^|_)(eval|evaluate|evaluation|validate|validation|test|valid)(_|$|\d)/i

/** A whole evaluation, or a checkpoint. */
export interface FrequentWork {
  kind: 'evaluate' | 'save'
  what: string
  /** What is shown. */
  at: Span
  /** The call; null: a loop over the data of an evaluation. */
  call: Call | null
  every: number
  /** `every` is a share of an epoch, not a count of steps. */
  share?: true
  /** As `CountedEvaluation.batches`. */
  batches?: CountedEvaluation['batches']
}

/** Checkpoints that lie further apart than so many steps cost less than these. */
const soon = 50

/** What is not the state of a model may well be the output of the loop. */
function savesModel(python: PythonModule, { name, expr }: Call): boolean {
  if (!savers.test(name ?? '')) return false
  return /state_dict|model|checkpoint|ckpt/i.test(python.text.slice(expr.start, expr.end))
}

const savers =
  /^(torch\.save|safetensors\.torch\.save_file|mlflow\.\w+\.log_(model|state_dict)|wandb\.log_model)$/

/** Whole evaluations in each step or every few steps, and checkpoints in each step. */
export function frequentWork(analysis: PythonModule, step: Step): FrequentWork[] {
  const { code, loop } = step
  if (loop === null) return []
  const result: FrequentWork[] = []
  for (const { call, what } of callsEachStep(analysis, code)) {
    const work = { what, at: calleePlace(call), call, every: 1 }
    if (savesModel(analysis, call)) result.push({ kind: 'save', ...work })
    else if (evaluates(analysis, call)) result.push({ kind: 'evaluate', ...work })
  }
  if (result.some(({ kind }) => kind === 'evaluate')) return result
  const written = evaluationInside(analysis, code, loop)
  if (written !== null) return [...result, written]
  const counted = countedEvaluation(analysis, step)
  if (counted !== null) return [...result, { kind: 'evaluate', call: null, ...counted }]
  const rhythm = callsEveryFewSteps(analysis, code).find(({ call }) => evaluates(analysis, call))
  if (rhythm !== undefined) {
    const { call, what, statement, ...rest } = rhythm
    result.push({ kind: 'evaluate', what, at: calleePlace(call), call, ...rest })
  }
  const saved = callsEveryFewSteps(analysis, code).find(
    ({ call, every, share }) => share === undefined && every <= soon && savesModel(analysis, call),
  )
  if (saved !== undefined && result.length === 0) {
    const { call, what, every } = saved
    result.push({ kind: 'save', what, at: calleePlace(call), call, every })
  }
  return result
}

/** `for x, y in test_loader: …` inside of a step, or of every few of them; one that breaks off looks at a few batches only. */
function evaluationInside(analysis: PythonModule, code: HotCode, step: Loop): FrequentWork | null {
  for (const hot of code.statements) {
    const { statement, func, guarded, conditional, exceptional } = hot
    if (statement.type !== 'for' || func !== step.function || conditional || exceptional) continue
    const rhythm = guarded ? rhythmOf(hot) : { every: 1 }
    if (rhythm === null) continue
    const inner = analysis.loops.find(({ node }) => node === statement)
    if (inner === undefined || inner.role !== 'evaluate' || inner.hasBreak) continue
    const at = { start: statement.start, end: statement.iterable.end }
    const what = analysis.text.slice(at.start, at.end).replace(/\s+/g, ' ')
    return { kind: 'evaluate', what, at, call: null, ...rhythm }
  }
  return null
}

/** It goes through all data of an evaluation. */
function evaluates(python: PythonModule, { method, expr: { callee, args } }: Call): boolean {
  const func = python.functionOf(callee)
  if (func !== null) {
    const name = func.name === '__call__' ? python.code.slice(callee.start, callee.end) : func.name
    if (
      !(evaluator.test(name) || /validator|evaluator/i.test(name)) ||
      python.effectsOfFunction(func).backward
    )
      return false
    return (
      python.loops.some((one) => one.function === func && one.role === 'evaluate') ||
      comprehends(python, func)
    )
  }
  const imported = evaluator.test(method) ? python.importedFunction(callee) : null
  return (
    imported !== null &&
    !imported.trains &&
    !imported.backward &&
    args.some(({ value }) => ofBatches.test(python.code.slice(value.start, value.end)))
  )
}

const ofBatches = /loader|(?<![a-z])(dl|ds|val|valid|dev_?(set|data|iter)|test)(?![a-z])|batches|dataset/i

/** `sum(loss_of(batch) for batch in val_loader)`. */
function comprehends(python: PythonModule, { node }: Func): boolean {
  const found = python.code
    .slice(node.start, node.end)
    .matchAll(/\bfor\b[^:\n]{0,100}?\bin\b([^:\n\])]{0,100})[\])]/g)
  return [...found].some(([, source]) => ofBatches.test(source!))
}
