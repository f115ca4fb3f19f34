/** Located values of a file as the plain tree that scripts are read with. */
import type { Configured, ConfiguredPlace } from '../text/configured.js'
import { locate, type SourceFragment } from '../text/source-fragment.js'
import type { ConfigDocument, ConfigNode } from './node.js'

/** Values in one file; a file with more is data. */
const mostValues = 5_000

/** The first document of a file; null where it is empty, too large, or nothing that holds keys. */
export function configuredFrom(
  path: string,
  fragment: SourceFragment,
  documents: readonly ConfigDocument[],
): Configured | null {
  const document = documents[0]
  if (document === undefined || document.root.kind !== 'map') return null
  let count = 0
  const convert = (node: ConfigNode, start: number, keys: (string | number)[]): Configured => {
    const at: ConfiguredPlace = {
      location: locate(path, fragment, {
        start,
        end: node.kind === 'map' || node.kind === 'list' ? keyEnd(start, node) : node.end,
      }),
      document: document.index,
      keys,
    }
    if (++count > mostValues) return { kind: 'unknown', because: 'a long file', at }
    switch (node.kind) {
      case 'scalar':
        return { kind: 'scalar', value: node.value, at }
      case 'unknown':
        return node.text === undefined
          ? { kind: 'unknown', because: node.because, at }
          : { kind: 'unknown', because: node.because, text: node.text, at }
      case 'list': {
        const items = node.items.map((item, index) => convert(item, item.start, [...keys, index]))
        return node.open === undefined
          ? { kind: 'list', items, at }
          : { kind: 'list', items, at, open: node.open }
      }
      case 'map': {
        const entries: Record<string, Configured> = {}
        for (const entry of node.entries) {
          const value = convert(entry.value, entry.keyStart, [...keys, entry.key])
          // Of equal keys the last one counts.
          Object.defineProperty(entries, entry.key, {
            value,
            enumerable: true,
            configurable: true,
            writable: true,
          })
        }
        return node.open === undefined
          ? { kind: 'map', entries, at }
          : { kind: 'map', entries, at, open: node.open }
      }
    }
  }
  const ends = new Map<ConfigNode, number>()
  const remember = (node: ConfigNode, depth: number): void => {
    if (node.kind !== 'map' || depth > 100) return
    for (const entry of node.entries) {
      ends.set(entry.value, entry.keyEnd)
      remember(entry.value, depth + 1)
    }
  }
  /** A block is shown by its key; the root by its first key. */
  function keyEnd(start: number, node: ConfigNode): number {
    const end = ends.get(node)
    if (end !== undefined) return end
    const first = node.kind === 'map' ? node.entries[0] : undefined
    return first !== undefined && first.keyStart >= start ? first.keyEnd : start
  }
  remember(document.root, 0)
  const first = document.root.entries[0]
  const root = convert(document.root, first?.keyStart ?? document.root.start, [])
  return count > mostValues ? null : root
}
