/** Functions and methods of tensors, and arithmetic, as operations of a tape. The batch is axis 0 and is left out. */
import { type LayerTape, type Tensor, Unfollowed } from '../../estimate/layers.js'
import { lookUp } from '../../text/records.js'
import type { Arguments } from './layer-arguments.js'
import { flattened, functionCalls } from './layer-calls.js'
import { given, isTensor, type Value } from './network-values.js'

export interface TensorCall {
  name: string
  /** Tells the call apart from others. */
  key: string
  /** Positional arguments behind the tensor. */
  positional(): Value[]
  given: Arguments
}

const notFollowed = 'a call that is not followed'

/** `torch.relu(x)`, `F.max_pool2d(x, 2)`, `x.view(-1, 400)`. */
export function tensorCall(tape: LayerTape, x: Value, call: TensorCall): Value {
  const number = (keyword: string, position: number): number | undefined => {
    const found = call.given.value(keyword, position)
    return typeof found === 'number' ? found : undefined
  }
  if (/^(cat|concat)$/.test(call.name) && Array.isArray(x)) return joined(tape, x, number('dim', 0) ?? 0)
  if (!isTensor(x)) throw new Unfollowed(notFollowed)
  const { shape } = x
  switch (call.name) {
    case 'view':
    case 'reshape':
      return reshaped(tape, x, call.positional().flat())
    case 'size': {
      const axis = number('dim', 0)
      return axis === undefined ? withBatch(shape) : given(withBatch(shape).at(axis))
    }
    case 'squeeze':
      return tape.view(
        x,
        shape.filter((size) => size !== 1),
      )
    case 'unsqueeze': {
      const axis = number('dim', 0)
      if (axis === undefined || axis === 0) throw new Unfollowed(notFollowed)
      const at = axis < 0 ? shape.length + 1 + axis : axis - 1
      return tape.view(x, [...shape.slice(0, at), 1, ...shape.slice(at)])
    }
    case 'mean': {
      const axes = call
        .positional()
        .flat()
        .map((one) => (typeof one === 'number' ? (one < 0 ? shape.length + one : one - 1) : -1))
      if (axes.length === 0 || axes.some((axis) => axis < 0)) throw new Unfollowed(notFollowed)
      return tape.resized(
        x,
        shape.filter((_size, axis) => !axes.includes(axis)),
      )
    }
    case 'flatten':
      return flattened(tape, x, number('start_dim', 0) ?? 0, number('end_dim', 1) ?? -1)
    default: {
      const known = lookUp(functionCalls, call.name)
      if (known === undefined) throw new Unfollowed(`${call.name} is not followed`)
      return known(tape, call.key, x, call.given)
    }
  }
}

/** As code sees it: the size of the batch is whatever is left, as in `view`. */
export function withBatch(shape: readonly number[]): number[] {
  return [-1, ...shape]
}

function joined(tape: LayerTape, values: Value[], axis: number): Tensor {
  const parts = values.map((one) => {
    if (!isTensor(one)) throw new Unfollowed(notFollowed)
    return one
  })
  const at = axis < 0 ? (parts[0]?.shape.length ?? 0) + axis : axis - 1
  if (at < 0) throw new Unfollowed('samples that are joined')
  return tape.concatenated(parts, at)
}

/** `view(-1, 16 * 5 * 5)`, `view(x.size(0), -1)`: the first is the batch. */
function reshaped(tape: LayerTape, x: Tensor, sizes: Value[]): Tensor {
  const rest = sizes.slice(1).map((one) => {
    if (typeof one !== 'number') throw new Unfollowed('sizes that are not readable')
    return one
  })
  const fixed = rest.filter((size) => size > 0).reduce((all, size) => all * size, 1)
  // A batch that is written as a number cannot be told from a sample that is spread over several.
  if (sizes[0] !== -1 || rest.length === 0 || rest.filter((size) => size < 0).length > 1)
    throw new Unfollowed('samples that are joined')
  return tape.view(
    x,
    rest.map((size) => (size < 0 ? x.storage.elements / fixed : size)),
  )
}

export function arithmetic(tape: LayerTape, op: string, a: Value, b: Value): Value {
  const notDone = 'arithmetic that is not followed'
  if (isTensor(a) || isTensor(b)) {
    if (isTensor(a) && isTensor(b)) {
      if (op === '+' || op === '-') return tape.sum(a, b)
      if (op === '*') return tape.product(a, b)
    } else if (typeof a === 'number' || typeof b === 'number') {
      const x = (isTensor(a) ? a : b) as Tensor
      if (/^[+\-*/]$/.test(op)) return tape.resized(x, x.shape)
    }
    throw new Unfollowed(notDone)
  }
  if (Array.isArray(a) && typeof b === 'number' && op === '*' && a.length * b <= 1_000)
    return Array.from({ length: b }, () => a).flat()
  if (Array.isArray(a) && Array.isArray(b) && op === '+') return [...a, ...b]
  const operation = lookUp(operations, op)
  if (typeof a !== 'number' || typeof b !== 'number' || operation === undefined) throw new Unfollowed(notDone)
  return operation(a, b)
}

const operations: Readonly<Record<string, ((a: number, b: number) => number) | undefined>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '//': (a, b) => Math.floor(a / b),
  '**': (a, b) => a ** b,
}
