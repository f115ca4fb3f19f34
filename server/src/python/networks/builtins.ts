/** Functions that Python brings. */
import { isKind, type Value } from './values.js'

/** Items of a list that is written out: layers of a network. */
export const longestList = 200

/** Undefined: it cannot be told, or is none of these. */
export function builtin(id: string, given: readonly Value[]): Value {
  const [first, second, third] = given
  switch (id) {
    case 'range': {
      const [from, to] = second === undefined ? [0, first] : [first, second]
      if (typeof from !== 'number' || typeof to !== 'number') return undefined
      const by = typeof third === 'number' ? third : 1
      const count = Math.ceil((to - from) / by)
      return count <= longestList
        ? Array.from({ length: Math.max(0, count) }, (_one, index) => from + index * by)
        : undefined
    }
    case 'enumerate':
      return Array.isArray(first) ? first.map((item, index) => [index, item]) : undefined
    case 'zip': {
      if (!given.every(Array.isArray) || given.length === 0) return undefined
      const length = Math.min(...given.map((one) => one.length))
      return Array.from({ length }, (_one, index) => given.map((one) => one[index]))
    }
    case 'reversed':
      return Array.isArray(first) ? [...first].reverse() : undefined
    case 'list':
    case 'tuple':
      return given.length === 0 ? [] : isKind(first, 'fields') ? [...first.fields.keys()] : first
    case 'len':
      return Array.isArray(first) ? first.length : undefined
    case 'int':
    case 'round':
    case 'max':
    case 'min':
    case 'sum': {
      const numbers = given.flat()
      if (numbers.length === 0 || !numbers.every((one) => typeof one === 'number')) return undefined
      if (id === 'sum') return numbers.reduce((all, one) => all + one, 0)
      if (id === 'int') return Math.trunc(numbers[0]!)
      if (id === 'round') return Math.round(numbers[0]!)
      return id === 'max' ? Math.max(...numbers) : Math.min(...numbers)
    }
    default:
      return undefined
  }
}
