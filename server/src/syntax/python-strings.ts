/** Values of Python literals. */

import { lookUp } from '../text/records.js'

const simpleEscapes: Record<string, string> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

const escapeSequence = /\\(\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\\'"abfnrtv])/g

/** The text of a string's inside after escapes. Unknown escapes stay as they are, as in Python. */
export function decodeString(inside: string, raw: boolean): string {
  // Python reads every line ending as \n, before it looks at escapes.
  const text = inside.includes('\r') ? inside.replace(/\r\n?/g, '\n') : inside
  if (raw || !text.includes('\\')) return text
  return text.replace(escapeSequence, (whole: string, code: string) => {
    const simple = lookUp(simpleEscapes, code)
    if (simple !== undefined) return simple
    if (code === '\n') return ''
    const point =
      code[0]! >= '0' && code[0]! <= '7' ? Number.parseInt(code, 8) : Number.parseInt(code.slice(1), 16)
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole
  })
}

/** The number that a literal stands for; null for imaginary numbers and what is no number. */
export function numberValue(literal: string): number | null {
  let digits = literal.replaceAll('_', '').toLowerCase()
  if (digits.endsWith('j')) return null
  if (digits.endsWith('l')) digits = digits.slice(0, -1)
  // Python 2 wrote octal numbers with a plain leading zero.
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)
  return Number.isFinite(value) ? value : null
}

/** True for literals that Python reads as float: `3.0`, `1e-3`; hexadecimal digits are no exponents. */
export function isFloatLiteral(literal: string): boolean {
  return !/^0[xXbBoO]/.test(literal) && /[.eE]/.test(literal)
}
