/** Networks that compute in a shorter format by themselves. */
import type { Analysis } from './analysis.js'

/** A network of the module enters autocast in one of its methods, or one of a module of the project that it imports does. */
export function networkAutocasts(analysis: Analysis): boolean {
  return (
    analysis.callsTo('torch.autocast').some((call) => {
      // `autocast(enabled=False)` keeps a part in full precision.
      const off = call.expr.args.some(({ value }) => value.type === 'constant' && value.value === false)
      return !off && analysis.classes.some(({ node, bases }) => isNetwork(bases) && holds(node, call.expr))
    }) || analysis.imported.some(({ autocasts }) => autocasts === true)
  )
}

function isNetwork(bases: readonly string[]): boolean {
  return bases.includes('torch.nn.Module')
}

function holds(outer: { start: number; end: number }, inner: { start: number; end: number }): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}
