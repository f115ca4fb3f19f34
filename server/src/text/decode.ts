/**
 * Bytes to text and back. Text that cannot be decoded without loss is refused with a reason: a fix written to a
 * wrongly decoded file would destroy it.
 */

import { lookUp } from './records.js'
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin-1' | 'cp1252'

export interface Decoded {
  /** Without the byte-order mark, as editors hold it. */
  text: string
  encoding: Encoding
  bom: boolean
}

export type Decoding = (Decoded & { problem?: undefined }) | { text?: undefined; problem: string }

/** Reads UTF-8, UTF-16 with a byte-order mark, and the single-byte encodings that a PEP 263 line names. */
export function decode(bytes: Uint8Array): Decoding {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return utf8(bytes.subarray(3), true)
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    if (bytes.length >= 4 && bytes[2] === 0 && bytes[3] === 0) return { problem: 'UTF-32 is not supported' }
    return utf16(bytes, 'utf-16le')
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return utf16(bytes, 'utf-16be')
  if (bytes.includes(0)) return { problem: 'binary file (it holds NUL bytes)' }
  const declared = declaredEncoding(bytes)
  const single = declared === undefined ? undefined : lookUp(singleByte, declared)
  if (single !== undefined) return { text: fromSingleByte(bytes, single), encoding: single, bom: false }
  const decoded = utf8(bytes, false)
  if (decoded.problem !== undefined && declared !== undefined) {
    return {
      problem: `${decoded.problem}; the encoding that its first lines name (${declared}) is not supported`,
    }
  }
  return decoded
}

/** The bytes of a text in the encoding it was read in; a string says which character cannot be written. */
export function encode(text: string, as: { encoding: Encoding; bom: boolean }): Uint8Array | string {
  if (as.encoding === 'utf-8') return new TextEncoder().encode(as.bom ? `\ufeff${text}` : text)
  if (as.encoding === 'utf-16le' || as.encoding === 'utf-16be') {
    const whole = as.bom ? `\ufeff${text}` : text
    const bytes = new Uint8Array(whole.length * 2)
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < whole.length; at++)
      view.setUint16(at * 2, whole.charCodeAt(at), as.encoding === 'utf-16le')
    return bytes
  }
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const byte = as.encoding === 'latin-1' ? (code < 256 ? code : undefined) : toCp1252(code)
    if (byte === undefined) return `${JSON.stringify(text[at])} cannot be written in ${as.encoding}`
    bytes[at] = byte
  }
  return bytes
}

function utf8(bytes: Uint8Array, bom: boolean): Decoding {
  if (bom && bytes.includes(0)) return { problem: 'binary file (it holds NUL bytes)' }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { text, encoding: 'utf-8', bom }
  } catch {
    return { problem: 'not valid UTF-8' }
  }
}

function utf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): Decoding {
  if (bytes.length % 2 !== 0) return { problem: 'not valid UTF-16 (an odd number of bytes)' }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const pieces: string[] = []
  const units: number[] = []
  for (let at = 2; at < bytes.length; at += 2) {
    const unit = view.getUint16(at, encoding === 'utf-16le')
    if (unit === 0) return { problem: 'binary file (it holds NUL characters)' }
    units.push(unit)
    if (units.length === 4096) pieces.push(String.fromCharCode(...units.splice(0)))
  }
  pieces.push(String.fromCharCode(...units))
  return { text: pieces.join(''), encoding, bom: true }
}

const singleByte: Record<string, 'latin-1' | 'cp1252'> = {
  'latin-1': 'latin-1',
  latin1: 'latin-1',
  l1: 'latin-1',
  'iso-8859-1': 'latin-1',
  'iso8859-1': 'latin-1',
  '8859': 'latin-1',
  cp819: 'latin-1',
  cp1252: 'cp1252',
  'windows-1252': 'cp1252',
}

/** PEP 263: `# -*- coding: latin-1 -*-` on the first or second line. */
function declaredEncoding(bytes: Uint8Array): string | undefined {
  // One byte per character is enough to find an ASCII comment.
  const head = fromSingleByte(bytes.subarray(0, 400), 'latin-1')
  const [first = '', second = ''] = head.split(/\r\n|\r|\n/, 2)
  for (const line of [first, second]) {
    const named = /^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)/.exec(line)
    if (named !== null) return named[1]!.toLowerCase().replaceAll('_', '-')
    // The second line counts only when the first holds nothing but a comment.
    if (!/^[ \t\f]*(#.*)?$/.test(line)) return undefined
  }
  return undefined
}

function fromSingleByte(bytes: Uint8Array, encoding: 'latin-1' | 'cp1252'): string {
  // Not TextDecoder: its 'latin1' is windows-1252 by the standard, and the other way round in some versions of Node.
  const pieces: string[] = []
  for (let at = 0; at < bytes.length; at += 4096) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 4096)))
  }
  const text = pieces.join('')
  return encoding === 'latin-1'
    ? text
    : text.replace(/[\x80-\x9f]/g, (one) => cp1252High[one.charCodeAt(0) - 0x80]!)
}

/** Windows-1252 for the bytes 0x80 to 0x9f; the five unassigned ones keep their number. */
const cp1252High = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

function toCp1252(code: number): number | undefined {
  if (code < 0x80 || (code >= 0xa0 && code < 0x100)) return code
  const at = cp1252High.indexOf(String.fromCharCode(code))
  return at === -1 ? undefined : at + 0x80
}
