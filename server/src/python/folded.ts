/** Folded values and how they are put together. */
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import type { Folded } from './module.js'
import { sameValue } from './operators.js'

export type Fold = (expr: Expr) => Folded

export const unknown = (because: string): Folded => ({ state: 'unknown', because })
export const known = (value: Json): Folded => ({ state: 'known', value, channel: 'code', overridable: false })

/** A value made from parts: as overridable as its parts, from the strongest launch channel among them. */
export function combine(value: Json, parts: Folded[]): Folded {
  const result: Folded = { state: 'known', value, channel: 'code', overridable: false }
  for (const part of parts) {
    if (part.state === 'unknown') continue
    if (part.overridable) result.overridable = true
    if (part.channel !== 'code' && result.channel === 'code') {
      result.channel = part.channel
      result.location = part.location
    }
  }
  return result
}

/** One value that all agree on. */
export function agree(values: Folded[], otherwise: string): Folded {
  const first = values[0]
  if (first === undefined) return unknown(otherwise)
  for (const value of values) {
    if (value.state === 'unknown') return value
    if (first.state === 'known' && !sameValue(first.value, value.value)) return unknown(otherwise)
  }
  return first.state === 'known' ? combine(first.value, values) : first
}

/** Of two, where the second only decided that it is the first. */
export function combineWith(value: Folded, other: Folded): Folded {
  return value.state === 'unknown' ? value : combine(value.value, [value, other])
}
