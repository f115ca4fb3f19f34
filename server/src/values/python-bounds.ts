/** Bounds of a number in Python that is not known itself: a value that a search draws, `max(20, n)`, one of a list. */
import type { Call, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import { passedExpression } from './argument.js'
import { type Bounds, effective } from './value.js'

const deepest = 6
const open: Bounds = { low: null, high: null }

/** Null: nothing is known of it. */
export function boundsIn(python: PythonModule, expr: Expr): Bounds | null {
  const { low, high } = boundsOf(python, expr, 0)
  return low === null && high === null ? null : { low, high }
}

/** Bounds of the items of a list; null: nothing is known of them. */
export function itemBounds(python: PythonModule, list: Expr): Bounds | null {
  const { low, high } = itemsOf(python, list, (item) => boundsOf(python, item, 1))
  return low === null && high === null ? null : { low, high }
}

function boundsOf(python: PythonModule, expr: Expr, depth: number): Bounds {
  if (depth > deepest) return open
  const inner = (one: Expr): Bounds => boundsOf(python, one, depth + 1)
  const folded = python.fold(expr)
  if (folded.state === 'known') return exactly(folded.value)
  if (folded.options !== undefined) return around(folded.options.map((one) => exactly(effective(one.folded))))
  const looped = expr.type === 'name' ? loopedOver(python, expr) : null
  if (looped !== null) return itemsOf(python, looped, inner)
  const value = python.definition(expr)
  if (value.type === 'conditional') return around([inner(value.then), inner(value.otherwise)])
  if (value.type === 'binary') return computed(value.op, inner(value.left), inner(value.right))
  return value.type === 'call' ? ofCall(python, value, inner) : open
}

function ofCall(python: PythonModule, expr: Expr & { type: 'call' }, inner: (one: Expr) => Bounds): Bounds {
  const plain = expr.args.every(({ name, star }) => name === null && star === 0)
  const parts = () => expr.args.map((one) => inner(one.value))
  switch (expr.callee.type === 'name' ? python.nameOf(expr.callee) : null) {
    case 'max':
      return plain && expr.args.length > 1 ? greatest(parts()) : open
    case 'min':
      return plain && expr.args.length > 1 ? negated(greatest(parts().map(negated))) : open
    case 'int':
    case 'round':
      return plain && expr.args.length === 1 ? floored(inner(expr.args[0]!.value)) : open
    case 'len':
      return { low: 0, high: null }
  }
  const call = python.callOf(expr)
  return call === null ? open : drawn(python, call, inner)
}

/** `trial.suggest_int('batch', 16, 128)`, `tune.choice([16, 32])`, `random.randint(1, 8)`. */
function drawn(python: PythonModule, call: Call, inner: (one: Expr) => Bounds): Bounds {
  const at = (name: string, position: number): Bounds => {
    const expr = passedExpression(python.argument(call, name, position))
    return expr === null ? open : inner(expr)
  }
  const between = (low: Bounds, high: Bounds): Bounds => ({ low: low.low, high: high.high })
  if (/^suggest_(int|float|uniform|loguniform|discrete_uniform)$/.test(call.method))
    return between(at('low', 1), at('high', 2))
  if (call.method === 'suggest_categorical') {
    const choices = passedExpression(python.argument(call, 'choices', 1))
    return choices === null ? open : itemsOf(python, choices, inner)
  }
  const name = call.name ?? ''
  if (/^ray\.tune\.(choice|grid_search)$|^(numpy\.)?random\.choice$/.test(name)) {
    const [first] = call.expr.args
    return first === undefined || first.star > 0 ? open : itemsOf(python, first.value, inner)
  }
  if (/^ray\.tune\.(q?(log)?randint|q?(log)?uniform)$|^random\.(randint|uniform)$/.test(name))
    return between(at('lower', 0), at('upper', 1))
  return open
}

/** What the loop of a loop's variable goes through. */
function loopedOver(python: PythonModule, name: Expr & { type: 'name' }): Expr | null {
  const bindings = python.bindingsOf(name)
  const [only] = bindings
  return bindings.length === 1 && only!.kind === 'loop' && only!.unpack === null ? only!.value : null
}

function itemsOf(python: PythonModule, list: Expr, inner: (one: Expr) => Bounds): Bounds {
  const known = effective(python.fold(list))
  if (Array.isArray(known)) return around(known.map(exactly))
  const value = python.definition(list)
  if (value.type !== 'list' && value.type !== 'tuple') return open
  return value.items.some((item) => item.type === 'starred') ? open : around(value.items.map(inner))
}

function exactly(value: Json | undefined): Bounds {
  return typeof value === 'number' ? { low: value, high: value } : open
}

/** One of these. */
function around(all: Bounds[]): Bounds {
  const ends = (end: (one: Bounds) => number | null, pick: (...numbers: number[]) => number) => {
    const numbers = all.map(end)
    return numbers.length === 0 || numbers.includes(null) ? null : pick(...(numbers as number[]))
  }
  return { low: ends(({ low }) => low, Math.min), high: ends(({ high }) => high, Math.max) }
}

function greatest(all: Bounds[]): Bounds {
  const lows = all.flatMap(({ low }) => low ?? [])
  return { low: lows.length === 0 ? null : Math.max(...lows), high: around(all).high }
}

function negated({ low, high }: Bounds): Bounds {
  return { low: high === null ? null : -high, high: low === null ? null : -low }
}

function floored({ low, high }: Bounds): Bounds {
  return { low: low === null ? null : Math.floor(low), high: high === null ? null : Math.ceil(high) }
}

function computed(op: string, left: Bounds, right: Bounds): Bounds {
  const each = (join: (a: number, b: number) => number, a: Bounds, b: Bounds): Bounds => ({
    low: a.low === null || b.low === null ? null : join(a.low, b.low),
    high: a.high === null || b.high === null ? null : join(a.high, b.high),
  })
  if (op === '+') return each((a, b) => a + b, left, right)
  if (op === '-') return each((a, b) => a + b, left, negated(right))
  // Counts are never negative; of anything else the product may turn around.
  const counts = (left.low ?? -1) >= 0 && (right.low ?? -1) >= 0
  if (op === '*' && counts) return each((a, b) => a * b, left, right)
  const divisor = right.low !== null && right.low === right.high && right.low > 0 ? right.low : null
  if ((op === '//' || op === '/') && divisor !== null)
    return (op === '//' ? floored : (one: Bounds) => one)(each((a) => a / divisor, left, right))
  return open
}
