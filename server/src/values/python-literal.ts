import type { Json } from '../text/json.js'

export type Quote = '"' | "'"

/** A value as Python writes it. */
export function pythonLiteral(value: Json, quote: Quote = '"'): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `[${value.map((one) => pythonLiteral(one, quote)).join(', ')}]`
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(
      ([key, one]) => `${quoted(key, quote)}: ${pythonLiteral(one, quote)}`,
    )
    return `{${entries.join(', ')}}`
  }
  return typeof value === 'string' ? quoted(value, quote) : JSON.stringify(value)
}

function quoted(text: string, quote: Quote): string {
  const double = JSON.stringify(text)
  return quote === '"' ? double : `'${double.slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`
}

/** The quotes that a piece of code uses. */
export function quoteOf(code: string): Quote {
  return (/["']/.exec(code)?.[0] as Quote | undefined) ?? '"'
}

/** The quote that a file uses most. */
export function preferredQuote(text: string): Quote {
  let single = 0
  let double = 0
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "'") single++
    else if (text[index] === '"') double++
  }
  return single > double ? "'" : '"'
}
