/** Networks that compute in a shorter format by themselves. */
import type { Analysis } from './analysis.js'
import type { Call } from './module.js'

/** A network of the module enters autocast or takes the name of a format in one of its methods, or one of a module of the project that it imports does. */
export function networkAutocasts(analysis: Analysis): boolean {
  return (
    analysis.callsTo('torch.autocast').some((call) => {
      // `autocast(enabled=False)` keeps a part in full precision.
      const off = call.expr.args.some(({ value }) => value.type === 'constant' && value.value === false)
      return !off && analysis.classes.some(({ node, bases }) => isNetwork(bases) && holds(node, call.expr))
    }) ||
    analysis.calls.some((call) => choosesFormat(analysis, call)) ||
    analysis.imported.some(({ autocasts }) => autocasts === true)
  )
}

/** `getattr(torch, config.dtype)` in a network: whoever makes it says what it computes in. */
function choosesFormat(analysis: Analysis, { expr }: Call): boolean {
  const [object, name] = expr.args.map(({ value }) => value)
  if (expr.callee.type !== 'name' || expr.callee.id !== 'getattr' || object === undefined) return false
  if (name === undefined || name.type === 'constant' || analysis.nameOf(object) !== 'torch') return false
  return (
    /dtype|precision/i.test(analysis.text.slice(name.start, name.end)) &&
    analysis.classes.some(({ node, bases }) => isNetwork(bases) && holds(node, expr))
  )
}

function isNetwork(bases: readonly string[]): boolean {
  return bases.includes('torch.nn.Module')
}

function holds(outer: { start: number; end: number }, inner: { start: number; end: number }): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}
