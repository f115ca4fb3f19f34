/** Python's operators on plain values. Undefined: they do not fold. */
import type { Json } from '../text/json.js'
import { maximumItems } from './fold-numeric.js'
import { joinedPath } from './fold-paths.js'

/** Longest text that is put together, in characters. */
export const maximumText = 100_000

export function sameValue(a: Json, b: Json): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** `True == 1`: Python's truth values are numbers. */
function equal(a: Json, b: Json): boolean {
  const plain = (value: Json): Json => (typeof value === 'boolean' ? Number(value) : value)
  return sameValue(plain(a), plain(b))
}

export function truthy(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (value !== null && typeof value === 'object') return Object.keys(value).length > 0
  return Boolean(value)
}

export function operate(op: string, a: Json, b: Json): Json | undefined {
  if (op === '==') return equal(a, b)
  if (op === '!=') return !equal(a, b)
  if (op === 'in' || op === 'not in') {
    const inside = Array.isArray(b)
      ? b.some((item) => equal(item, a))
      : typeof b === 'string' && typeof a === 'string'
        ? b.includes(a)
        : undefined
    return inside === undefined ? undefined : op === 'in' ? inside : !inside
  }
  if (op === 'is') return sameValue(a, b)
  if (op === 'is not') return !sameValue(a, b)
  if (op === '+') {
    if (typeof a === 'string' && typeof b === 'string')
      return a.length + b.length > maximumText ? undefined : a + b
    if (Array.isArray(a) && Array.isArray(b))
      return a.length + b.length > maximumItems ? undefined : [...a, ...b]
  }
  if (op === '/' && typeof a === 'string' && typeof b === 'string')
    return a.length + b.length > maximumText ? undefined : joinedPath([a, b])
  if (op === '*' && Array.isArray(a) && typeof b === 'number') {
    return a.length * b > maximumItems || b < 0
      ? undefined
      : Array.from({ length: Math.trunc(b) }, () => a).flat()
  }
  if (op === '|' && isDict(a) && isDict(b)) return { ...a, ...b }
  const x = typeof a === 'boolean' ? Number(a) : a
  const y = typeof b === 'boolean' ? Number(b) : b
  if (typeof x !== 'number' || typeof y !== 'number') return undefined
  switch (op) {
    case '+':
      return x + y
    case '-':
      return x - y
    case '*':
      return x * y
    case '/':
      return y === 0 ? undefined : x / y
    case '//':
      return y === 0 ? undefined : Math.floor(x / y)
    case '%':
      return y === 0 ? undefined : ((x % y) + y) % y
    case '**': {
      const power = x ** y
      return Number.isFinite(power) ? power : undefined
    }
    case '<':
      return x < y
    case '<=':
      return x <= y
    case '>':
      return x > y
    case '>=':
      return x >= y
    default:
      return undefined
  }
}

/** Arithmetic of arrays: with a number, or with an array of the same shape. */
export function elementwise(op: string, a: Json, b: Json): Json | undefined {
  const size = Array.isArray(a) ? a.length : Array.isArray(b) ? b.length : 0
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return undefined
  const result: Json[] = []
  for (let index = 0; index < size; index++) {
    const x = Array.isArray(a) ? a[index]! : a
    const y = Array.isArray(b) ? b[index]! : b
    const value = Array.isArray(x) || Array.isArray(y) ? elementwise(op, x, y) : operate(op, x, y)
    if (value === undefined) return undefined
    result.push(value)
  }
  return result
}

/** True for a value of more than `limit` parts. Parts that are shared count each time, as they would when written out. */
export function isLarger(value: Json, limit: number): boolean {
  if (value === null || typeof value !== 'object') return false
  let left = limit
  const stack: Json[] = [value]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (left-- <= 0) return true
    if (Array.isArray(next)) {
      if (next.length > left) return true
      for (const item of next) stack.push(item)
    } else if (next !== null && typeof next === 'object') stack.push(...Object.values(next))
  }
  return false
}

export function isDict(value: Json): value is Record<string, Json> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

export function itemAt(value: Json, path: number[]): Json | undefined {
  let current: Json | undefined = value
  for (const index of path) current = Array.isArray(current) ? current[index] : undefined
  return current
}
