/**
 * The layers of Keras networks, counted in the order in which a function, a class or a module makes them: for networks whose
 * sizes do not tell all that could be followed.
 */
import type { Call, Func, Klass, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { CountedLayers } from '../../text/counted-layers.js'
import { once } from '../../text/once.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'

export interface KerasNetwork {
  /** The first of its layers. */
  call: Call
  /** What makes it; null: the module itself. */
  name: string | null
  /** Null: nobody knows how many there are. */
  layers: CountedLayers | null
}

type Maker = Func | Klass | null

/** Those that no other network of the module takes in. */
export function kerasNetworks(python: PythonModule): KerasNetwork[] {
  return once(python, 'keras networks', () => {
    const own = new Map<Maker, Call[]>()
    for (const [maker, calls] of callsByMaker(python)) {
      const layers = calls.filter((call) => layerOf(call) !== null)
      if (layers.length > 0) own.set(maker, layers)
    }
    if (own.size === 0) return []
    const parts = new Set<Maker>(
      python.calls.flatMap((call) => {
        const made = makerCalled(python, call)
        const user = makerOf(call)
        return made !== null && made !== user && own.has(made) && own.has(user) ? [made] : []
      }),
    )
    return [...own]
      .filter(([maker]) => !parts.has(maker) && !isLayerClass(maker))
      .map(([maker, [call]]) => ({
        call: call!,
        name: maker?.name ?? null,
        layers: countedOf(python, maker),
      }))
  })
}

/** What the network behind an expression is made of; null: it is made elsewhere, or nobody knows how many layers it has. */
export function countedLayersOf(python: PythonModule, network: Expr): CountedLayers | null {
  const written = python.definition(network)
  const made = python.calls.find(({ expr }) => expr === written)
  if (made === undefined) return null
  const called = makerCalled(python, made)
  // `Sequential([…])`, `Model(inputs, outputs)`: what stands around it.
  if (called === null && layerOf(made) === null) return null
  return countedOf(python, called ?? makerOf(made))
}

/** A part of networks: `class Attention(layers.Layer)`. */
function isLayerClass(maker: Maker): boolean {
  return (
    maker !== null &&
    'bases' in maker &&
    maker.bases.some((base) => /^keras\.layers\.(\w+\.)*Layer$/.test(base))
  )
}

function makerOf({ function: func }: Call): Maker {
  return func?.class ?? func
}

function callsByMaker(python: PythonModule): ReadonlyMap<Maker, readonly Call[]> {
  return once(python, 'calls by what makes networks', () => {
    const found = new Map<Maker, Call[]>()
    for (const call of python.calls) {
      const maker = makerOf(call)
      const calls = found.get(maker)
      if (calls === undefined) found.set(maker, [call])
      else calls.push(call)
    }
    return found
  })
}

function makerCalled(python: PythonModule, { expr }: Call): Maker {
  return python.functionOf(expr.callee) ?? python.classOf(expr.callee)
}

function layerOf({ name }: Call): string | null {
  return name === null ? null : (/^keras\.(?:layers\.(?:\w+\.)*)?([A-Z]\w*)$/.exec(name)?.[1] ?? null)
}

const deepest = 6
const most = 2_000

function countedOf(python: PythonModule, maker: Maker): CountedLayers | null {
  const chain = new Chain(python)
  let left = most
  const add = (one: Maker, depth: number): boolean => {
    const calls = callsByMaker(python).get(one) ?? []
    const around = Math.min(
      ...calls.filter((call) => layerOf(call) !== null).map(({ loops }) => loops.length),
    )
    for (const call of calls) {
      const layer = layerOf(call)
      const part = layer === null ? makerCalled(python, call) : null
      const holds = part !== null && part !== one && hasLayers(python, part, depth)
      if (layer === null && part === null && (isPartElsewhere(python, call) || isHandedNetwork(call)))
        return false
      if (layer === null && !holds) continue
      // Nobody knows how often a loop goes round that makes a part of them.
      if (call.loops.length > around || depth > deepest || left-- <= 0) return false
      if (layer !== null) chain.layer(layer, call)
      else if (part !== null && !add(part, depth + 1)) return false
    }
    return true
  }
  return add(maker, 0) && chain.result.layers > 0 ? chain.result : null
}

/** A layer or a block of layers that another module of the project defines. */
function isPartElsewhere(python: PythonModule, { expr }: Call): boolean {
  const { bases = [] } = python.importedClass(expr.callee) ?? {}
  const { calls = [] } = python.importedFunction(expr.callee) ?? {}
  return [...bases, ...calls].some((name) => /^keras\.(layers\.|Model$|Sequential$)/.test(name))
}

/** `base(include_top=False, weights='imagenet')`: whichever network the maker is given. */
function isHandedNetwork({ name, expr: { callee, args } }: Call): boolean {
  return (
    name === null &&
    (callee.type === 'name' || callee.type === 'subscript') &&
    args.some((one) => /^(include_top|input_tensor|include_preprocessing)$/.test(one.name ?? ''))
  )
}

function hasLayers(python: PythonModule, maker: Maker, depth: number): boolean {
  if (depth > deepest) return false
  return (callsByMaker(python).get(maker) ?? []).some((call) => {
    if (layerOf(call) !== null) return true
    const part = makerCalled(python, call)
    return part !== null && part !== maker && hasLayers(python, part, depth + 1)
  })
}

/** Columns of a table, channels and edges of pictures where nothing tells them. */
const usual = { columns: 100, edge: 64, units: 128 }

/** One layer after the other: each takes what the one before it gives. */
class Chain {
  readonly result: CountedLayers = { parameters: 0, layers: 0 }
  private width: number | null = null
  /** Along each axis: how many places the network is given, and the share of them that is left. */
  private edge: number | null = null
  private left = 1
  private axes = 0

  constructor(private readonly python: PythonModule) {}

  layer(kind: string, call: Call): void {
    const number = (key: string, position: number, otherwise: number): number => {
      const given = this.python.argument(call, key, position)
      const value = knownArgument(given)
      if (typeof value === 'number') return value
      if (Array.isArray(value) && value.every((one) => typeof one === 'number'))
        return value.reduce((all, one) => all * one, 1) ** (1 / Math.max(1, value.length))
      if (mayBePassed(given)) this.result.guessed = true
      return otherwise
    }
    this.given(call, kind)
    const convolution = /^(Separable|Depthwise)?Conv(?:olution)?(LSTM)?([123])D(Transpose)?$/.exec(kind)
    const recurrent = /^(?:CuDNN)?(LSTM|GRU|SimpleRNN)$/.exec(kind)
    const pool = /^(?:Max|Average)Pool(?:ing)?([123])D$/.exec(kind)
    if (convolution !== null) {
      const [, sparse, states, count, transposed] = convolution
      const axes = Number(count)
      const depthwise = sparse === 'Depthwise'
      const area = number('kernel_size', depthwise ? 0 : 1, 3) ** axes
      const stride = number('strides', depthwise ? 1 : 2, 1)
      const inputs = this.width ?? (axes === 2 ? 3 : 1)
      const outputs = depthwise ? inputs : number('filters', 0, usual.units)
      if (transposed === undefined) this.left /= stride
      const products =
        sparse === undefined
          ? inputs * outputs * area * (states === undefined ? 1 : 4)
          : inputs * area + (depthwise ? 0 : inputs * outputs)
      this.convolved(products, axes)
      if (transposed !== undefined) this.left = Math.min(1, this.left * stride)
      this.width = outputs
    } else if (recurrent !== null) {
      const units = number('units', 0, usual.units)
      const gates = recurrent[1] === 'LSTM' ? 4 : recurrent[1] === 'GRU' ? 3 : 1
      const both = this.isWrapped(call, 'Bidirectional') ? 2 : 1
      const products = gates * both * units * ((this.width ?? usual.columns) + units)
      if (this.width === null) this.result.guessed = true
      this.weights(products)
      this.result.recurrent = (this.result.recurrent ?? 0) + products
      this.width = units * both
    } else if (pool !== null) this.left /= number('pool_size', 0, 2)
    else if (/^UpSampling[123]D$/.test(kind)) this.left = Math.min(1, this.left * number('size', 0, 2))
    else if (kind === 'Embedding') this.width = number('output_dim', 1, usual.units)
    else if (kind === 'Dense') {
      const units = number('units', 0, usual.units)
      if (this.width === null) this.result.guessed = true
      this.weights((this.width ?? usual.columns) * units)
      this.width = units
    } else if (kind === 'MultiHeadAttention') {
      const inner = number('num_heads', 0, 8) * number('key_dim', 1, 64)
      this.result.attends = true
      this.weights(4 * inner * (this.width ?? inner), 4)
    } else if (kind === 'Flatten') this.flatten()
    else if (/^Global(Max|Average)Pool/.test(kind)) this.axes = 0
  }

  /** `input_shape=(28, 28, 1)`, `Input(shape=(…))`, `input_dim=784`. */
  private given(call: Call, kind: string): void {
    if (this.width !== null) return
    const { python } = this
    const isInput = /^Input(Layer)?$/.test(kind)
    const shape = ['shape', 'input_shape', 'batch_input_shape']
      .map((key) => knownArgument(python.argument(call, key, isInput && key === 'shape' ? 0 : undefined)))
      .find((one) => one !== undefined)
    const columns = kind === 'Embedding' ? undefined : knownArgument(python.argument(call, 'input_dim'))
    const sizes = [shape ?? columns ?? []].flat()
    const last = sizes.at(-1)
    if (typeof last === 'number') this.width = last
    const [first] = sizes.slice(-3)
    if (sizes.length > 1 && typeof first === 'number') this.edge = first
  }

  private weights(products: number, layers = 1): void {
    this.result.parameters += products
    this.result.layers += layers
  }

  private convolved(products: number, axes: number): void {
    const { result } = this
    this.weights(products)
    this.axes = axes
    result.convolved = (result.convolved ?? 0) + products
    const before = result.places
    result.places = {
      weights: (before?.weights ?? 0) + products * this.left ** axes,
      axes: Math.max(before?.axes ?? 0, axes),
      left: this.left,
    }
  }

  private flatten(): void {
    if (this.width !== null && this.axes > 0) {
      if (this.edge === null) this.result.guessed = true
      this.width *= Math.max(1, Math.floor((this.edge ?? usual.edge) * this.left)) ** this.axes
    } else if (this.width !== null && this.edge !== null) this.width *= this.edge
    this.axes = 0
  }

  private isWrapped(call: Call, wrapper: string): boolean {
    return (callsByMaker(this.python).get(makerOf(call)) ?? []).some(
      (one) => layerOf(one) === wrapper && one.expr.start < call.expr.start && call.expr.end <= one.expr.end,
    )
  }
}
