/** Networks whose weights are not trained. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import { classAt } from './definition-places.js'
import type { Func, Klass, PythonModule } from './module.js'
import { methodOf } from './networks/operations.js'
import { onlyReturn } from './returns.js'
import { lastIdentifier } from './training-calls.js'

/** The new last layer of a network: its weights are trained. */
export const headNames =
  /^(fc|classifier|head|heads|last_linear|linear|lin|out|output|proj|predictor|mlp)\d*$/

const switchedOff = /requires_grad_?\s*(=|\()\s*(requires_grad\s*=\s*)?False|\._?freeze(_parameters)?\(\)/

/** The code takes some weights out of training, whichever they are. */
export function mayFreeze(code: string): boolean {
  return switchedOff.test(code)
}

/** Modules none of whose weights is trained, by name, with the expression that stands for each. `code`: without comments. */
export function frozenModules(python: PythonModule, code: string): Map<string, Expr> {
  const textOf = ({ start, end }: Expr) => python.text.slice(start, end)
  return new Map(frozenOwners(python, code).map((owner) => [textOf(owner), owner]))
}

/** The same, each time that one is frozen. */
export function frozenOwners(python: PythonModule, code: string): Expr[] {
  const frozen: Expr[] = []
  let thawed = false
  for (const loop of python.loops) {
    const { node } = loop
    if (node.type !== 'for') continue
    const { iterable } = node
    if (iterable.type !== 'call' || iterable.callee.type !== 'attribute') continue
    if (!/^(named_)?parameters$/.test(iterable.callee.attr) || iterable.args.length > 0) continue
    const owner = iterable.callee.value
    const set = node.body.map(gradientSwitch)
    const [only] = set
    if (node.body.length === 1 && only === false) frozen.push(owner)
    else if (set.includes(true) && !headNames.test(lastIdentifier(owner))) thawed = true
  }
  for (const call of python.methodCalls('requires_grad_')) {
    const { callee, args } = call.expr
    const [first] = args
    const off = first?.value.type === 'constant' && first.value.value === false
    if (callee.type !== 'attribute') continue
    if (callee.value.type === 'call') {
      // `vae = AutoencoderKL.from_pretrained(…).requires_grad_(False)`
      const { statement } = call
      const made =
        statement.type === 'assign' && statement.targets.length === 1 ? statement.targets[0]! : null
      if (
        off &&
        made !== null &&
        !call.conditional &&
        call.loops.length === 0 &&
        isOuterChain(statement, call.expr)
      )
        frozen.push({ ...made, start: made.start, end: made.end })
      continue
    }
    if (off && !call.conditional && call.loops.length === 0) frozen.push(callee.value)
    else if (!off && !headNames.test(lastIdentifier(callee.value))) thawed = true
  }
  for (const call of python.calls) {
    const { callee } = call.expr
    if (!freezesAll.test(call.method) || call.conditional || call.loops.length > 0) continue
    if (call.name !== null || callee.type !== 'attribute' || callee.value.type === 'call') continue
    if (!isOwnMethod(python, callee)) frozen.push(callee.value)
  }
  // Some of them are trained, from the start or later.
  if (
    thawed ||
    /requires_grad\s*=(?!\s*False)|unfreeze|\.requires_grad\s*=\s*\w*[tT]rainable/.test(
      code.replace(/\b(fc|classifier|heads?)\b.{0,80}?requires_grad\s*=\s*True/gs, ''),
    )
  )
    return []
  return frozen
}

/** Methods of libraries that take all weights of a network out of training. */
const freezesAll = /^(_freeze_parameters|freeze_parameters|freeze)$/

/** A class of the project says what it does: it may freeze a part. */
function isOwnMethod(python: PythonModule, callee: Expr & { type: 'attribute' }): boolean {
  if (python.functionOf(callee) !== null) return true
  const made = python.definition(callee.value)
  const found = made.type === 'call' ? classAt(python, made.callee) : null
  return found !== null && methodOf(found.klass, found.python, callee.attr) !== null
}

/** The call is the value of the statement, or what further moves are called on. */
function isOuterChain(statement: Stmt, call: Expr): boolean {
  let value: Expr | null = statement.type === 'assign' ? statement.value : null
  while (value !== null && value !== call) {
    if (value.type !== 'call' || value.callee.type !== 'attribute') return false
    value = value.callee.value
  }
  return value === call
}

/** `param.requires_grad = False`, `param.requires_grad_(False)` give false. */
export function gradientSwitch(statement: Stmt): boolean | null {
  if (statement.type === 'expr') {
    const { value } = statement
    if (value.type !== 'call' || value.callee.type !== 'attribute') return null
    if (value.callee.attr !== 'requires_grad_' || value.args.length > 1) return null
    const given = value.args[0]?.value
    if (given === undefined) return true
    return given.type === 'constant' && typeof given.value === 'boolean' ? given.value : null
  }
  if (statement.type !== 'assign' || statement.value?.type !== 'constant') return null
  const [target] = statement.targets
  if (target?.type !== 'attribute' || target.attr !== 'requires_grad') return null
  return typeof statement.value.value === 'boolean' ? statement.value.value : null
}

/** The function makes a network, freezes it and returns it. */
export function returnsFrozen(func: Func, frozen: readonly Expr[]): boolean {
  const returned = onlyReturn(func)
  return (
    returned?.type === 'name' &&
    frozen.some(
      (owner) =>
        owner.type === 'name' &&
        owner.id === returned.id &&
        func.node.start < owner.start &&
        owner.end <= func.node.end,
    )
  )
}

/** Every network that the forward pass of the class runs is one that the class has frozen. */
export function isFrozenClass(klass: Klass, frozen: readonly Expr[]): boolean {
  const forward = klass.methods.get('forward')
  if (forward === undefined) return false
  const own = new Set(
    frozen.flatMap((owner) => (isInside(klass, owner) ? [attributeOfSelf(owner) ?? '*'] : [])),
  )
  if (own.has('*')) return true
  const run = forward.calls.flatMap(({ expr: { callee } }) => {
    // `self.net(x)`, `self.net.encode_image(x)`.
    const held =
      attributeOfSelf(callee) ?? (callee.type === 'attribute' ? attributeOfSelf(callee.value) : null)
    return held === null || klass.methods.has(held) ? [] : [held]
  })
  return run.length > 0 && run.every((name) => own.has(name))
}

function isInside(klass: Klass, { start, end }: Expr): boolean {
  return [...klass.methods.values()].some(({ node }) => node.start < start && end <= node.end)
}

/** 'net' of `self.net`. */
function attributeOfSelf(expr: Expr): string | null {
  return expr.type === 'attribute' && expr.value.type === 'name' && expr.value.id === 'self'
    ? expr.attr
    : null
}

/** Attributes that the forward pass of a class calls with what it is given: `self.backbone(x)`. */
export function appliedAttributes(python: PythonModule, func: Func): string[] {
  const params = new Set(func.node.params.map((param) => param.name))
  const applied = func.calls.flatMap(({ expr: { callee, args } }) => {
    if (callee.type !== 'attribute' || callee.value.type !== 'name' || callee.value.id !== 'self') return []
    const given = args.every(
      ({ value }) => value.type === 'name' && params.has(value.id) && python.definition(value) === value,
    )
    return given && args.length > 0 ? [callee.attr] : []
  })
  return [...new Set(applied)]
}
