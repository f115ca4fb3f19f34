/**
 * Puts the forward pass of a hand-written loop under autocast. bf16 is one wrapped block; fp16 also needs a gradient
 * scaler around the backward pass and the step, which is written as a sketch.
 */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import { isBackward, isOptimizerStep, lastIdentifier } from '../../python/effects.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { isNetworkType } from '../../python/network-types.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import {
  blocksOf,
  childrenOf,
  expressionsOf,
  forEachChild,
  forEachExpression,
  lastName,
} from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { rangeOf, refuse } from '../change-answer.js'
import { isOnLaunchLine, passOption } from '../launch-flag.js'
import type { FragmentFacts } from '../reader.js'
import { isBefore } from '../versions.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { functionAround, isOnProcessor, onCuda } from './autocast-device.js'
import { hasBf16Units } from './bf16-units.js'
import { callsIn } from './hot-code.js'
import { usesAny, usesAround } from './library-uses.js'
import { epochLoopOf, sparseRefusal, takesSecondOrder } from './loop-facts.js'
import { switchedOffLowering, switchOfLowering } from './lowering.js'
import { isMeasurement } from './model-evidence.js'
import { backToFull, tensorsIn } from './out-of-bf16.js'
import { recursByHand } from './recurrence-by-hand.js'
import { refusedLoss } from './refused-losses.js'

export function changePrecision(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  if (isConfigured(claim, facts)) return writeConfigured(claim, true, facts)
  if (isOnLaunchLine(claim)) return passOption(claim, facts)
  if (python === undefined || claim.setting !== 'precision') return refuse('this is not written in Python')
  const format = value === 'bf16-mixed' ? 'bf16' : value === 'fp16-mixed' ? 'fp16' : null
  if (format === null) return refuse('only bf16 and fp16 can be written around a loop')
  const { start, end } = claim.site
  const refused = refusedLoss(
    python,
    python.loops.find(({ node }) => node.start === start && node.end === end),
  )
  if (refused !== null) {
    return refuse(
      `${refused} raises an error under autocast: compute the loss from logits with BCEWithLogitsLoss first`,
    )
  }
  // Each of its threads begins with the default format: pytorch/pytorch#43102, #63416.
  if (format === 'bf16' && python.uses('torch.nn.DataParallel'))
    return refuse(
      'the threads of DataParallel compute in fp16 also where bf16 is asked for, without a scaler',
    )
  if (claim.site.target?.kind === 'call') return switchOn(claim, format, facts, python)
  if (isMeasurement(facts.path)) return refuse('it measures the training, which has to change first')
  // Wrapped whole, such a step computes wrong gradients, or asks for kernels that do not exist.
  if (takesSecondOrder(python))
    return refuse('gradients of gradients lose too much in 16 bits: put only the network under autocast')
  const sparse = sparseRefusal(python)
  if (sparse !== null) return refuse(sparse)
  if (usesAny(python, lacking) || usesAround(python, lacking))
    return refuse('Fourier transforms and linear algebra have no bf16 kernels: keep these parts in fp32')
  if (python.usesHere(...perSample))
    return refuse(
      'gradients of single samples (Opacus) are not computed under autocast: keep the step in fp32',
    )
  if (isBefore(facts.versions, ['torch'], firstAutocast))
    return refuse(`torch.autocast came with torch ${firstAutocast}, and this project uses an older one`)
  if (claim.site.target?.kind === 'step') return wrapStep(claim, format, facts, python)
  const loop = python.loops.find(
    (one) => one.node.start === claim.site.start && one.node.end === claim.site.end,
  )
  if (loop === undefined) return refuse('the loop is no longer in the file')
  const existing = switchOfLowering(python) ?? switchedOffLowering(python)
  if (existing !== null) return refuse(`the program has a switch for it: it is on if ${existing}`)
  const block = forwardBlock(python, loop.node.body, () => reachedFunctions(python, loop))
  if ('reason' in block) return block
  if (isOnProcessor(python, block.first)) return onProcessor
  return format === 'bf16' ? wrapBf16(facts, python, block) : sketchFp16(facts, python, loop, block)
}

const firstAutocast = '1.10'

/** Its hooks compute the gradient of each sample from activations and gradients, which then differ in their formats. */
const perSample = ['opacus.']

/** What autocast neither converts nor can compute in 16 bits. */
const lacking = ['torch.fft.', 'torch.linalg.']

const onProcessor: Refusal = { reason: 'it computes on the processor unless it is told otherwise' }

/** A function that an engine calls for each batch. */
function wrapStep(
  claim: Claim,
  format: 'bf16' | 'fp16',
  facts: FragmentFacts,
  python: PythonModule,
): Change | Refusal {
  const { start, end } = claim.site
  const step = python.functions.find(({ node }) => node.start === start && node.end === end)
  if (step === undefined) return refuse('the step is no longer in the file')
  const block = forwardBlock(python, step.node.body, () => [])
  if ('reason' in block) return block
  if (isOnProcessor(python, block.first)) return onProcessor
  return format === 'bf16'
    ? wrapBf16(facts, python, block)
    : refuse('fp16 needs a gradient scaler that outlives the step')
}

/** `autocast(enabled=False)`: the switch itself. */
function switchOn(
  claim: Claim,
  format: 'bf16' | 'fp16',
  facts: FragmentFacts,
  python: PythonModule,
): Change | Refusal {
  const call = python.callAt(claim.site)
  if (call === null) return refuse('the autocast block is no longer in the file')
  const argument = python.argument(call, 'enabled')
  const enabled = passedExpression(argument)
  if (enabled === null) return refuse(setElsewhere)
  const { path } = facts
  const set = (one: Call, name: string, value: string): Write => ({
    kind: 'set keyword',
    path,
    call: rangeOf(facts, one.expr),
    name,
    value,
  })
  // Where the value stands that the program has set apart to be changed.
  const own = enabled.type === 'constant' ? null : writeArgument(facts, call, 'enabled', argument, 'True')
  if (own !== null && ('reason' in own || own.kind !== 'replace')) return refuse(setElsewhere)
  const writes = [own ?? set(call, 'enabled', 'True')]
  const imports: Import[] = []
  // The scaler goes on with it.
  const follows = own !== null && scalers(python).some((one) => isSwitchedBy(python, one, enabled))
  if (!follows && !mayBePassed(python.argument(call, 'dtype'))) {
    // On a GPU it computes in fp16 by itself, whose gradients vanish without a scaler.
    if (format === 'bf16') {
      const use = { path, fragment: facts.fragment.index, offset: call.expr.start }
      const bf16 = nameFor(python.tree, 'torch', 'bfloat16', use)
      writes.push(set(call, 'dtype', bf16.text))
      if (bf16.import !== null) imports.push(bf16.import)
    } else {
      const found = scalers(python)
      if (found.length === 0) return refuse('fp16 needs a gradient scaler around the backward pass')
      for (const scaler of found) {
        const given = passedExpression(python.argument(scaler, 'enabled'))
        if (given === null) continue
        if (given.type !== 'constant') return refuse('the switch of its gradient scaler is set elsewhere')
        if (given.value === false) writes.push(set(scaler, 'enabled', 'True'))
      }
    }
  }
  return { title: 'Switch autocast on', safety: 'unsafe', writes, imports }
}

const setElsewhere = 'its switch is set elsewhere: turn that on, or pass it on the launch line'

const scalers = (python: PythonModule): Call[] => python.calls.filter(({ method }) => method === 'GradScaler')

/** `GradScaler(enabled=cfg.amp)` beside `autocast(enabled=self.cfg.amp)`. */
function isSwitchedBy(python: PythonModule, scaler: Call, enabled: Expr): boolean {
  const given = passedExpression(python.argument(scaler, 'enabled'))
  return given !== null && given.type !== 'constant' && lastName(given) === lastName(enabled)
}

interface ForwardBlock {
  first: Stmt
  last: Stmt
  /** The statements that hold both. */
  around: Stmt[]
  backward: Call
  backwardStatement: Stmt
  /** The statements that hold forward and backward pass. */
  list: Stmt[]
}

/** The statements from the model's call to the loss, where forward and backward stand in one block. */
function forwardBlock(analysis: PythonModule, body: Stmt[], reached: () => Stmt[][]): ForwardBlock | Refusal {
  const blocks = blocksWithBackward(analysis, body)
  if (blocks.length === 0) for (const func of reached()) blocks.push(...blocksWithBackward(analysis, func))
  if (blocks.length === 0) return refuse('the backward pass is not in this file')
  if (blocks.length > 1) return refuse('there are several backward passes')
  const { path, call } = blocks[0]!
  const loss = lossName(call)
  if (loss === null) return refuse('the loss has no name of its own: assign it before the backward pass')
  const inner = path.at(-1)!
  // `if phase == 'train': loss.backward()` stands one block further in than the forward pass.
  for (const { list, statement } of [...path].reverse()) {
    const found = forwardIn(analysis, list, list.indexOf(statement), loss)
    if (found === null) continue
    if ('reason' in found) return found
    return { ...found, around: list, backward: call, backwardStatement: inner.statement, list: inner.list }
  }
  return refuse('forward and backward pass are not in one block')
}

/** The statements before `end` that lead from the model's call to the loss; null where the loss is not bound there. */
function forwardIn(
  analysis: PythonModule,
  list: Stmt[],
  end: number,
  loss: string,
): { first: Stmt; last: Stmt } | Refusal | null {
  const needed = new Set([loss])
  const flow: Stmt[] = []
  let last: Stmt | null = null
  for (let index = end - 1; index >= 0; index--) {
    const candidate = list[index]!
    const bound = boundIn(candidate)
    if (!bound.some((name) => needed.has(name))) continue
    if (last === null && bound.includes(loss)) last = candidate
    flow.push(candidate)
    for (const name of namesIn(candidate)) needed.add(name)
  }
  if (last === null) return null
  const first = flow.reverse().find((one) => holdsCall(one, (call) => isModelCall(analysis, call)))
  if (first === undefined)
    return refuse('the call of the model is not in the same block as the backward pass')
  while (flow.at(-1) !== first && passesOn(flow.at(-1)!)) flow.pop()
  last = flow.at(-1)!
  if (list.slice(list.indexOf(first), list.indexOf(last) + 1).some(hasLeave)) {
    return refuse('the forward pass has a branch that leaves the loop')
  }
  return { first, last }
}

/** `loss = out["loss"]`, `loss = loss / steps`, `if gpus > 1: loss = loss.mean()`: nothing that would be faster in 16 bits. */
function passesOn(statement: Stmt): boolean {
  if (statement.type === 'augassign') return /^[*/]=$/.test(statement.op) && !hasCall(statement.value)
  if (statement.type === 'assign') return statement.value !== null && isPassedOn(statement.value)
  return statement.type === 'if' && blocksOf(statement).every((block) => block.every(passesOn))
}

function isPassedOn(value: Expr): boolean {
  if (value.type === 'binary')
    return /^[*/]$/.test(value.op) && value.left.type === 'name' && !hasCall(value.right)
  if (value.type !== 'call') return /^(name|attribute|subscript)$/.test(value.type) && !hasCall(value)
  const { callee, args } = value
  return (
    args.length === 0 && callee.type === 'attribute' && callee.attr === 'mean' && callee.value.type === 'name'
  )
}

function hasCall(expr: Expr): boolean {
  return expr.type === 'call' || childrenOf(expr).some(hasCall)
}

interface BackwardPlace {
  /** Lists of statements around the call, from the outermost in, each with the statement that leads to it. */
  path: { list: Stmt[]; statement: Stmt }[]
  call: Call
}

/** Backward calls in a list of statements and in the blocks inside. */
function blocksWithBackward(analysis: PythonModule, body: Stmt[]): BackwardPlace[] {
  const found: BackwardPlace[] = []
  const visit = (list: Stmt[], around: BackwardPlace['path']): void => {
    if (around.length > 12) return
    for (const statement of list) {
      if (statement.type === 'function' || statement.type === 'class') continue
      const path = [...around, { list, statement }]
      for (const expr of expressionsOf(statement)) {
        for (const call of callsIn(analysis, expr)) if (isBackward(call)) found.push({ path, call })
      }
      for (const block of blocksOf(statement)) visit(block, path)
    }
  }
  visit(body, [])
  return found
}

/** Bodies of project functions that the loop calls. */
function reachedFunctions(analysis: PythonModule, loop: Loop): Stmt[][] {
  const bodies = new Set<Stmt[]>()
  for (const call of analysis.calls) {
    if (!call.loops.includes(loop)) continue
    const func = analysis.functionOf(call.expr.callee)
    if (func !== null && analysis.effectsOfFunction(func).backward) bodies.add(func.node.body)
  }
  return [...bodies]
}

function holdsCall(statement: Stmt, test: (call: Expr & { type: 'call' }) => boolean): boolean {
  const visit = (expr: Expr): boolean => (expr.type === 'call' && test(expr)) || childrenOf(expr).some(visit)
  return (
    expressionsOf(statement).some(visit) ||
    blocksOf(statement).some((block) => block.some((one) => holdsCall(one, test)))
  )
}

function hasLeave(statement: Stmt): boolean {
  if (statement.type === 'break' || statement.type === 'continue' || statement.type === 'return') return true
  if (statement.type === 'function' || statement.type === 'class') return false
  return blocksOf(statement).some((block) => block.some(hasLeave))
}

/** `loss` of `loss.backward()`, `scaler.scale(loss).backward()`, `accelerator.backward(loss)`. */
function lossName(call: Call): string | null {
  const { callee, args } = call.expr
  if (callee.type !== 'attribute') return null
  if (callee.value.type === 'name' && args.every((one) => one.name !== null)) return callee.value.id
  const given = args.find((one) => one.name === null)?.value
  return given?.type === 'name' ? given.id : null
}

function boundIn(statement: Stmt): string[] {
  const names: string[] = []
  const target = (expr: Expr): void => {
    if (expr.type === 'name') names.push(expr.id)
    else if (expr.type === 'tuple' || expr.type === 'list') expr.items.forEach(target)
  }
  const visit = (one: Stmt): void => {
    if (one.type === 'assign') one.targets.forEach(target)
    else if (one.type === 'augassign') target(one.target)
    else if (one.type === 'function' || one.type === 'class') return
    for (const block of blocksOf(one)) block.forEach(visit)
  }
  visit(statement)
  return names
}

function boundInLoop(node: Loop['node']): string[] {
  return node.type === 'for' ? [...boundIn(node), ...namesOf(node.target)] : boundIn(node)
}

function namesOf(expr: Expr): string[] {
  return expr.type === 'name' ? [expr.id] : childrenOf(expr).flatMap(namesOf)
}

function namesIn(statement: Stmt): string[] {
  const names: string[] = []
  const visit = (expr: Expr): void => {
    if (expr.type === 'name') names.push(expr.id)
    forEachChild(expr, visit)
  }
  forEachExpression(statement, visit)
  for (const block of blocksOf(statement)) for (const inner of block) names.push(...namesIn(inner))
  return names
}

const modelName =
  /model|net|encoder|decoder|classifier|backbone|head|generator|transformer|bert|gpt|llm|student|policy|unet|vae/i
/** Methods that move data or look at it; they gain nothing under autocast. */
const notForward =
  /^(to|cuda|cpu|size|view|reshape|permute|transpose|float|long|int|squeeze|unsqueeze|contiguous|detach|item|items|keys|values|zero_grad|train|eval|parameters|state_dict|get|next|append|requires_grad_)$/

/** Functions that take a network and give back something else than what it computes. */
const aroundNetwork =
  /^_?(eval|evaluate|validate|val|test|save|load|print|plot|show|count|freeze|restore|resume)(_|$)/i

export function isModelCall(analysis: PythonModule, call: Expr & { type: 'call' }): boolean {
  const { callee } = call
  const known = analysis.callAt(call)
  if (callee.type === 'attribute' && notForward.test(callee.attr)) return false
  if (known?.name !== null && known?.name !== undefined) return false
  const type = analysis.typeOf(callee)
  if (type !== null && isNetworkType(type)) return true
  if (callee.type === 'name' && aroundNetwork.test(callee.id)) return false
  if (modelName.test(lastIdentifier(callee))) return true
  if (callee.type === 'attribute' && modelName.test(lastIdentifier(callee.value))) return true
  // A function of the project that takes the model and returns the loss.
  return (
    call.args.some((one) => one.value.type === 'name' && modelName.test(one.value.id)) &&
    !/loader|optim/i.test(lastIdentifier(callee))
  )
}

/** The quote that the file prefers. */
export function quoteOf(text: string): string {
  let single = 0
  let double = 0
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "'") single++
    else if (text[index] === '"') double++
  }
  return single > double ? "'" : '"'
}

interface Header {
  header: string
  imports: Import[]
  /** What has to stand before the loop. */
  before: Write[]
}

function autocastHeader(
  facts: FragmentFacts,
  python: PythonModule,
  { first, last }: ForwardBlock,
  dtype: 'bfloat16' | 'float16',
): Header {
  const use = { path: facts.path, fragment: facts.fragment.index, offset: first.start }
  const autocast = nameFor(python.tree, 'torch', 'autocast', use)
  const format = nameFor(python.tree, 'torch', dtype, use)
  const quote = quoteOf(python.text)
  const block = { start: first.start, end: last.end }
  const onDevice = onCuda(python, block, use, quote)
  const units = dtype === 'bfloat16' && facts.card === undefined ? hasBf16Units(python.tree, use) : null
  const tests = [onDevice?.test, units?.text].filter((one) => one !== undefined)
  const imports = [autocast.import, format.import, onDevice?.import ?? null, ...(units?.imports ?? [])]
  const given = [`${quote}cuda${quote}`, `dtype=${format.text}`]
  const before: Write[] = []
  const loop = units === null ? null : loopToAskBefore(python, block, onDevice?.device ?? null)
  if (loop === null) {
    if (tests.length > 0) given.push(`enabled=${tests.join(' and ')}`)
  } else {
    // Asked once, and the line of the block stays short.
    const statement = rangeOf(facts, loop.node)
    before.push({
      kind: 'insert lines',
      path: facts.path,
      where: 'before',
      statement,
      lines: [`${switchName} = ${tests.join(' and ')}`],
    })
    given.push(`enabled=${switchName}`)
  }
  return {
    header: `with ${autocast.text}(${given.join(', ')}):`,
    imports: imports.filter((one) => one !== null),
    before,
  }
}

const switchName = 'use_bf16'

/** The loop over batches around a block of one function, with that over epochs; null: there is none, or what is asked is not known before it. */
function loopToAskBefore(python: PythonModule, block: Span, device: Expr | null): Loop | null {
  if (new RegExp(`\\b${switchName}\\b`).test(python.code)) return null
  const func = functionAround(python, block)
  const around = python.loops.filter(
    ({ node, function: own }) => own === func && node.start <= block.start && block.end <= node.end,
  )
  const isAsked = ({ node }: Loop): boolean =>
    device === null ||
    !boundInLoop(node).includes(python.text.slice(device.start, device.end).replace(/\..*$/s, ''))
  const open = around.reverse()
  const bound = open.findIndex((loop) => !isAsked(loop))
  const before = bound < 0 ? open : open.slice(0, bound)
  return before.filter(({ role }) => role === 'epoch').at(-1) ?? before[0] ?? null
}

/** What comes out of it is no longer in the format of the network. */
const countsOrChooses = /arg(max|min|sort)|\b(max|min|topk|sort|long|int|round)\(|[<>=]=|[<>]/

function wrapBf16(facts: FragmentFacts, python: PythonModule, block: ForwardBlock): Change {
  const span = { start: block.first.start, end: block.last.end }
  const wrapped = block.around.slice(block.around.indexOf(block.first), block.around.indexOf(block.last) + 1)
  const outputs = new Set(
    wrapped.filter((one) => !countsOrChooses.test(python.code.slice(one.start, one.end))).flatMap(boundIn),
  )
  const { header, imports, before } = autocastHeader(facts, python, block, 'bfloat16')
  const tensors = tensorsIn(python, wrapped, outputs)
  const body = functionAround(python, span)?.node.body ?? python.tree.body
  const slow = recursByHand(python)
  return {
    title: `Run the forward pass under bf16 autocast${slow ? ', if its steps get faster by it' : ''}`,
    safety: slow ? 'display' : 'unsafe',
    writes: [
      ...before,
      {
        kind: 'wrap block',
        path: facts.path,
        first: rangeOf(facts, block.first),
        last: rangeOf(facts, block.last),
        header,
      },
      ...backToFull(facts, python, { bound: outputs, tensors }, body, block.last.end),
    ],
    imports,
  }
}

function sketchFp16(
  facts: FragmentFacts,
  python: PythonModule,
  loop: Loop,
  block: ForwardBlock,
): Change | Refusal {
  const { path } = facts
  const { header, imports } = autocastHeader(facts, python, block, 'float16')
  const { callee } = block.backward.expr
  const step = stepAfter(python, block)
  if (step === null || callee.type !== 'attribute' || callee.value.type !== 'name') {
    return refuse('the step of the optimiser is not in the same block as the backward pass')
  }
  const quote = quoteOf(python.text)
  const outer = outermost(
    epochLoopOf(python, loop)?.function === loop.function ? (epochLoopOf(python, loop) ?? loop) : loop,
  )
  const optimizer = python.text
    .slice(step.call.expr.callee.start, step.call.expr.callee.end)
    .replace(/\.step$/, '')
  // Before 2.3 the scaler of `torch.cuda.amp` was the only one.
  const old = isBefore(facts.versions, ['torch'], '2.3')
  const scaler = nameFor(python.tree, old ? 'torch.cuda.amp' : 'torch.amp', 'GradScaler', {
    path,
    fragment: facts.fragment.index,
    offset: outer.node.start,
  })
  const writes: Write[] = [
    {
      kind: 'insert lines',
      path,
      where: 'before',
      statement: rangeOf(facts, outer.node),
      lines: [`scaler = ${scaler.text}(${old ? '' : `${quote}cuda${quote}`})`],
    },
    {
      kind: 'wrap block',
      path,
      first: rangeOf(facts, block.first),
      last: rangeOf(facts, block.last),
      header,
    },
    { kind: 'replace', path, range: rangeOf(facts, callee.value), text: `scaler.scale(${callee.value.id})` },
    { kind: 'replace', path, range: rangeOf(facts, step.call.expr), text: `scaler.step(${optimizer})` },
    {
      kind: 'insert lines',
      path,
      where: 'after',
      statement: rangeOf(facts, step.statement),
      lines: ['scaler.update()'],
    },
  ]
  const clip = block.list.find(
    (one) =>
      one.start > block.backwardStatement.start &&
      holdsCall(one, (call) => /^clip_grad_(norm|value)_?$/.test(lastIdentifier(call.callee))),
  )
  if (clip !== undefined) {
    writes.push({
      kind: 'insert lines',
      path,
      where: 'before',
      statement: rangeOf(facts, clip),
      lines: [`scaler.unscale_(${optimizer})`],
    })
  }
  return {
    title: 'Run the forward pass under fp16 autocast, with a gradient scaler',
    safety: 'display',
    writes,
    imports: scaler.import === null ? imports : [...imports, scaler.import],
  }
}

function outermost(loop: Loop): Loop {
  let current = loop
  while (current.parent !== null && current.parent.role === 'epoch') current = current.parent
  return current
}

function stepAfter(analysis: PythonModule, block: ForwardBlock): { statement: Stmt; call: Call } | null {
  const from = block.list.indexOf(block.backwardStatement)
  for (const statement of block.list.slice(from + 1)) {
    if (statement.type !== 'expr') continue
    const call = callsIn(analysis, statement.value).find((one) => isOptimizerStep(analysis, one))
    if (call !== undefined) return { statement, call }
  }
  return null
}
