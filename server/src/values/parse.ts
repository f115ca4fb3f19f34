/** How frameworks read one value: undefined where it is of another kind. */
import type { Json } from '../text/json.js'

export const asNumber = (value: Json): number | undefined => (typeof value === 'number' ? value : undefined)

/** Numbers count as in Python, and None is false. */
export const asBoolean = (value: Json): boolean | undefined => {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  return value === null ? false : undefined
}

export const asText = (value: Json): string | undefined => (typeof value === 'string' ? value : undefined)

/** A count, which some files write as text. */
export const asCount = (value: Json): number | undefined => {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : undefined
}

/** A number, which templates and older tools quote. */
export const asQuotedNumber = (value: Json): number | undefined => {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !/^\s*[-+]?(\d+(?:\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$/.test(value))
    return undefined
  return Number(value)
}

/** A switch, quoted or not: 'true', "False". */
export const asSwitch = (value: Json): boolean | undefined => {
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.toLowerCase() : undefined
  return word === 'true' ? true : word === 'false' ? false : undefined
}

/** Any scalar as text, as tools see it that take everything for text. */
export const asWritten = (value: Json): string | undefined =>
  value === null || typeof value === 'object' ? undefined : String(value)

/** One of the words of a framework, in whatever case it is written. */
export function asWord<T>(words: ReadonlyMap<string, T>): (value: Json) => T | undefined {
  return (value) => (typeof value === 'string' ? words.get(value.toLowerCase()) : undefined)
}

/** Whatever stands there says that it is used. */
export const asGiven = (value: Json): boolean => value !== null && value !== false

/** None (or null) is a value of its own: no limit, none used. */
export function orNone<T>(parse: (value: Json) => T | undefined): (value: Json) => T | null | undefined {
  return (value) => (value === null ? null : parse(value))
}

/** None sets no limit. */
export const asLimit = (value: Json): number | null | undefined => (value === null ? null : asNumber(value))
