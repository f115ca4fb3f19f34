/** A name for a finding that outlives edits elsewhere in the file: no line and no cell number goes into it. */

/**
 * @param place path inside the file: the definition, or the keys down to the value
 * @param snippet the text that the finding is about
 * @param ordinal 0 for the first among equals
 * @returns 16 hexadecimal digits
 */
export function fingerprint(
  rule: string,
  path: string,
  place: string,
  snippet: string,
  ordinal: number,
): string {
  const text = [rule, path, place, snippet.replace(/\s+/g, ' ').trim(), ordinal].join('\0')
  // FNV-1a over UTF-16 code units, 64 bits in two halves that start apart.
  let high = 0x811c9dc5
  let low = 0xcbf29ce4
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    high = Math.imul(high ^ unit, 0x01000193)
    low = Math.imul(low ^ unit ^ (high >>> 13), 0x01000193)
  }
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0')
}
