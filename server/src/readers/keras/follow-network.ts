/** Follows a Keras network from its inputs to its outputs: Sequential, functional, and what functions make of both. */
import { LayerTape, type LayerTotals, type Tensor, Unfollowed } from '../../estimate/layers.js'
import type { PythonModule } from '../../python/module.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { Follower } from '../pytorch/follow-network.js'
import {
  emptyScope,
  isLayer,
  isStack,
  isTensor,
  type Layer,
  made,
  type Scope,
  type Stack,
  type Value,
} from '../pytorch/network-values.js'
import { kerasLayerCalls } from './layer-calls.js'

/**
 * What the network behind an expression keeps for one sample. `data`: the shape of a sample, for a network that does not say it.
 * @throws Unfollowed where it does what is not followed, or sizes do not fit together
 */
export function followKeras(
  python: PythonModule,
  network: Expr,
  data: readonly number[] | null,
): LayerTotals & { input: number[] } {
  return new KerasFollower(data).total(network, emptyScope(python))
}

const inputCall = /^keras\.(layers\.|engine\.)?(\w+\.)?Input$/
const sequentialCall = /^keras\.(models\.|engine\.)?(\w+\.)?Sequential$/
const modelCall = /^keras\.(models\.|engine\.)?(\w+\.)?(Model|Functional)$/
const layerCall = /^keras\.layers\.(?:\w+\.)*(\w+)$/
/** What is done with a finished network. */
const uses = /^(compile|summary|build|load_weights|set_weights|save\w*|plot\w*|get_layer|display|info|log)$/

class KerasFollower extends Follower {
  /** What stands outside of functions is made once. */
  private readonly evaluated = new Map<Expr, Value>()
  private inputShape: readonly number[] | null = null

  constructor(private readonly data: readonly number[] | null) {
    super(new LayerTape([1]))
  }

  total(network: Expr, scope: Scope): LayerTotals & { input: number[] } {
    const value = this.value(network, scope, 0)
    if (!isStack(value)) throw new Unfollowed('no network')
    if (value.output === undefined) this.through(value, null, 'net')
    if (this.inputShape === null || this.tape.result().parameters === 0) throw new Unfollowed('no layers')
    return { ...this.tape.result(), input: [...this.inputShape] }
  }

  /** What a Sequential makes of its input, or of the one that its first layer tells. */
  private through(stack: Stack, input: Tensor | null, key: string): Value {
    const { stack: layers } = stack
    const [head] = layers
    let value: Value = input ?? (isTensor(head) ? head : this.told(head))
    for (const [index, layer] of layers.entries()) {
      if (isTensor(layer)) continue
      value = this.applied(layer, [value], `${key}.${index}`, 0)
    }
    stack.output = value
    return value
  }

  private told(head: Value): Tensor {
    const shape = isLayer(head) ? this.shapeOf(head.layer, head.scope) : null
    const found = shape ?? this.data
    if (found === null) throw new Unfollowed('the size of a sample')
    const image = isLayer(head) && /2D$/.test(this.layerName(head) ?? '') && found.length === 2
    return this.input(image ? [...found, 1] : found)
  }

  private input(shape: readonly number[]): Tensor {
    this.inputShape ??= shape
    return this.tape.given(shape)
  }

  /** `input_shape=(28, 28)`, `input_dim=784`, `shape=(224, 224, 3)`. */
  private shapeOf(expr: CallExpr, scope: Scope): readonly number[] | null {
    const given = (name: string) => expr.args.find((one) => one.name === name)?.value
    const positional = inputCall.test(scope.python.nameOf(expr.callee) ?? '') ? expr.args[0] : undefined
    const shape =
      given('shape') ?? given('input_shape') ?? (positional?.name === null ? positional.value : undefined)
    const dimension = given('input_dim') ?? given('input_length')
    const batched = given('batch_input_shape') ?? given('batch_shape')
    const isEmbedding = /Embedding$/.test(scope.python.nameOf(expr.callee) ?? '')
    const chosen = shape ?? batched ?? (isEmbedding ? given('input_length') : dimension)
    if (chosen === undefined) return null
    const value = this.quiet(chosen, scope)
    const sizes = [value].flat().slice(chosen === batched ? 1 : 0)
    return sizes.length > 0 && sizes.every((one) => typeof one === 'number' && one > 0)
      ? (sizes as number[])
      : this.data
  }

  protected override named(expr: Expr, scope: Scope, depth: number, key: string): Value {
    const written = scope.python.definition(expr)
    if (written === expr) return this.folded(expr, scope)
    if (this.evaluated.has(written)) return this.evaluated.get(written)
    const value = this.value(written, scope, depth + 1, key)
    this.evaluated.set(written, value)
    // `model.add(…)` of what stands outside of the functions that are run.
    if (isStack(value) && value.output === undefined)
      for (const call of scope.python.calls) {
        const { callee, args } = call.expr
        if (call.method !== 'add' || callee.type !== 'attribute' || call.expr.start < written.start) continue
        if (scope.python.definition(callee.value) !== written || args[0] === undefined) continue
        if (call.loops.length > 0 || scope.python.reach(call.expr.start).state !== 'always')
          throw new Unfollowed('a layer that is added under a condition')
        value.stack.push(this.value(args[0].value, scope, depth + 1, key))
      }
    return value
  }

  protected override call(expr: CallExpr, scope: Scope, depth: number, key: string): Value {
    const name = scope.python.nameOf(expr.callee)
    if (name !== null && inputCall.test(name)) {
      const shape = this.shapeOf(expr, scope) ?? this.data
      if (shape === null) throw new Unfollowed('the size of a sample')
      return this.input(shape)
    }
    if (name !== null && sequentialCall.test(name)) {
      const layers =
        expr.args.find((one) => one.name === 'layers') ?? expr.args.find((one) => one.name === null)
      return { stack: layers === undefined ? [] : [...this.list(layers.value, scope)], output: undefined }
    }
    if (name !== null && modelCall.test(name)) {
      const positional = expr.args.filter((one) => one.name === null)
      const outputs = expr.args.find((one) => /^outputs?$/.test(one.name ?? '')) ?? positional[1]
      if (outputs === undefined) throw new Unfollowed('a network without outputs')
      return { stack: [], output: this.value(outputs.value, scope, depth, key) }
    }
    const layer = name === null ? undefined : layerCall.exec(name)?.[1]
    if (layer !== undefined && /^[A-Z]/.test(layer)) return made(expr, scope)
    if (layer !== undefined && mergingCall.test(layer)) {
      const [list] = expr.args
      if (list === undefined) throw new Unfollowed('nothing to merge')
      return this.merged(layer, this.list(list.value, scope))
    }
    if (expr.callee.type === 'name' && name === null && !scope.names.has(expr.callee.id)) {
      const written = scope.python.definition(expr.callee)
      if (written !== expr.callee && written.type === 'call') {
        const value = this.named(expr.callee, scope, depth, key)
        if (isLayer(value) || isStack(value)) return this.onArguments(value, expr, scope, depth, key)
      }
    }
    const called = this.called(expr.callee, scope, depth, key)
    if (isStack(called) || isLayer(called)) return this.onArguments(called, expr, scope, depth, key)
    return super.call(expr, scope, depth, key)
  }

  private onArguments(value: Value, expr: CallExpr, scope: Scope, depth: number, key: string): Value {
    const inputs = expr.args
      .filter((one) => one.name === null)
      .map((one) => this.value(one.value, scope, depth, key))
    return this.applied(value, inputs, key, depth + 1)
  }

  private applied(value: Value, inputs: Value[], key: string, depth: number): Value {
    if (isLayer(value)) return this.apply(value, inputs, key, depth)
    if (!isStack(value)) throw new Unfollowed('a layer that is not readable')
    if (value.output !== undefined) return value.output
    const [x] = inputs
    return this.through(value, isTensor(x) ? x : null, key)
  }

  private layerName({ layer, scope }: Layer): string | undefined {
    return layerCall.exec(scope.python.nameOf(layer.callee) ?? '')?.[1]
  }

  protected override apply(layer: Layer, inputs: Value[], key: string, depth: number): Value {
    this.tick()
    const name = this.layerName(layer)
    if (name === undefined) throw new Unfollowed('a layer that is not followed')
    if (mergingCall.test(name)) return this.merged(name, inputs.flat())
    const own = `${key}/${layer.layer.start}`
    if (name === 'Bidirectional' || name === 'TimeDistributed')
      return this.wrapped(name, layer, inputs, own, depth)
    const known = lookUp(kerasLayerCalls, name)
    const [x] = inputs
    if (name === 'InputLayer') return x
    if (known === undefined || !isTensor(x)) throw new Unfollowed(`${name} is not followed`)
    const given = this.argumentsOf(layer.layer, layer.scope, 0)
    if ((given.value('data_format', 99) ?? 'channels_last') !== 'channels_last')
      throw new Unfollowed('channels that do not come last')
    return known(this.tape, own, x, given)
  }

  private wrapped(name: string, layer: Layer, inputs: Value[], key: string, depth: number): Value {
    const [argument] = layer.layer.args
    const inner = argument === undefined ? undefined : this.value(argument.value, layer.scope, depth)
    if (!isLayer(inner)) throw new Unfollowed('a layer that is not readable')
    const once = this.apply(inner, inputs, `${key}.0`, depth + 1)
    if (name === 'TimeDistributed') {
      if (this.layerName(inner) !== 'Dense') throw new Unfollowed('TimeDistributed is not followed')
      return once
    }
    const back = this.apply(inner, inputs, `${key}.1`, depth + 1)
    if (!isTensor(once) || !isTensor(back)) throw new Unfollowed('a layer that is not readable')
    return this.tape.concatenated([once, back], once.shape.length - 1)
  }

  private merged(name: string, values: Value[]): Tensor {
    const tensors = values.filter(isTensor)
    const [first, ...rest] = tensors
    if (first === undefined || tensors.length !== values.length) throw new Unfollowed('nothing to merge')
    if (/^concatenate$/i.test(name)) return this.tape.concatenated(tensors, first.shape.length - 1)
    return rest.reduce(
      (all, one) => (/^multiply$/i.test(name) ? this.tape.product(all, one) : this.tape.sum(all, one)),
      first,
    )
  }

  protected override statement(expr: Expr, scope: Scope, depth: number, key: string): void {
    if (expr.type === 'call' && expr.callee.type === 'attribute') {
      const { attr, value: receiver } = expr.callee
      const value = this.quiet(receiver, scope)
      if (isStack(value) && attr === 'add' && expr.args[0] !== undefined) {
        value.stack.push(this.value(expr.args[0].value, scope, depth, key))
        return
      }
      if (uses.test(attr) || isStack(value)) return
    }
    super.statement(expr, scope, depth, key)
  }
}

const mergingCall = /^(concatenate|add|multiply|average|maximum|subtract)$/i
