/** NumPy, torch and built-in functions that fold to plain values. Sizes are capped, so hostile code stays cheap. */
import type { Json } from '../text/json.js'
import { lookUp } from '../text/records.js'
import { joinedPath, pathFunction } from './fold-paths.js'

/** Items of a list, turns of a comprehension; what is longer is not known. */
export const maximumItems = 10_000

const isNumber = (value: Json | undefined): value is number => typeof value === 'number'

/** Python's `range`. */
function rangeItems(args: Json[]): number[] | null {
  const [first, second, third] = args
  if (!isNumber(first)) return null
  const start = second === undefined ? 0 : first
  const stop = second === undefined ? first : second
  const step = third === undefined ? 1 : third
  if (!isNumber(stop) || !isNumber(step) || step === 0) return null
  const count = Math.max(0, Math.ceil((stop - start) / step))
  if (count > maximumItems) return null
  return Array.from({ length: count }, (_, index) => start + index * step)
}

/** Number of items of `range(*args)`, also where the list would be too long to hold. */
export function rangeSize(args: Json[]): number | null {
  const [first, second, third] = args
  if (!isNumber(first)) return null
  const start = second === undefined ? 0 : first
  const stop = second === undefined ? first : second
  const step = third === undefined ? 1 : third
  if (!isNumber(stop) || !isNumber(step) || step === 0) return null
  return Math.max(0, Math.ceil((stop - start) / step))
}

function spaced(start: number, stop: number, count: number, endpoint = true): number[] | null {
  if (!Number.isInteger(count) || count < 0 || count > maximumItems) return null
  const parts = endpoint ? count - 1 : count
  return Array.from({ length: count }, (_, index) =>
    parts <= 0 ? start : start + ((stop - start) * index) / parts,
  )
}

/** As Python rounds: halves to the even neighbour. */
function roundHalfEven(value: number): number {
  const down = Math.floor(value)
  if (value - down !== 0.5) return Math.round(value)
  return down % 2 === 0 ? down : down + 1
}

/** Every number of a list, at any depth. */
export function mapNumbers(value: Json, change: (item: number) => number): Json {
  if (isNumber(value)) return change(value)
  return Array.isArray(value) ? value.map((item) => mapNumbers(item, change)) : value
}

/** Parameter names of the functions that are called with keywords as well. */
const parameterNames: Record<string, string[]> = {
  'numpy.arange': ['start', 'stop', 'step'],
  'torch.arange': ['start', 'end', 'step'],
  'numpy.linspace': ['start', 'stop', 'num'],
  'torch.linspace': ['start', 'end', 'steps'],
  'numpy.logspace': ['start', 'stop', 'num'],
  'torch.logspace': ['start', 'end', 'steps'],
  'numpy.geomspace': ['start', 'stop', 'num'],
}

/** Value of a library or built-in function on folded arguments; undefined where it does not fold. */
export function foldFunction(
  name: string,
  positional: Json[],
  keywords: Record<string, Json>,
): Json | undefined {
  const value = folded(name, positional, keywords)
  return keywords.dtype === 'int' && value !== undefined ? mapNumbers(value, Math.trunc) : value
}

function folded(name: string, positional: Json[], keywords: Record<string, Json>): Json | undefined {
  const args = [...positional]
  const named = lookUp(parameterNames, name)
  if (named !== undefined) {
    for (let index = args.length; index < named.length; index++) {
      const value = lookUp(keywords, named[index]!)
      // `arange(stop=5)` leaves the first one out.
      if (value === undefined && index > 0) break
      args.push(value ?? 0)
    }
  }
  const [first, second, third] = args
  switch (name) {
    case 'range':
      return rangeItems(args) ?? undefined
    case 'sorted':
      if (!Array.isArray(first)) return undefined
      if (first.every(isNumber)) return [...(first as number[])].sort((a, b) => a - b)
      // Without `key` and `reverse`, which are not looked at, only the order is lost.
      return first.every((item) => typeof item === 'string') ? [...(first as string[])].sort() : undefined
    // Where the program is started, as its relative paths are.
    case 'pathlib.Path.cwd':
    case 'os.getcwd':
      return args.length === 0 ? '.' : undefined
    case 'pathlib.Path':
    case 'pathlib.PurePath':
    case 'os.path.join':
      return args.length > 0 && args.every((part) => typeof part === 'string')
        ? joinedPath(args as string[])
        : undefined
    case 'reversed':
      return Array.isArray(first) ? [...first].reverse() : undefined
    case 'enumerate': {
      const from = second ?? keywords.start ?? 0
      if (!Array.isArray(first) || !isNumber(from)) return undefined
      return first.map((item, index) => [from + index, item])
    }
    case 'zip': {
      if (args.length === 0 || !args.every(Array.isArray)) return undefined
      const lists = args as Json[][]
      const size = Math.min(...lists.map((list) => list.length))
      return Array.from({ length: size }, (_, index) => lists.map((list) => list[index]!))
    }
    case 'list':
    case 'tuple':
    case 'numpy.array':
    case 'numpy.asarray':
    case 'torch.tensor':
      return first === undefined ? [] : Array.isArray(first) ? first : undefined
    case 'set':
    case 'frozenset':
      if (first === undefined) return []
      return Array.isArray(first)
        ? [...new Map(first.map((item) => [JSON.stringify(item), item])).values()]
        : undefined
    case 'dict':
      return first === undefined ? keywords : undefined
    case 'len':
      if (Array.isArray(first) || typeof first === 'string') return first.length
      return first !== null && typeof first === 'object' ? Object.keys(first).length : undefined
    case 'int': {
      const value = typeof first === 'string' ? Number(first) : first
      return isNumber(value) && Number.isFinite(value)
        ? Math.trunc(value)
        : typeof first === 'boolean'
          ? Number(first)
          : undefined
    }
    case 'float':
    case 'numpy.float32':
    case 'numpy.float64': {
      const value = typeof first === 'string' ? Number(first) : first
      return isNumber(value) && !Number.isNaN(value) ? value : undefined
    }
    case 'str':
      return typeof first === 'string' ? first : isNumber(first) ? String(first) : undefined
    case 'bool':
      return typeof first === 'boolean' ? first : isNumber(first) ? first !== 0 : undefined
    case 'abs':
      return isNumber(first) ? Math.abs(first) : undefined
    case 'round': {
      if (!isNumber(first)) return undefined
      if (second === undefined) return roundHalfEven(first)
      const digits = isNumber(second) ? Number(first.toFixed(Math.min(100, Math.max(0, second)))) : undefined
      return digits
    }
    case 'sum': {
      if (!Array.isArray(first) || !first.every(isNumber)) return undefined
      return (first as number[]).reduce((total, item) => total + item, 0)
    }
    case 'min':
    case 'max': {
      const items = args.length === 1 && Array.isArray(first) ? first : args
      if (items.length === 0 || !items.every(isNumber)) return undefined
      const numbers = items as number[]
      return numbers.reduce((best, item) => (name === 'min' ? Math.min(best, item) : Math.max(best, item)))
    }
    case 'numpy.arange':
    case 'torch.arange': {
      if (!isNumber(first)) return undefined
      const start = second === undefined ? 0 : first
      const stop = second === undefined ? first : second
      const step = third ?? keywords.step ?? 1
      if (!isNumber(stop) || !isNumber(step) || step === 0) return undefined
      const count = Math.max(0, Math.ceil((stop - start) / step - 1e-9))
      return count > maximumItems
        ? undefined
        : Array.from({ length: count }, (_, index) => start + index * step)
    }
    case 'numpy.linspace':
    case 'torch.linspace': {
      const count = third ?? keywords.num ?? keywords.steps ?? (name === 'numpy.linspace' ? 50 : undefined)
      if (!isNumber(first) || !isNumber(second) || !isNumber(count)) return undefined
      return spaced(first, second, count, keywords.endpoint !== false) ?? undefined
    }
    case 'numpy.logspace':
    case 'torch.logspace': {
      const count = third ?? keywords.num ?? keywords.steps ?? (name === 'numpy.logspace' ? 50 : undefined)
      if (!isNumber(first) || !isNumber(second) || !isNumber(count)) return undefined
      const base = isNumber(keywords.base) ? keywords.base : 10
      return spaced(first, second, count, keywords.endpoint !== false)?.map((power) => base ** power)
    }
    case 'numpy.geomspace': {
      const count = third ?? keywords.num ?? 50
      if (!isNumber(first) || !isNumber(second) || !isNumber(count) || first <= 0 || second <= 0)
        return undefined
      return spaced(Math.log(first), Math.log(second), count)?.map((power) => Math.exp(power))
    }
    case 'numpy.concatenate':
    case 'numpy.hstack':
    case 'numpy.append':
    case 'itertools.chain': {
      const lists = name === 'numpy.concatenate' || name === 'numpy.hstack' ? first : args
      if (!Array.isArray(lists) || !lists.every(Array.isArray)) return undefined
      const all = (lists as Json[][]).flat()
      return all.length > maximumItems ? undefined : all
    }
    case 'numpy.round':
    case 'numpy.sort':
      return Array.isArray(first) ? first : undefined
    case 'numpy.unique':
      return Array.isArray(first)
        ? [...new Map(first.map((item) => [JSON.stringify(item), item])).values()]
        : undefined
    case 'numpy.power':
      if (isNumber(first) && Array.isArray(second) && second.every(isNumber)) {
        return (second as number[]).map((power) => first ** power)
      }
      return undefined
    case 'numpy.exp':
    case 'numpy.exp2':
    case 'numpy.log10': {
      const change =
        name === 'numpy.exp' ? Math.exp : name === 'numpy.exp2' ? (x: number) => 2 ** x : Math.log10
      if (!isNumber(first) && !Array.isArray(first)) return undefined
      return mapNumbers(first, change)
    }
    default:
      return name.startsWith('os.path.') ? pathFunction(name, args) : undefined
  }
}
