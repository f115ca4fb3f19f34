/** The number of passes of a loop. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { rangeSize } from './fold-numeric.js'
import type { Folded, Loop } from './module.js'

/** How often a loop passes, where that folds. */
export function tripsOf(analysis: Analysis, loop: Loop): Folded {
  const { node } = loop
  if (node.type === 'while') return { state: 'unknown', because: 'a while loop' }
  let iterable: Expr = node.iterable
  // Progress bars and counters pass on what they wrap.
  for (let depth = 0; depth < 4; depth++) {
    const value: Expr = analysis.definition(iterable)
    if (value.type !== 'call') break
    const name = analysis.nameOf(value.callee)
    const method: string =
      value.callee.type === 'attribute'
        ? value.callee.attr
        : value.callee.type === 'name'
          ? value.callee.id
          : ''
    if (name === 'range' || /^(trange|tnrange|arange)$/.test(method)) {
      const args = value.args
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
    const first: CallExpr['args'][number] | undefined = value.args[0]
    if (
      !/^(tqdm|track|progress_bar|master_bar|enumerate|auto|list|iter)$/.test(method) ||
      first === undefined
    )
      break
    iterable = first.value
  }
  const items = analysis.fold(iterable)
  if (items.state === 'unknown') return items
  return Array.isArray(items.value)
    ? { ...items, value: items.value.length }
    : { state: 'unknown', because: 'an iterable' }
}
