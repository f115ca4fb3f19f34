/** Follows the `forward` of a network with the sizes of one sample: constructors, layers, loops over layers. */

import { LayerTape, type LayerTotals, Unfollowed } from '../../estimate/layers.js'
import { classAt, functionAt } from '../../python/definition-places.js'
import type { Klass, PythonModule } from '../../python/module.js'
import type { CallExpr, Expr, Stmt } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { layerCalls } from './layer-calls.js'
import { bind, initialise } from './network-constructor.js'
import { NetworkEvaluation } from './network-evaluation.js'
import { assigned } from './network-targets.js'
import {
  emptyScope,
  isLayer,
  isNetwork,
  isSelf,
  isTensor,
  type Layer,
  made,
  type Scope,
  type Value,
} from './network-values.js'
import { recurrent } from './recurrent-layers.js'
import { tensorCall } from './tensor-calls.js'

const deepest = 16

/**
 * What the network that this expression makes keeps for one sample of this shape.
 * @throws Unfollowed where it does what is not followed, or sizes do not fit together
 */
export function followNetwork(
  python: PythonModule,
  network: CallExpr,
  input: readonly number[],
): LayerTotals & { name: string } {
  return new Follower(new LayerTape(input)).run(network, emptyScope(python))
}

export class Follower extends NetworkEvaluation {
  run(network: CallExpr, scope: Scope): LayerTotals & { name: string } {
    const layer = this.call(network, scope, 0, 'net')
    if (!isLayer(layer)) throw new Unfollowed('no network')
    const result = this.apply(layer, [this.tape.input], 'net', 0)
    if (!isTensor(result) && !(Array.isArray(result) && result.some(isTensor)))
      throw new Unfollowed('no result')
    return { ...this.tape.result(), name: nameOf(layer.layer) }
  }

  /** What a layer or network makes of its inputs. `key` tells layers apart. */
  protected apply({ layer, scope }: Layer, inputs: Value[], key: string, depth: number): Value {
    this.tick()
    if (depth > deepest) throw new Unfollowed('too deep')
    const name = scope.python.nameOf(layer.callee)
    const own = `${key}/${layer.start}`
    if (name === 'torch.nn.Sequential') return this.sequence(layer, scope, inputs, own, depth)
    const known = name === null ? undefined : lookUp(layerCalls, torchLayer(name) ?? '')
    if (known !== undefined) {
      const [x] = inputs
      if (!isTensor(x)) throw new Unfollowed('an input that is no tensor')
      return known(this.tape, own, x, this.argumentsOf(layer, scope, 0))
    }
    const [x] = inputs
    const states = name === null ? null : /^torch\.nn\.(?:modules\.rnn\.)?(LSTM|GRU|RNN)$/.exec(name)
    if (states !== null && isTensor(x))
      return recurrent(
        this.tape,
        own,
        x,
        states[1] as 'LSTM' | 'GRU' | 'RNN',
        this.argumentsOf(layer, scope, 0),
      )
    const found = classAt(scope.python, layer.callee)
    if (found === null || !isNetwork(found.klass))
      throw new Unfollowed(`${name ?? 'a layer'} is not followed`)
    return this.network(found.klass, found.python, { layer, scope }, inputs, own, depth)
  }

  private sequence(layer: CallExpr, scope: Scope, inputs: Value[], own: string, depth: number): Value {
    let value: Value = inputs[0]
    layer.args.forEach((argument, index) => {
      const parts =
        argument.star === 1 ? this.list(argument.value, scope) : [this.value(argument.value, scope, depth)]
      parts
        // `OrderedDict([('conv', nn.Conv2d(…)), …])`
        .flatMap((part) =>
          Array.isArray(part) ? part.map((one) => (Array.isArray(one) ? one[1] : one)) : [part],
        )
        .forEach((part, at) => {
          if (!isLayer(part)) throw new Unfollowed('a layer that is not readable')
          value = this.apply(part, [value], `${own}.${index}.${at}`, depth + 1)
        })
    })
    return value
  }

  private network(
    klass: Klass,
    python: PythonModule,
    { layer, scope }: Layer,
    inputs: Value[],
    key: string,
    depth: number,
  ): Value {
    const [init, forward] = [klass.methods.get('__init__'), klass.methods.get('forward')]
    if (forward === undefined) throw new Unfollowed('no forward')
    const own = new Map<string, Value>([['training', true]])
    const constructed: Scope = { names: new Map(), own, klass, python }
    if (init !== undefined) {
      bind(init.node, layer, scope, constructed, this)
      initialise(init.node.body, constructed, this)
    }
    const running: Scope = { names: new Map(), own, klass, python }
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
  protected body(statements: Stmt[], scope: Scope, key: string, depth: number): { value: Value } | undefined {
    for (const statement of statements) {
      this.tick()
      switch (statement.type) {
        case 'return':
          return { value: statement.value === null ? null : this.value(statement.value, scope, depth, key) }
        case 'assign':
          if (statement.value !== null) this.assign(statement.targets, statement.value, scope, depth, key)
          break
        case 'augassign':
          this.augment(statement, scope, depth, key)
          break
        case 'if': {
          const truth = this.truth(statement.test, scope)
          if (truth === undefined) throw new Unfollowed('a condition that is not readable')
          const result = this.body(truth ? statement.body : statement.orelse, scope, key, depth)
          if (result !== undefined) return result
          break
        }
        case 'with': {
          const result = this.body(statement.body, scope, key, depth)
          if (result !== undefined) return result
          break
        }
        case 'for':
          this.list(statement.iterable, scope).forEach((item, index) => {
            if (!assigned(statement.target, item, scope.names))
              throw new Unfollowed('a loop that is not followed')
            if (this.body(statement.body, scope, `${key}#${index}`, depth) !== undefined)
              throw new Unfollowed('a loop that returns')
          })
          break
        case 'expr':
          this.statement(statement.value, scope, depth, key)
          break
        case 'pass':
        case 'assert':
        case 'import':
          break
        default:
          throw new Unfollowed('a statement that is not followed')
      }
    }
    return undefined
  }

  /** An expression that stands for itself. */
  protected statement(expr: Expr, scope: Scope, _depth: number, _key: string): void {
    if (expr.type === 'constant' || isPrint(expr) || this.grow(expr, scope)) return
    throw new Unfollowed('a statement that is not followed')
  }

  /** `layers.append(nn.Linear(n, m))`, `layers += […]` of a function that makes layers. */
  private grow(expr: Expr, scope: Scope): boolean {
    if (expr.type !== 'call' || expr.callee.type !== 'attribute' || expr.callee.value.type !== 'name')
      return false
    const { attr, value: list } = expr.callee
    const before = scope.names.get(list.id)
    const [item] = expr.args
    if (!Array.isArray(before) || item === undefined || (attr !== 'append' && attr !== 'extend')) return false
    const added = attr === 'append' ? [this.value(item.value, scope, 0)] : this.list(item.value, scope)
    scope.names.set(list.id, [...before, ...added])
    return true
  }

  private augment(
    { target, op, value }: Stmt & { type: 'augassign' },
    scope: Scope,
    depth: number,
    key: string,
  ): void {
    const notFollowed = 'an assignment that is not followed'
    if (target.type !== 'name') throw new Unfollowed(notFollowed)
    const before = scope.names.get(target.id)
    const added = this.value(value, scope, depth, key)
    const sign = op.replace('=', '')
    if (isTensor(before) && isTensor(added) && sign === '+')
      scope.names.set(target.id, this.tape.sum(before, added))
    else if (Array.isArray(before) && Array.isArray(added) && sign === '+')
      scope.names.set(target.id, [...before, ...added])
    else if (typeof before === 'number' && typeof added === 'number' && /^[+\-*]$/.test(sign))
      scope.names.set(
        target.id,
        sign === '+' ? before + added : sign === '-' ? before - added : before * added,
      )
    else throw new Unfollowed(notFollowed)
  }

  private assign(targets: Expr[], expr: Expr, scope: Scope, depth: number, key: string): void {
    const value = this.value(expr, scope, depth, key)
    for (const target of targets)
      if (!assigned(target, value, scope.names)) throw new Unfollowed('an assignment that is not followed')
  }

  protected call(expr: CallExpr, scope: Scope, depth: number, key: string): Value {
    const { callee } = expr
    const { python } = scope
    const name = python.nameOf(callee)
    if (name === 'torch.nn.ModuleList' || name === 'collections.OrderedDict') {
      const [items] = expr.args
      return items === undefined ? [] : this.list(items.value, scope)
    }
    if (callee.type === 'name' && (name === null || name === callee.id) && !scope.names.has(callee.id)) {
      const plain = this.builtin(callee.id, expr, scope)
      if (plain !== undefined) return plain
    }
    if (name !== null && torchLayer(name) !== null && /^[A-Z]/.test(torchLayer(name)!))
      return made(expr, scope)
    const inputs = () =>
      expr.args.filter((one) => one.name === null).map((one) => this.value(one.value, scope, depth, key))
    const called = this.called(callee, scope, depth, key)
    if (isLayer(called)) return this.apply(called, inputs(), key, depth + 1)
    if (isNetwork(classAt(python, callee)?.klass ?? null)) return made(expr, scope)
    if (callee.type === 'attribute' && isSelf(callee.value) && scope.klass !== null)
      return this.method(callee.attr, expr, scope, depth, key)
    const func = name === null ? null : /^torch\.(?:nn\.functional\.)?(\w+)$/.exec(name)
    if (func !== null)
      return this.function(func[1]!, expr, this.first(expr, scope, depth, key), scope, depth, key, 1)
    const own = functionAt(python, callee)
    if (own !== null) {
      const inner: Scope = emptyScope(own.python)
      return this.execute(own.func.node.params, own.func.node.body, expr, scope, inner, depth, key)
    }
    if (callee.type === 'attribute') {
      const receiver = this.value(callee.value, scope, depth, key)
      if (isLayer(receiver) && passing.test(callee.attr)) return receiver
      return this.function(callee.attr, expr, receiver, scope, depth, key, 0)
    }
    throw new Unfollowed('a call that is not followed')
  }

  /** `self.layer(x)`, a name that holds a layer, `nn.ReLU()(x)`. */
  protected called(callee: Expr, scope: Scope, depth: number, key: string): Value {
    if (callee.type === 'name') return scope.names.get(callee.id)
    if (callee.type === 'attribute')
      return isSelf(callee.value) && scope.klass !== null ? scope.own.get(callee.attr) : undefined
    return callee.type === 'call' || callee.type === 'subscript'
      ? this.value(callee, scope, depth, key)
      : undefined
  }

  private builtin(id: string, expr: CallExpr, scope: Scope): Value {
    const [first] = expr.args
    if (first === undefined) return undefined
    if (/^(range|enumerate|reversed|zip|list|tuple)$/.test(id)) return this.list(expr, scope)
    if (id === 'len') return this.list(first.value, scope).length
    if (!/^(int|round|max|min)$/.test(id)) return undefined
    const values = expr.args.flatMap((one) => this.value(one.value, scope, 0))
    if (!values.every((one) => typeof one === 'number')) return undefined
    if (id === 'int') return Math.trunc(values[0]!)
    return id === 'round' ? Math.round(values[0]!) : id === 'max' ? Math.max(...values) : Math.min(...values)
  }

  /** A method of the network: a part of its `forward`, or one that makes layers. */
  private method(name: string, expr: CallExpr, scope: Scope, depth: number, key: string): Value {
    const func = scope.klass?.methods.get(name)
    if (func === undefined) throw new Unfollowed('a method or layer that is not followed')
    const isStatic = func.node.decorators.some((one) => one.type === 'name' && one.id === 'staticmethod')
    const params = func.node.params.slice(isStatic ? 0 : 1)
    return this.execute(params, func.node.body, expr, scope, { ...scope, names: new Map() }, depth, key)
  }

  private execute(
    all: (Stmt & { type: 'function' })['params'],
    body: Stmt[],
    expr: CallExpr,
    outer: Scope,
    inner: Scope,
    depth: number,
    key: string,
  ): Value {
    if (depth > deepest) throw new Unfollowed('too deep')
    const params = all.filter((param) => param.star === 0)
    const positional = expr.args.filter((one) => one.name === null)
    params.forEach((param, index) => {
      const given = expr.args.find((one) => one.name === param.name) ?? positional[index]
      if (given !== undefined) inner.names.set(param.name, this.quiet(given.value, outer))
      else if (param.default !== null) inner.names.set(param.name, this.quiet(param.default, inner))
    })
    const result = this.body(body, inner, `${key}/${expr.start}`, depth + 1)
    if (result === undefined) throw new Unfollowed('a function that returns nothing')
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
}

/** Methods of a network that give it back. */
const passing = /^(to|cuda|cpu|float|train|double|half|apply)$/

function torchLayer(name: string): string | null {
  return /^torch\.nn\.(?:modules\.\w+\.)?(\w+)$/.exec(name)?.[1] ?? null
}

function isPrint(expr: Expr): boolean {
  return expr.type === 'call' && expr.callee.type === 'name' && expr.callee.id === 'print'
}

function nameOf({ callee }: CallExpr): string {
  return callee.type === 'attribute' ? callee.attr : callee.type === 'name' ? callee.id : 'Sequential'
}
