/**
 * The files that git tracks, from its index. What is tracked is part of the repository whatever `.gitignore` says.
 * Source: git, Documentation/gitformat-index.adoc (versions 2 to 4, hashes of 20 bytes).
 */

/** Offsets in an entry, in bytes. */
const modeAt = 24
const flagsAt = 60
const fixedLength = 62
const extendedFlag = 0x4000
/** Kinds of entries by the upper bits of their mode. */
const regularFile = 0b1000

/** Paths of regular files, from the top of the repository; null: not an index that can be read. */
export function trackedFiles(bytes: Uint8Array): string[] | null {
  if (bytes.length < 12 || new TextDecoder().decode(bytes.subarray(0, 4)) !== 'DIRC') return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint32(4)
  if (version < 2 || version > 4) return null
  const count = view.getUint32(8)
  const decoder = new TextDecoder()
  const paths: string[] = []
  let at = 12
  let previous = new Uint8Array()
  for (let entry = 0; entry < count; entry++) {
    if (at + fixedLength > bytes.length) return null
    const mode = view.getUint32(at + modeAt)
    const extended = (view.getUint16(at + flagsAt) & extendedFlag) !== 0
    let name = at + fixedLength + (extended ? 2 : 0)
    let kept = 0
    if (version === 4) {
      const strip = variableInteger(bytes, name)
      if (strip === null || strip.value > previous.length) return null
      kept = previous.length - strip.value
      name = strip.end
    }
    const end = bytes.indexOf(0, name)
    if (end < 0) return null
    const path = new Uint8Array(kept + end - name)
    path.set(previous.subarray(0, kept))
    path.set(bytes.subarray(name, end), kept)
    previous = path
    if (mode >>> 12 === regularFile) paths.push(decoder.decode(path))
    // Entries of older versions are padded with one to eight NUL bytes.
    at = version === 4 ? end + 1 : at + ((end - at + 8) & ~7)
  }
  return paths
}

/** Seven bits a byte, the next one counted from one more (as offsets in packs are). */
function variableInteger(bytes: Uint8Array, start: number): { value: number; end: number } | null {
  let value = 0
  for (let at = start; at < Math.min(bytes.length, start + 5); at++) {
    const byte = bytes[at]!
    value = (at === start ? 0 : (value + 1) << 7) + (byte & 0x7f)
    if ((byte & 0x80) === 0) return { value, end: at + 1 }
  }
  return null
}
