/**
 * What a sweep override of Hydra stands for: `lr=0.1,0.01`, `range(1,5)`, `choice(a,b)`. Source: hydra.cc, "Extended
 * Override syntax" (1.1 and later).
 */
import { distinctCount, rangeSize } from '../../estimate/dimension.js'
import { overrideValue } from '../../link/hydra-overrides.js'
import type { Json } from '../../text/json.js'

export interface SweptValue {
  /** Values that are tried; null: they cannot be counted, or lie in an interval. */
  size: number | null
  values?: Json[]
  /** An interval: only sweepers that draw can use it. */
  drawn: boolean
  /** Its ends, and whether it is tagged as one of a logarithmic scale. */
  ends?: [number, number]
  log?: true
}

/** Null for an override of one value. */
export function sweptValue(text: string): SweptValue | null {
  const inner = /^(?:tag|sort|shuffle)\((.*)\)$/.exec(text.trim())
  if (inner !== null) {
    const value = sweptValue(lastArgument(inner[1]!))
    const tags = split(inner[1]!).slice(0, -1)
    return value !== null && tags.some((tag) => tag.trim() === 'log') ? { ...value, log: true } : value
  }
  const call = /^(choice|range|interval|glob)\((.*)\)$/.exec(text.trim())
  if (call === null) {
    const parts = split(text)
    return parts.length < 2 ? null : counted(parts)
  }
  const given = split(call[2]!)
  switch (call[1]) {
    case 'choice':
      return counted(given)
    case 'range': {
      const numbers = given.map((one) => Number(one.replace(/^\w+=/, '')))
      if (numbers.some(Number.isNaN) || numbers.length === 0) return { size: null, drawn: false }
      const [start, stop, step] = numbers.length === 1 ? [0, numbers[0]!] : numbers
      return { size: rangeSize(start!, stop!, step), drawn: false }
    }
    case 'interval': {
      const [low, high] = given.map((one) => Number(one.replace(/^\w+=/, '')))
      const known = low !== undefined && high !== undefined && !Number.isNaN(low + high)
      return { size: null, drawn: true, ...(known ? { ends: [low, high] } : {}) }
    }
    default:
      return { size: null, drawn: false }
  }
}

function counted(parts: string[]): SweptValue {
  const values = parts.map((one): Json => overrideValue(one) ?? one)
  return { size: distinctCount(values), values, drawn: false }
}

/** The same interval on a logarithmic scale, with the tags and numbers as they are written. */
export function taggedAsLogarithmic(text: string): string {
  const inner = /^tag\((.*)\)$/.exec(text.trim())
  if (inner === null) return `tag(log, ${text.trim()})`
  const parts = split(inner[1]!).map((part) => part.trim())
  return `tag(${[...parts.slice(0, -1), 'log', parts.at(-1)].join(', ')})`
}

/** `log, interval(1, 10)`: tags come first. */
function lastArgument(text: string): string {
  return split(text).at(-1) ?? ''
}

/** At commas outside of brackets and quotes. */
function split(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quote = ''
  let from = 0
  for (let index = 0; index < text.length; index++) {
    const one = text[index]!
    if (quote !== '') {
      if (one === quote) quote = ''
    } else if (one === "'" || one === '"') quote = one
    else if ('([{'.includes(one)) depth++
    else if (')]}'.includes(one)) depth--
    else if (one === ',' && depth === 0) {
      parts.push(text.slice(from, index).trim())
      from = index + 1
    }
  }
  parts.push(text.slice(from).trim())
  return parts.filter((one) => one !== '')
}
