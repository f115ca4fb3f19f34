/** Follows the `forward` of a network with the sizes of one sample: constructors, layers, loops over layers. */

import { LayerTape, type LayerTotals, Unfollowed } from '../../estimate/layers.js'
import type { Klass, PythonModule } from '../../python/module.js'
import type { CallExpr, Expr, Stmt } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { effective } from '../../values/value.js'
import { type Arguments, layerCalls } from './layer-calls.js'
import { bind, type Evaluator, initialise } from './network-constructor.js'
import {
  given,
  isLayer,
  isNetwork,
  isSelf,
  isTensor,
  type Layer,
  made,
  type Scope,
  type Value,
} from './network-values.js'
import { arithmetic, tensorCall, withBatch } from './tensor-calls.js'

const deepest = 12
const mostSteps = 4_000

/**
 * What the network that this call makes keeps for one sample of this shape.
 * @throws Unfollowed where it does what is not followed, or sizes do not fit together
 */
export function followNetwork(python: PythonModule, made: CallExpr, input: readonly number[]): LayerTotals {
  return new Follower(python, input).run(made)
}

class Follower implements Evaluator {
  private readonly tape: LayerTape
  private steps = 0

  constructor(
    private readonly python: PythonModule,
    input: readonly number[],
  ) {
    this.tape = new LayerTape(input)
  }

  run(made: CallExpr): LayerTotals {
    const layer: Layer = { layer: made, scope: { names: new Map(), own: new Map(), klass: null } }
    const result = this.apply(layer, [this.tape.input], 'net', 0)
    if (!isTensor(result) && !(Array.isArray(result) && result.some(isTensor)))
      throw new Unfollowed('no result')
    return this.tape.result()
  }

  tick(): void {
    if (++this.steps > mostSteps) throw new Unfollowed('too long')
  }

  /** What a layer or network makes of its inputs. `key` tells layers apart. */
  private apply({ layer, scope }: Layer, inputs: Value[], key: string, depth: number): Value {
    this.tick()
    if (depth > deepest) throw new Unfollowed('too deep')
    const name = this.python.nameOf(layer.callee)
    const own = `${key}/${layer.start}`
    if (name === 'torch.nn.Sequential') {
      let value: Value = inputs[0]
      layer.args.forEach((argument, index) => {
        const parts =
          argument.star === 1 ? this.list(argument.value, scope) : [this.value(argument.value, scope, depth)]
        parts.forEach((part, at) => {
          if (!isLayer(part)) throw new Unfollowed('a layer that is not readable')
          value = this.apply(part, [value], `${own}.${index}.${at}`, depth + 1)
        })
      })
      return value
    }
    const known = name === null ? undefined : lookUp(layerCalls, /^torch\.nn\.(\w+)$/.exec(name)?.[1] ?? '')
    if (known !== undefined) {
      const [x] = inputs
      if (!isTensor(x)) throw new Unfollowed('an input that is no tensor')
      return known(this.tape, own, x, this.argumentsOf(layer, scope, 0))
    }
    const klass = this.python.classOf(layer.callee)
    if (!isNetwork(klass)) throw new Unfollowed(`${name ?? 'a layer'} is not followed`)
    return this.network(klass, { layer, scope }, inputs, own, depth)
  }

  private network(klass: Klass, { layer, scope }: Layer, inputs: Value[], key: string, depth: number): Value {
    const [init, forward] = [klass.methods.get('__init__'), klass.methods.get('forward')]
    if (forward === undefined) throw new Unfollowed('no forward')
    const own = new Map<string, Value>()
    const made: Scope = { names: new Map(), own, klass }
    if (init !== undefined) {
      bind(init.node, layer, scope, made, this)
      initialise(init.node.body, made, this)
    }
    const running: Scope = { names: new Map(), own, klass }
    const params = forward.node.params.filter((param) => param.star === 0).slice(1)
    params.forEach((param, index) => {
      if (index < inputs.length) running.names.set(param.name, inputs[index])
      else if (param.default !== null)
        running.names.set(param.name, this.value(param.default, running, depth))
    })
    const result = this.body(forward.node.body, running, key, depth)
    if (result === undefined) throw new Unfollowed('no result')
    return result.value
  }

  /** Undefined: it ends without `return`. */
  private body(statements: Stmt[], scope: Scope, key: string, depth: number): { value: Value } | undefined {
    for (const statement of statements) {
      this.tick()
      switch (statement.type) {
        case 'return':
          return { value: statement.value === null ? null : this.value(statement.value, scope, depth, key) }
        case 'assign':
          if (statement.value !== null) this.assign(statement.targets, statement.value, scope, depth, key)
          break
        case 'augassign': {
          if (statement.target.type !== 'name' || statement.op.replace('=', '') !== '+')
            throw new Unfollowed('an assignment that is not followed')
          const before = scope.names.get(statement.target.id)
          const added = this.value(statement.value, scope, depth, key)
          if (!isTensor(before) || !isTensor(added)) throw new Unfollowed('a sum that is not followed')
          scope.names.set(statement.target.id, this.tape.sum(before, added))
          break
        }
        case 'for': {
          if (statement.target.type !== 'name') throw new Unfollowed('a loop that is not followed')
          const { id } = statement.target
          this.list(statement.iterable, scope).forEach((item, index) => {
            scope.names.set(id, item)
            if (this.body(statement.body, scope, `${key}#${index}`, depth) !== undefined)
              throw new Unfollowed('a loop that returns')
          })
          break
        }
        case 'expr':
          if (statement.value.type !== 'constant' && !isPrint(statement.value))
            throw new Unfollowed('a statement that is not followed')
          break
        case 'pass':
        case 'assert':
          break
        default:
          throw new Unfollowed('a statement that is not followed')
      }
    }
    return undefined
  }

  private assign(targets: Expr[], expr: Expr, scope: Scope, depth: number, key: string): void {
    const value = this.value(expr, scope, depth, key)
    for (const target of targets) {
      if (target.type === 'name') scope.names.set(target.id, value)
      else if (target.type === 'tuple' && Array.isArray(value) && value.length === target.items.length)
        target.items.forEach((item, index) => {
          if (item.type !== 'name') throw new Unfollowed('an assignment that is not followed')
          scope.names.set(item.id, value[index])
        })
      else throw new Unfollowed('an assignment that is not followed')
    }
  }

  /** Undefined where it cannot be followed: it matters only to what uses it. */
  quiet(expr: Expr, scope: Scope): Value {
    return attempt(() => this.value(expr, scope, 0))
  }

  items(expr: Expr, scope: Scope): Value[] | undefined {
    return attempt(() => this.list(expr, scope))
  }

  private value(expr: Expr, scope: Scope, depth: number, key = ''): Value {
    this.tick()
    switch (expr.type) {
      case 'constant':
        return expr.value
      case 'name':
        if (scope.names.has(expr.id)) return given(scope.names.get(expr.id))
        return this.folded(expr)
      case 'attribute':
        if (isSelf(expr.value)) return given(scope.own.get(expr.attr))
        if (expr.attr === 'shape') {
          const x = this.value(expr.value, scope, depth, key)
          if (isTensor(x)) return withBatch(x.shape)
        }
        return this.folded(expr)
      case 'tuple':
      case 'list':
        return expr.items.map((item) => this.value(item, scope, depth, key))
      case 'unary': {
        const operand = this.value(expr.operand, scope, depth, key)
        if (expr.op === '-' && typeof operand === 'number') return -operand
        throw new Unfollowed('an expression that is not followed')
      }
      case 'binary':
        return arithmetic(
          this.tape,
          expr.op,
          this.value(expr.left, scope, depth, key),
          this.value(expr.right, scope, depth, key),
        )
      case 'subscript': {
        const list = this.value(expr.value, scope, depth, key)
        const index = this.value(expr.index, scope, depth, key)
        if (!Array.isArray(list) || typeof index !== 'number')
          throw new Unfollowed('an index that is not followed')
        return given(list.at(index))
      }
      case 'call':
        return this.call(expr, scope, depth, key)
      default:
        return this.folded(expr)
    }
  }

  private folded(expr: Expr): Value {
    const value = effective(this.python.fold(expr))
    if (value === undefined || (typeof value === 'object' && !Array.isArray(value)))
      throw new Unfollowed('a value that is not readable')
    return value as Value
  }

  private call(expr: CallExpr, scope: Scope, depth: number, key: string): Value {
    const { callee } = expr
    const name = this.python.nameOf(callee)
    if (name === 'torch.nn.ModuleList') {
      const [items] = expr.args
      return items === undefined ? [] : this.list(items.value, scope)
    }
    if (name !== null && (/^torch\.nn\.[A-Z]\w*$/.test(name) || isNetwork(this.python.classOf(callee))))
      return made(expr, scope)
    if (isNetwork(this.python.classOf(callee))) return made(expr, scope)
    const inputs = () =>
      expr.args.filter((one) => one.name === null).map((one) => this.value(one.value, scope, depth, key))
    // `self.layer(x)`, a name that holds a layer, `nn.ReLU()(x)`.
    const called =
      callee.type === 'name' && scope.names.has(callee.id)
        ? scope.names.get(callee.id)
        : callee.type === 'attribute' && isSelf(callee.value)
          ? scope.own.get(callee.attr)
          : callee.type === 'call' || callee.type === 'subscript'
            ? this.value(callee, scope, depth, key)
            : undefined
    if (isLayer(called)) return this.apply(called, inputs(), key, depth + 1)
    if (callee.type === 'attribute' && isSelf(callee.value))
      return this.method(callee.attr, expr, scope, depth, key)
    const func = name === null ? null : /^torch\.(?:nn\.functional\.)?(\w+)$/.exec(name)
    if (func !== null)
      return this.function(func[1]!, expr, this.first(expr, scope, depth, key), scope, depth, key, 1)
    if (callee.type === 'attribute') {
      const receiver = this.value(callee.value, scope, depth, key)
      return this.function(callee.attr, expr, receiver, scope, depth, key, 0)
    }
    throw new Unfollowed('a call that is not followed')
  }

  /** A method of the network: a part of its `forward`, or one that makes layers. */
  private method(name: string, expr: CallExpr, scope: Scope, depth: number, key: string): Value {
    const func = scope.klass?.methods.get(name)
    if (func === undefined || depth > deepest) throw new Unfollowed('a method or layer that is not followed')
    const isStatic = func.node.decorators.some((one) => one.type === 'name' && one.id === 'staticmethod')
    const params = func.node.params.filter((param) => param.star === 0).slice(isStatic ? 0 : 1)
    const inner: Scope = { ...scope, names: new Map() }
    const positional = expr.args.filter((one) => one.name === null)
    params.forEach((param, index) => {
      const given = expr.args.find((one) => one.name === param.name) ?? positional[index]
      if (given !== undefined) inner.names.set(param.name, this.value(given.value, scope, depth, key))
      else if (param.default !== null) inner.names.set(param.name, this.quiet(param.default, inner))
    })
    const result = this.body(func.node.body, inner, `${key}/${expr.start}`, depth + 1)
    if (result === undefined) throw new Unfollowed('a method that returns nothing')
    return result.value
  }

  private first(expr: CallExpr, scope: Scope, depth: number, key: string): Value {
    const [argument] = expr.args
    if (argument === undefined || argument.star !== 0) throw new Unfollowed('a call that is not followed')
    return this.value(argument.value, scope, depth, key)
  }

  /** `skipped`: positional arguments before those that configure it. */
  private function(
    name: string,
    expr: CallExpr,
    x: Value,
    scope: Scope,
    depth: number,
    key: string,
    skipped: number,
  ): Value {
    return tensorCall(this.tape, x, {
      name,
      key: `${key}/${expr.start}`,
      positional: () =>
        expr.args
          .filter((one) => one.name === null)
          .slice(skipped)
          .map((one) => this.value(one.value, scope, depth, key)),
      given: this.argumentsOf(expr, scope, skipped),
    })
  }

  /** The items of a list, a tuple, `[f(i) for i in range(n)]`, a list of layers. */
  private list(expr: Expr, scope: Scope): Value[] {
    if (expr.type === 'comprehension' && expr.clauses.length === 1 && expr.conditions.length === 0) {
      const { target, iterable } = expr.clauses[0]!
      if (target.type !== 'name') throw new Unfollowed('a list that is not followed')
      return this.list(iterable, scope).map((item) => {
        const inner: Scope = { ...scope, names: new Map(scope.names) }
        inner.names.set(target.id, item)
        return this.value(expr.element, inner, 0)
      })
    }
    if (expr.type === 'call' && expr.callee.type === 'name' && expr.callee.id === 'range') {
      const bounds = expr.args.map((one) => this.value(one.value, scope, 0))
      const [first, second, step] = bounds.map((one) => (typeof one === 'number' ? one : Number.NaN))
      const [from, to] = second === undefined ? [0, first!] : [first!, second]
      const count = Math.ceil((to - from) / (step ?? 1))
      if (!(count >= 0 && count <= 500)) throw new Unfollowed('a list that is not followed')
      return Array.from({ length: count }, (_one, index) => from + index * (step ?? 1))
    }
    const value = this.value(expr, scope, 0)
    if (!Array.isArray(value)) throw new Unfollowed('a list that is not followed')
    return value
  }

  private argumentsOf(expr: CallExpr, scope: Scope, skipped: number): Arguments {
    return {
      value: (name, position) => {
        if (expr.args.some((one) => one.star !== 0)) throw new Unfollowed('arguments that are not readable')
        const found =
          expr.args.find((one) => one.name === name) ??
          expr.args.filter((one) => one.name === null)[position + skipped]
        if (found === undefined) return undefined
        const value = this.value(found.value, scope, 0)
        if (isTensor(value) || isLayer(value)) throw new Unfollowed('arguments that are not readable')
        return value as ReturnType<Arguments['value']>
      },
    }
  }
}

function isPrint(expr: Expr): boolean {
  return expr.type === 'call' && expr.callee.type === 'name' && expr.callee.id === 'print'
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Unfollowed) return undefined
    throw error
  }
}
