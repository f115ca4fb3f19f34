/** Where a hand-written step computes its loss: the statements from the model's call to the loss, before the backward pass. */
import type { Refusal } from '../../edit/write.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { isNetworkType } from '../../python/network-types.js'
import { isBackward, lastIdentifier } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import {
  blocksOf,
  childrenOf,
  expressionsOf,
  forEachChild,
  forEachExpression,
} from '../../syntax/python-children.js'
import { refuse } from '../change-answer.js'
import { callsIn } from './hot-code.js'

export interface ForwardBlock {
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
export function forwardBlock(
  analysis: PythonModule,
  body: Stmt[],
  reached: () => Stmt[][],
): ForwardBlock | Refusal {
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
export function reachedFunctions(analysis: PythonModule, loop: Loop): Stmt[][] {
  const bodies = new Set<Stmt[]>()
  for (const call of analysis.calls) {
    if (!call.loops.includes(loop)) continue
    const func = analysis.functionOf(call.expr.callee)
    if (func !== null && analysis.effectsOfFunction(func).backward) bodies.add(func.node.body)
  }
  return [...bodies]
}

export function holdsCall(statement: Stmt, test: (call: Expr & { type: 'call' }) => boolean): boolean {
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

export function boundIn(statement: Stmt): string[] {
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

export function boundInLoop(node: Loop['node']): string[] {
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
