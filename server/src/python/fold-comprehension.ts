/** Values of comprehensions, turn by turn. */
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import { define } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { combine, unknown } from './folded.js'
import type { Folded } from './module.js'
import { itemAt, truthy } from './operators.js'
import { type Binding, scopeAt } from './scope.js'

/** How a comprehension is carried out. */
export interface Turns {
  fold(expr: Expr): Folded
  /** The same without what was remembered: a variable has another value in each turn. */
  afresh(expr: Expr): Folded
  /** False: there were too many. */
  takeTurn(): boolean
  /** Values of the variables of the comprehensions that are being carried out. */
  locals: Map<Binding, Json>
}

export function foldComprehension(
  analysis: Analysis,
  { fold, afresh, takeTurn, locals }: Turns,
  expr: Expr & { type: 'comprehension' },
): Folded {
  const items: Json[] = []
  const entries: Record<string, Json> = {}
  const parts: Folded[] = []
  let inner = scopeAt(analysis.scopes, expr.element.start)
  // The element may be a comprehension itself.
  while ((inner.start !== expr.start || inner.end !== expr.end) && inner.parent !== null) inner = inner.parent
  const run = (depth: number): Folded | null => {
    const clause = expr.clauses[depth]
    if (clause === undefined) {
      if (!takeTurn()) return unknown('too long')
      for (const condition of expr.conditions) {
        const test = afresh(condition)
        if (test.state === 'unknown') return test
        if (!truthy(test.value)) return null
      }
      const element = afresh(expr.element)
      if (element.state === 'unknown') return element
      parts.push(element)
      if (expr.kind !== 'dict') items.push(element.value)
      else {
        const value = expr.value === undefined ? unknown('a comprehension') : afresh(expr.value)
        if (value.state === 'unknown') return value
        parts.push(value)
        define(entries, String(element.value), value.value)
      }
      return null
    }
    const iterable = depth === 0 ? fold(clause.iterable) : afresh(clause.iterable)
    if (iterable.state === 'unknown') return iterable
    if (!Array.isArray(iterable.value)) return unknown('a comprehension')
    parts.push(iterable)
    const bindings = [...inner.bindings.values()].flat().filter((one) => one.value === clause.iterable)
    for (const item of iterable.value) {
      for (const binding of bindings) {
        const value = binding.unpack === null ? item : itemAt(item, binding.unpack)
        if (value === undefined) return unknown('an unpacked value')
        locals.set(binding, value)
      }
      const stop = run(depth + 1)
      if (stop !== null) return stop
      if (parts.length > 64) parts.splice(0, parts.length, combine(null, parts))
    }
    return null
  }
  const stop = run(0)
  for (const bindings of inner.bindings.values()) for (const one of bindings) locals.delete(one)
  if (stop !== null) return stop
  if (expr.kind === 'dict') return combine(entries, parts)
  const distinct = new Map(items.map((item) => [JSON.stringify(item), item]))
  return combine(expr.kind === 'set' ? [...distinct.values()] : items, parts)
}
