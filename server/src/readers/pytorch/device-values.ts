/** Which values of a step live on the accelerator: what comes from a model, from a loss, from `.cuda()`. */

import type { Func, Klass, PythonModule } from '../../python/module.js'
import { isNetworkType } from '../../python/network-types.js'
import type { Binding } from '../../python/scope.js'
import { isBackward, lastIdentifier } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, lastName } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { isModelCall } from './forward-block.js'
import { callsIn, type HotCode } from './hot-code.js'

/** Attributes and methods of a tensor that the host knows without asking the accelerator. */
const hostAttributes =
  /^(shape|device|dtype|ndim|is_cuda|requires_grad|grad_fn|layout|itemsize|training|data_ptr|batch_size|config|input_ids)$/
const hostMethods =
  /^(size|dim|numel|nelement|stride|is_contiguous|get_device|element_size|keys|type|ndimension|state_dict|parameters|named_parameters)$/
/** Methods that bring a value to the host. */
export const readingMethods = /^(item|tolist|numpy|cpu)$/
const hostFunctions =
  /^(len|float|int|bool|str|range|isinstance|hasattr|type|print|id|getattr|repr|enumerate|round)$/

/** What a library calls giving the accelerator work. */
export interface Dialect {
  /** A call whose result is a value on the accelerator. */
  computes(analysis: PythonModule, call: Expr & { type: 'call' }): boolean
  /** Packages whose functions keep values on the accelerator. */
  libraries: RegExp
  /** Functions that bring their argument to the host, or wait for it. */
  readers: RegExp | null
  /** Attributes that are values on the accelerator, whatever has them. */
  attributes: RegExp | null
}

export const torchDialect: Dialect = {
  // Clipping gives back the norm of all gradients.
  computes: (analysis, call) =>
    isModelCall(analysis, call) ||
    isOwnForward(analysis, call) ||
    lastIdentifier(call.callee) === 'clip_grad_norm_',
  libraries: /^(torch|torchmetrics|torchvision|einops|transformers|accelerate)\./,
  readers: null,
  attributes: /^grad$/,
}

/** `self(x)`, `self.forward(x)` in the class of a network. */
function isOwnForward(analysis: PythonModule, { callee }: Expr & { type: 'call' }): boolean {
  const called = callee.type === 'attribute' && callee.attr === 'forward' ? callee.value : callee
  if (called.type !== 'name' || called.id !== 'self') return false
  const around = analysis.classes.filter(({ node }) => node.start < callee.start && callee.end <= node.end)
  return around.at(-1)?.bases.some(isNetworkType) === true
}

/** What is known of the code of a step, which several readers ask. */
export function deviceValues(
  analysis: PythonModule,
  code: HotCode,
  onDevice: ReadonlySet<string> | undefined,
  dialect: Dialect = torchDialect,
): DeviceValues {
  const known = once(code, 'values on the device', () => new Map<unknown, Map<Dialect, DeviceValues>>())
  const found = known.get(onDevice) ?? new Map<Dialect, DeviceValues>()
  known.set(onDevice, found)
  const values = found.get(dialect) ?? new DeviceValues(analysis, code, dialect, onDevice)
  found.set(dialect, values)
  return values
}

/** Functions that return what another one returns. */
const mostReturns = 8

export class DeviceValues {
  /** Names by the function they stand in; attributes of `self` stand for themselves. */
  private readonly names = new Set<string>()
  /** Their names are their own. */
  private readonly comprehensions: (Expr & { type: 'comprehension' })[] = []

  constructor(
    private readonly analysis: PythonModule,
    private readonly code: HotCode,
    private readonly dialect: Dialect = torchDialect,
    /** Parameters of the function that is the step. */
    onDevice: ReadonlySet<string> = new Set(),
  ) {
    for (const name of onDevice) this.names.add(this.key(name, code.statements[0]?.func ?? null))
    for (const { expressions } of code.statements)
      for (const expr of expressions) this.collectComprehensions(expr)
    for (let round = 0; round < 3; round++) {
      const before = this.names.size
      for (const { statement, func, expressions } of code.statements) {
        for (const expr of expressions) this.seed(expr, func)
        if (statement.type === 'assign' && statement.value !== null) {
          if (this.holds(statement.value, func))
            for (const target of statement.targets) this.mark(target, func)
          // `loss, acc = step(batch)`: what a function of the step returns.
          else if (this.returnsDevice(statement.value))
            for (const target of statement.targets) this.mark(target, func)
        } else if (statement.type === 'augassign' && this.holds(statement.value, func))
          this.mark(statement.target, func)
        else if (statement.type === 'for')
          for (const { target, device } of this.items(statement.target, statement.iterable, func))
            if (device) this.mark(target, func)
      }
      this.markParameters()
      if (this.names.size === before) break
    }
  }

  private collectComprehensions(expr: Expr): void {
    if (expr.type === 'comprehension') this.comprehensions.push(expr)
    for (const child of childrenOf(expr)) this.collectComprehensions(child)
  }

  /** What a loop or a comprehension binds, by its parts: the key of `losses.items()` is no tensor. */
  private items(
    target: Expr,
    iterable: Expr,
    func: Func | null,
    depth = 0,
  ): { target: Expr; device: boolean }[] {
    const parts = target.type === 'tuple' || target.type === 'list' ? target.items : null
    const whole = [{ target, device: this.holds(iterable, func, depth + 1) }]
    if (iterable.type !== 'call') return whole
    const method = lastIdentifier(iterable.callee)
    const parameters = this.dialect.attributes?.test('grad') === true
    if (parameters && method === 'parameters') return [{ target, device: true }]
    const pair = parts?.length === 2 ? parts : null
    const [first, second] = pair ?? []
    if (first === undefined || second === undefined) return whole
    if (parameters && method === 'named_parameters') return [{ target: second, device: true }]
    if (method === 'items') return [{ target: second, device: whole[0]!.device }]
    const counted = iterable.args[0]?.value
    if (method === 'enumerate' && counted !== undefined) return this.items(second, counted, func, depth + 1)
    return whole
  }

  private key(name: string, func: Func | null): string {
    if (!name.startsWith('self.')) return `${func?.index ?? -1}:${name}`
    // A loss or a layer has attributes of its own.
    const network = func?.class?.bases.some(isNetworkType) === true ? rootOf(this.analysis, func.class) : null
    return network === null ? name : `${network.name}:${name}`
  }

  private seed(expr: Expr, func: Func | null): void {
    for (const call of callsIn(this.analysis, expr)) {
      if (!isBackward(call)) continue
      const { callee, args } = call.expr
      if (callee.type !== 'attribute') continue
      const first = args.find((one) => one.name === null)?.value
      for (const one of [callee.value, ...(first === undefined ? [] : [first])])
        if (one.type === 'name' && !/accelerator|fabric|engine|scaler|trainer|optim|^self$/i.test(one.id))
          this.mark(one, func)
    }
  }

  private mark(target: Expr, func: Func | null): void {
    if (target.type === 'name') this.names.add(this.key(target.id, func))
    else if (target.type === 'attribute' && target.value.type === 'name' && target.value.id === 'self')
      this.names.add(this.key(`self.${target.attr}`, func))
    else if (target.type === 'tuple' || target.type === 'list')
      for (const item of target.items) this.mark(item, func)
  }

  private markParameters(): void {
    for (const [func, call] of this.code.followed) {
      const shift = func.class !== null && /^(self|cls)$/.test(func.node.params[0]?.name ?? '') ? 1 : 0
      call.expr.args.forEach((argument, position) => {
        if (!this.holds(argument.value, call.function)) return
        const name = argument.name ?? func.node.params[position + shift]?.name
        if (name !== undefined) this.names.add(this.key(name, func))
      })
    }
  }

  private returnsDevice(value: Expr, depth = 0): boolean {
    if (value.type !== 'call') return false
    const func = this.analysis.functionOf(value.callee)
    if (func === null || !this.code.followed.has(func)) return false
    return this.code.statements.some(
      ({ statement, func: owner }) =>
        owner === func &&
        statement.type === 'return' &&
        statement.value !== null &&
        (statement.value.type === 'tuple' ? statement.value.items : [statement.value]).some((one) =>
          this.stillHolds(one, func, depth + 1),
        ),
    )
  }

  /** The code holds a comprehension. */
  get comprehends(): boolean {
    return this.comprehensions.length > 0
  }

  /** True where the expression is, or holds, a value on the accelerator. */
  holds(expr: Expr, func: Func | null, depth = 0): boolean {
    if (depth > 40) return false
    const inner = (one: Expr) => this.holds(one, func, depth + 1)
    switch (expr.type) {
      case 'name': {
        const bound = this.boundBy(expr, func, depth)
        if (bound !== null) return bound
        if (!this.names.has(this.key(expr.id, func))) return false
        const from = loopValueOf(this.analysis, expr)
        return from === null || inner(from)
      }
      case 'attribute':
        if (hostAttributes.test(expr.attr)) return false
        if (this.dialect.attributes?.test(expr.attr) === true && this.analysis.nameOf(expr) === null)
          return true
        if (expr.value.type === 'name' && expr.value.id === 'self')
          return this.names.has(this.key(`self.${expr.attr}`, func))
        return inner(expr.value)
      case 'subscript':
        return inner(expr.value)
      case 'call':
        return this.callHolds(expr, func, depth)
      case 'binary':
        if (/^(is|is not|in|not in|and|or)$/.test(expr.op)) return false
        return inner(expr.left) || inner(expr.right)
      case 'constant':
      case 'lambda':
      case 'fstring':
        return false
      case 'comprehension':
        return inner(expr.value ?? expr.element)
      case 'dict':
        return expr.entries.some((entry) => inner(entry.value))
      default:
        return childrenOf(expr).some(inner)
    }
  }

  /** The same, and where it is a name, the step has not given it to a value of the host by then: `loss = loss.item()`. */
  stillHolds(expr: Expr, func: Func | null, depth = 0): boolean {
    if (!this.holds(expr, func, depth)) return false
    if (expr.type !== 'name' || depth > mostReturns) return true
    let last: Binding | null = null
    for (const one of this.analysis.bindingsOf(expr))
      if (one.at < expr.start && (last === null || one.at > last.at)) last = one
    if (last === null || last.kind !== 'assign' || last.value === null) return true
    const { value, unpack } = last
    const returned = this.returnedItems(value, unpack)
    if (returned !== null) return returned.some(({ item, from }) => this.stillHolds(item, from, depth + 1))
    return unpack !== null || this.holds(value, func, depth + 1)
  }

  /** What a function of the step returns, or the part of it that a name gets; null: it is no such call, or not known. */
  private returnedItems(value: Expr, unpack: readonly number[] | null): { item: Expr; from: Func }[] | null {
    const func = value.type === 'call' ? this.analysis.functionOf(value.callee) : null
    if (func === null || !this.code.followed.has(func) || (unpack?.length ?? 0) > 1) return null
    const [at] = unpack ?? []
    const items: { item: Expr; from: Func }[] = []
    for (const { statement, func: owner } of this.code.statements) {
      if (owner !== func || statement.type !== 'return' || statement.value === null) continue
      const whole = statement.value
      const item = at === undefined ? whole : whole.type === 'tuple' ? whole.items[at] : undefined
      if (item === undefined) return null
      items.push({ item, from: func })
    }
    return items.length === 0 ? null : items
  }

  /** Whether a name that a comprehension around it binds is a value on the accelerator; null: none binds it. */
  private boundBy(name: Expr & { type: 'name' }, func: Func | null, depth: number): boolean | null {
    for (const { start, end, clauses } of [...this.comprehensions].reverse()) {
      if (name.start < start || name.end > end) continue
      for (const { target, iterable } of [...clauses].reverse()) {
        if (!binds(target, name.id) || (iterable.start <= name.start && name.end <= iterable.end)) continue
        return this.items(target, iterable, func, depth + 1).some(
          (one) => one.device && binds(one.target, name.id),
        )
      }
    }
    return null
  }

  private callHolds(expr: Expr & { type: 'call' }, func: Func | null, depth: number): boolean {
    const inner = (one: Expr) => this.holds(one, func, depth + 1)
    const { callee } = expr
    const given = expr.args.map((one) => one.value)
    if (callee.type === 'attribute') {
      if (readingMethods.test(callee.attr) || hostMethods.test(callee.attr)) return false
      if (callee.attr === 'to' && isProcessor(given[0])) return false
      if (callee.attr === 'cuda') return true
      if (callee.attr === 'to' && given.length > 0) return inner(callee.value) || namesDevice(given[0]!)
    }
    if (callee.type === 'name' && hostFunctions.test(callee.id)) return false
    if (this.dialect.computes(this.analysis, expr)) return !isContainerCall(expr)
    const name = this.analysis.callAt(expr)?.name ?? null
    if (name !== null && this.dialect.readers?.test(name) === true) return false
    if (name?.includes('.') === true && !this.dialect.libraries.test(name)) return false
    const returned = this.returnedItems(expr, null)
    if (returned?.every(({ item }) => isNumber(this.analysis, item)) === true) return false
    return (
      (callee.type === 'attribute' && name === null && inner(callee.value)) ||
      given.some(inner) ||
      (depth < mostReturns && this.returnsDevice(expr, depth))
    )
  }
}

/** A number of the host, as it is written: `hits.item() / count`. */
function isNumber(analysis: PythonModule, expr: Expr, depth = 0): boolean {
  const inner = (one: Expr): boolean => isNumber(analysis, one, depth + 1)
  if (depth > 6) return false
  switch (expr.type) {
    case 'constant':
      return true
    case 'binary':
      return inner(expr.left) && inner(expr.right)
    case 'tuple':
      return expr.items.every(inner)
    case 'name': {
      const made = analysis.definition(expr)
      return made !== expr && inner(made)
    }
    case 'call':
      return expr.callee.type === 'attribute'
        ? readingMethods.test(expr.callee.attr) || /^(size|numel|dim)$/.test(expr.callee.attr)
        : expr.callee.type === 'name' && /^(float|int|len|round)$/.test(expr.callee.id)
    default:
      return false
  }
}

/** The class of this module that a class is derived from in the end. */
function rootOf(python: PythonModule, klass: Klass, depth = 0): Klass {
  const [base] = klass.node.bases.flatMap(({ name, value }) =>
    name === null ? (python.classOf(value) ?? []) : [],
  )
  return base === undefined || base === klass || depth > 8 ? klass : rootOf(python, base, depth + 1)
}

/** What a loop takes a name from, where it is read before the body binds it anew; null: it is bound otherwise. */
function loopValueOf({ loops }: PythonModule, name: Expr & { type: 'name' }): Expr | null {
  for (const { node } of loops) {
    if (node.type !== 'for' || name.start < node.iterable.end || name.end > node.end) continue
    if (!binds(node.target, name.id)) continue
    const before = node.body.find((one) => rebinds(one, name.id))
    if (before === undefined) continue
    // The right side of an assignment is read first.
    const limit = before.type === 'assign' ? before.end : before.start
    if (name.end <= limit) return node.iterable
  }
  return null
}

function binds(target: Expr, name: string): boolean {
  if (target.type === 'name') return target.id === name
  return (target.type === 'tuple' || target.type === 'list') && target.items.some((one) => binds(one, name))
}

function rebinds(statement: Stmt, name: string): boolean {
  if (statement.type === 'assign' && statement.targets.some((one) => binds(one, name))) return true
  if (statement.type === 'augassign' && binds(statement.target, name)) return true
  if (statement.type === 'for' && binds(statement.target, name)) return true
  return blocksOf(statement).some((block) => block.some((one) => rebinds(one, name)))
}

function isProcessor(expr: Expr | undefined): boolean {
  return expr?.type === 'constant' && expr.value === 'cpu'
}

function namesDevice(expr: Expr): boolean {
  if (expr.type === 'constant') return typeof expr.value === 'string' && /^cuda/.test(expr.value)
  const name = lastName(expr)
  return /device|gpu|rank/i.test(name)
}

/** Methods on a model that are not its forward pass. */
function isContainerCall(expr: Expr & { type: 'call' }): boolean {
  return (
    expr.callee.type === 'attribute' &&
    /^(save|save_pretrained|load|load_state_dict|named_|modules|children|log|log_dict|apply|buffers|no_sync|get_\w+|set_\w+|update\w*|register\w*|backward|step|print\w*|write\w*|tokenize|decode|batch_decode|encode_batch)/.test(
      expr.callee.attr,
    )
  )
}
