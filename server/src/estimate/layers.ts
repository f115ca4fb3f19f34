/**
 * What a network keeps for its backward pass, operation by operation, as PyTorch's autograd saves it: parameters, bytes and
 * products for one sample. Source: derivatives.yaml of PyTorch 2.6 (what each operation saves), autocast's lists of
 * operations; checked against autograd itself (bench/memory/layers.py).
 */

/** A tensor without its batch axis. Tensors that share storage are one object. */
export interface Tensor {
  shape: readonly number[]
  storage: Storage
}

interface Storage {
  elements: number
  /** Bytes of an element under autocast; 4 without it. */
  mixedBytes: 2 | 4
  /** Kept for the backward pass without autocast. */
  full: boolean
  /** Bytes of an element that are kept under autocast: its own, and casted copies. */
  mixed: { own: boolean; short: boolean; long: boolean }
}

export interface LayerTotals {
  parameters: number
  /** Bytes that one sample leaves for the backward pass, its own bytes apart: in fp32, and under autocast. */
  full: number
  mixed: number
  /** Multiplications of the forward pass, in billions. */
  products: number
  /** Operations that start kernels of their own. */
  operations: number
}

export interface Window {
  kernel: number[]
  stride: number[]
  padding: number[] | 'same'
  dilation: number[]
}

/** An operation that cannot be followed: its reason. */
export class Unfollowed extends Error {}

export class LayerTape {
  private readonly storages: Storage[] = []
  private readonly counted = new Set<string>()
  private extra = 0
  private readonly totals: LayerTotals = { parameters: 0, full: 0, mixed: 0, products: 0, operations: 0 }
  private readonly source: Tensor
  private readonly sources = new Set<Storage>()

  constructor(input: readonly number[]) {
    this.source = this.given(input)
  }

  /** One more input of the network. */
  given(shape: readonly number[]): Tensor {
    const input = this.tensor(shape, 4)
    this.sources.add(input.storage)
    return input
  }

  get input(): Tensor {
    return this.source
  }

  result(): LayerTotals {
    let [full, mixed] = [this.extra, this.extra]
    for (const one of this.storages) {
      const given = this.sources.has(one)
      if (one.full && !given) full += 4 * one.elements
      const { own, short, long } = one.mixed
      mixed += one.elements * ((own && !given ? one.mixedBytes : 0) + (short ? 2 : 0) + (long ? 4 : 0))
    }
    return { ...this.totals, full, mixed, products: this.totals.products / 1e9 }
  }

  /** Parameters of a layer, once however often it is called. */
  private own(key: string, parameters: number): void {
    if (this.counted.has(key)) return
    this.counted.add(key)
    this.totals.parameters += parameters
  }

  private tensor(shape: readonly number[], mixedBytes: 2 | 4): Tensor {
    if (shape.some((size) => !(Number.isInteger(size) && size > 0)))
      throw new Unfollowed('sizes that do not fit together')
    const elements = shape.reduce((product, size) => product * size, 1)
    const storage: Storage = {
      elements,
      mixedBytes,
      full: false,
      mixed: { own: false, short: false, long: false },
    }
    this.storages.push(storage)
    this.totals.operations++
    return { shape, storage }
  }

  /** Kept as it is. */
  private keep({ storage }: Tensor): void {
    storage.full = true
    storage.mixed.own = true
  }

  /** The input of a product: autocast keeps its copy in 16 bits. */
  private multiplied({ storage }: Tensor): void {
    storage.full = true
    if (storage.mixedBytes === 2) storage.mixed.own = true
    else storage.mixed.short = true
  }

  /** The input of what autocast computes in fp32. */
  private widened({ storage }: Tensor): void {
    storage.full = true
    if (storage.mixedBytes === 4) storage.mixed.own = true
    else storage.mixed.long = true
  }

  linear(key: string, x: Tensor, outputs: number, bias: boolean): Tensor {
    const inputs = x.shape.at(-1)!
    this.own(key, inputs * outputs + (bias ? outputs : 0))
    this.multiplied(x)
    const result = this.tensor([...x.shape.slice(0, -1), outputs], 2)
    this.totals.products += result.storage.elements * inputs
    return result
  }

  /** Rows of a table; looking them up is no product. */
  embedding(key: string, x: Tensor, rows: number, width: number): Tensor {
    this.own(key, rows * width)
    return this.tensor([...x.shape, width], 4)
  }

  /** Steps that follow each other over [steps, features]. `all`: the states of all of them, else the last one. */
  recurrent(
    key: string,
    x: Tensor,
    { gates, units, all, biases }: { gates: number; units: number; all: boolean; biases: number },
  ): Tensor {
    const [steps, inputs] = x.shape as [number, number]
    const each = gates * units * (inputs + units)
    this.own(key, each + biases * gates * units)
    this.multiplied(x)
    this.totals.products += steps * each
    // What the gates gave, and the states: kept for each step.
    this.extra += 4 * steps * units * (gates + 2)
    // No step can start before the one before it.
    this.totals.operations += steps
    return this.tensor(all ? [steps, units] : [units], 2)
  }

  /** `transposed`: the window spreads out what it sees. */
  convolution(
    key: string,
    x: Tensor,
    channels: { inputs: number | null; outputs: number; groups: number; bias: boolean },
    window: Window,
    transposed: { outputPadding: number[] } | null,
  ): Tensor {
    const [inputs, ...sizes] = x.shape
    const { outputs, groups, bias } = channels
    if (inputs === undefined || sizes.length !== window.kernel.length)
      throw new Unfollowed('sizes that do not fit together')
    if (channels.inputs !== null && channels.inputs !== inputs)
      throw new Unfollowed('sizes that do not fit together')
    const area = window.kernel.reduce((product, size) => product * size, 1)
    this.own(key, (inputs * outputs * area) / groups + (bias ? outputs : 0))
    this.multiplied(x)
    const shape = sizes.map((size, axis) =>
      transposed === null
        ? windowed(size, window, axis, false)
        : spread(size, window, axis, transposed.outputPadding),
    )
    const result = this.tensor([outputs, ...shape], 2)
    const places = transposed === null ? result.storage.elements / outputs : x.storage.elements / inputs
    this.totals.products += (places * inputs * outputs * area) / groups
    return result
  }

  /** `kept`: bytes of means and deviations that each sample has of its own. `wide`: autocast computes it in fp32. */
  norm(key: string, x: Tensor, parameters: number, kept: number, wide: boolean): Tensor {
    this.own(key, parameters)
    if (wide) this.widened(x)
    else this.keep(x)
    this.extra += kept
    return this.tensor(x.shape, wide ? 4 : x.storage.mixedBytes)
  }

  /** `keeps`: what the gradient is computed from. In place, the result takes the room of the input. */
  activation(x: Tensor, keeps: 'input' | 'output', inPlace: boolean, wide = false): Tensor {
    if (inPlace) {
      this.keep(x)
      this.totals.operations++
      return x
    }
    const result = this.tensor(x.shape, wide ? 4 : x.storage.mixedBytes)
    if (keeps === 'output') this.keep(result)
    else if (wide) this.widened(x)
    else this.keep(x)
    return result
  }

  pool(x: Tensor, window: Window, kind: 'max' | 'average', ceil: boolean): Tensor {
    const [channels, ...sizes] = x.shape
    if (channels === undefined || sizes.length !== window.kernel.length)
      throw new Unfollowed('sizes that do not fit together')
    return this.pooled(x, [channels, ...sizes.map((size, axis) => windowed(size, window, axis, ceil))], kind)
  }

  /** To these sizes, whatever the input has; null: as it is. */
  adaptivePool(x: Tensor, sizes: (number | null)[], kind: 'max' | 'average'): Tensor {
    if (x.shape.length !== sizes.length + 1) throw new Unfollowed('sizes that do not fit together')
    // The average over all of it is a mean, which keeps nothing.
    if (kind === 'average' && sizes.every((size) => size === 1))
      return this.resized(x, [x.shape[0]!, ...sizes.map(() => 1)])
    return this.pooled(x, [x.shape[0]!, ...sizes.map((size, axis) => size ?? x.shape[axis + 1]!)], kind)
  }

  private pooled(x: Tensor, shape: number[], kind: 'max' | 'average'): Tensor {
    this.keep(x)
    const result = this.tensor(shape, x.storage.mixedBytes)
    // Where each maximum was, in eight bytes.
    if (kind === 'max') this.extra += 8 * result.storage.elements
    return result
  }

  /** A byte for each element tells which were kept. */
  dropout(x: Tensor): Tensor {
    const result = this.tensor(x.shape, x.storage.mixedBytes)
    this.extra += result.storage.elements
    return result
  }

  /** Another shape of the same elements. */
  view(x: Tensor, shape: readonly number[]): Tensor {
    const product = shape.reduce((all, size) => all * size, 1)
    if (product !== x.storage.elements || !shape.every((size) => Number.isInteger(size) && size > 0))
      throw new Unfollowed('sizes that do not fit together')
    return { shape, storage: x.storage }
  }

  sum(a: Tensor, b: Tensor): Tensor {
    if (a.shape.length !== b.shape.length) throw new Unfollowed('sizes that do not fit together')
    const shape = a.shape.map((size, axis) => {
      const other = b.shape[axis]!
      if (size !== other && size !== 1 && other !== 1) throw new Unfollowed('sizes that do not fit together')
      return Math.max(size, other)
    })
    return this.tensor(shape, Math.max(a.storage.mixedBytes, b.storage.mixedBytes) as 2 | 4)
  }

  /** Element by element: each factor is kept for the other's gradient. */
  product(a: Tensor, b: Tensor): Tensor {
    this.keep(a)
    this.keep(b)
    return this.sum(a, b)
  }

  /** Along an axis of the sample, 0 being the first behind the batch. */
  concatenated(parts: readonly Tensor[], axis: number): Tensor {
    const [first, ...rest] = parts
    if (first === undefined || rest.some((one) => one.shape.length !== first.shape.length))
      throw new Unfollowed('sizes that do not fit together')
    const length = parts.reduce((total, one) => total + one.shape[axis]!, 0)
    const shape = first.shape.map((size, at) => (at === axis ? length : size))
    if (rest.some((one) => one.shape.some((size, at) => at !== axis && size !== first.shape[at])))
      throw new Unfollowed('sizes that do not fit together')
    return this.tensor(shape, Math.max(...parts.map((one) => one.storage.mixedBytes)) as 2 | 4)
  }

  /** Nothing is kept: means, interpolation. */
  resized(x: Tensor, shape: readonly number[]): Tensor {
    return this.tensor(shape, x.storage.mixedBytes)
  }
}

/** Size of one axis after a window has moved over it. */
function windowed(
  size: number,
  { kernel, stride, padding, dilation }: Window,
  axis: number,
  ceil: boolean,
): number {
  if (padding === 'same') return Math.ceil(size / stride[axis]!)
  const reach = dilation[axis]! * (kernel[axis]! - 1) + 1
  const steps = (size + 2 * padding[axis]! - reach) / stride[axis]!
  return (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1
}

function spread(
  size: number,
  { kernel, stride, padding, dilation }: Window,
  axis: number,
  added: number[],
): number {
  if (padding === 'same') throw new Unfollowed('sizes that do not fit together')
  return (
    (size - 1) * stride[axis]! - 2 * padding[axis]! + dilation[axis]! * (kernel[axis]! - 1) + added[axis]! + 1
  )
}
