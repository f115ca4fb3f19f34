/**
 * Equal strings of plain data, held once. Data that comes as a message brings a copy of each string each time it stands there:
 * of a library of a million lines two thirds of all strings were copies of paths, names and states that others hold as well.
 */
import { define } from './records.js'

/** Strings that are known at a time: one more takes the place of another, so nothing grows. */
const places = 1 << 16

/** Characters beyond which a string is hardly ever there twice. */
const longest = 400

export class SharedStrings {
  private readonly known: (string | undefined)[] = new Array<string | undefined>(places).fill(undefined)

  /** Replaces strings of data that nobody else has yet. */
  share<T>(data: T): T {
    if (typeof data === 'string') return this.one(data) as T
    // What lies deep in it would be too deep for a function that calls itself.
    const open: object[] = typeof data === 'object' && data !== null ? [data] : []
    for (let one = open.pop(); one !== undefined; one = open.pop()) this.within(one, open)
    return data
  }

  private within(data: object, open: object[]): void {
    if (Array.isArray(data)) {
      for (let index = 0; index < data.length; index++) {
        const value: unknown = data[index]
        if (typeof value === 'string') data[index] = this.one(value)
        else if (typeof value === 'object' && value !== null) open.push(value)
      }
      return
    }
    const record = data as Record<string, unknown>
    for (const [key, value] of Object.entries(record)) {
      if (typeof value === 'string') define(record, key, this.one(value))
      else if (typeof value === 'object' && value !== null) open.push(value)
    }
  }

  private one(text: string): string {
    if (text.length > longest) return text
    const place = placeOf(text)
    const known = this.known[place]
    if (known === text) return known
    this.known[place] = text
    return text
  }
}

/** By a dozen characters spread over the text. */
function placeOf(text: string): number {
  const { length } = text
  const step = (length >> 4) + 1
  let hash = length
  for (let index = length - 1; index >= 0; index -= step)
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return (hash ^ (hash >>> 16)) & (places - 1)
}
