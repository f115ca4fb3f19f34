/** The number of passes of a loop. */

import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import { rangeSize } from './fold-numeric.js'
import type { Folded, Loop } from './module.js'

const ranges = /^(trange|tnrange|arange)$/
const passingOn = /^(tqdm|track|progress_bar|master_bar|enumerate|auto|list|iter)$/
/** `zip(range(steps), batches)`: whoever counts beside batches that have no end says when to stop. */
const pairing = /^(zip|safe_zip)$/

/** How often a loop passes, where that folds. */
export function tripsOf(analysis: Analysis, loop: Loop): Folded {
  const { node } = loop
  return node.type === 'while'
    ? { state: 'unknown', because: 'a while loop' }
    : tripsThrough(analysis, node.iterable, 0)
}

function tripsThrough(analysis: Analysis, given: Expr, depth: number): Folded {
  const iterable = unwrapped(analysis, given)
  const value = analysis.definition(iterable)
  // `trange(n) if verbose else range(n)`.
  if (value.type === 'conditional' && depth < 4) {
    const [then, otherwise] = [value.then, value.otherwise].map((one) =>
      tripsThrough(analysis, one, depth + 1),
    )
    if (then!.state === 'known' && otherwise!.state === 'known' && then!.value === otherwise!.value)
      return then!
  }
  const range = asRange(analysis, iterable)
  if (range === null) {
    const items = analysis.fold(iterable)
    if (items.state === 'unknown') return items
    return Array.isArray(items.value)
      ? { ...items, value: items.value.length }
      : { state: 'unknown', because: 'an iterable' }
  }
  const args = range.args
    .filter((argument) => argument.name === null)
    .map((argument) => analysis.fold(argument.value))
  const missing = args.find((argument) => argument.state === 'unknown')
  if (missing !== undefined) return missing
  const known = args as (Folded & { state: 'known' })[]
  const size = rangeSize(known.map((argument) => argument.value))
  if (size === null) return { state: 'unknown', because: 'a range' }
  const weak = known.find((argument) => argument.overridable)
  const bound = known.find((argument) => argument.channel !== 'code')
  return {
    state: 'known',
    value: size,
    channel: bound?.channel ?? 'code',
    overridable: weak !== undefined,
    ...(bound?.location === undefined ? {} : { location: bound.location }),
  }
}

/** The `range(…)` that a loop goes through; null: it goes through something else. */
export function rangeOf(analysis: Analysis, iterable: Expr): CallExpr | null {
  return asRange(analysis, unwrapped(analysis, iterable))
}

function asRange(analysis: Analysis, iterable: Expr): CallExpr | null {
  const value = analysis.definition(iterable)
  if (value.type !== 'call') return null
  return analysis.nameOf(value.callee) === 'range' || ranges.test(lastName(value.callee)) ? value : null
}

/** Progress bars and counters pass on what they wrap. */
function unwrapped(analysis: Analysis, iterable: Expr): Expr {
  let inner = iterable
  for (let depth = 0; depth < 4; depth++) {
    const value = analysis.definition(inner)
    if (value.type !== 'call' || asRange(analysis, value) !== null) break
    const [first] = value.args
    const name = lastName(value.callee)
    const counter = pairing.test(name)
      ? value.args.find((one) => one.star === 0 && asRange(analysis, one.value) !== null)
      : undefined
    if (counter === undefined && (first === undefined || !passingOn.test(name))) break
    inner = (counter ?? first!).value
  }
  return inner
}
