/** Short names for texts: two are told apart by them, nothing more. */

/** 64 bits in two lanes over UTF-16 units, with the length: as text. */
export function hashOf(text: string): string {
  let low = 0x811c9dc5
  let high = 0x9e3779b9
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x5bd1e995) ^ (high >>> 15)
  }
  return `${text.length.toString(36)}.${(low >>> 0).toString(36)}.${(high >>> 0).toString(36)}`
}

/** The same of bytes. */
export function digestOf(bytes: Uint8Array): string {
  let low = 0x811c9dc5
  let high = 0x9e3779b9
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!
    low = Math.imul(low ^ byte, 0x01000193)
    high = Math.imul(high ^ byte, 0x5bd1e995) ^ (high >>> 15)
  }
  return `${bytes.length.toString(36)}.${(low >>> 0).toString(36)}.${(high >>> 0).toString(36)}`
}
