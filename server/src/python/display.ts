/** Plain data as the code that would write it. */
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import type { Span } from '../text/location.js'

/** All of it stands at one place. */
export function displayOf(value: Json, { start, end }: Span): Expr {
  const inner = (one: Json): Expr => displayOf(one, { start, end })
  if (Array.isArray(value)) return { type: 'list', items: value.map(inner), start, end }
  if (typeof value === 'object' && value !== null)
    return {
      type: 'dict',
      entries: Object.entries(value).map(([key, one]) => ({
        key: inner(key),
        value: inner(one),
        start,
        end,
      })),
      start,
      end,
    }
  const float = typeof value === 'number' && !Number.isInteger(value)
  return { type: 'constant', value, ...(float ? { float } : {}), start, end }
}
