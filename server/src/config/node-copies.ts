/** Copies of nodes that stand in other places. */
import type { Span } from '../text/location.js'
import type { ConfigNode } from './node.js'

const deepest = 200

/** A node and all below it, each where `placeOf` puts what stood at a span. */
export function placedBy(node: ConfigNode, placeOf: (span: Span) => Span, depth = 0): ConfigNode {
  const place = placeOf(node)
  if (depth > deepest) return { kind: 'unknown', because: 'nested too deeply', ...place }
  if (node.kind === 'map') {
    const entries = node.entries.map(({ key, keyStart, keyEnd, value }) => {
      const at = placeOf({ start: keyStart, end: keyEnd })
      return { key, keyStart: at.start, keyEnd: at.end, value: placedBy(value, placeOf, depth + 1) }
    })
    return { ...node, ...place, entries }
  }
  if (node.kind === 'list')
    return { ...node, ...place, items: node.items.map((one) => placedBy(one, placeOf, depth + 1)) }
  return { ...node, ...place }
}
