/** Dynamic blocks of Terraform, written out where it is known what they are made for. */
import type { HclValue } from './hcl-module.js'
import { type HclScope, mostCopies } from './hcl-scope.js'
import type { ConfigEntry, ConfigMap, ConfigNode } from './node.js'

/** Deepest nesting of blocks. */
const deepest = 12

export function writtenOut(scope: HclScope, block: HclValue): HclValue {
  const { node } = block
  return node.kind === 'map' ? { ...block, node: blockWritten(scope, block, node, 0) } : block
}

/** The same node where nothing in it is repeated. */
function blockWritten(scope: HclScope, block: HclValue, node: ConfigMap, depth: number): ConfigMap {
  if (depth > deepest) return node
  const entries = node.entries.map((one) => itemsWritten(scope, block, one, depth + 1))
  if (node.dynamic === undefined && entries.every((one, index) => one === node.entries[index])) return node
  const { open, dynamic = [], ...rest } = node
  let isOpen = dynamic.length === 0
  for (const { name, iterator, over, content } of dynamic) {
    const copies = scope.iterations(iterator, { ...block, node: over })
    if (copies === null || copies.length > mostCopies) {
      isOpen = true
      continue
    }
    const blocks = copies.map((each) => {
      const copy = { ...blockWritten(scope, { ...block, each }, content, depth + 1) }
      scope.keep(copy, { path: block.path, each })
      return copy
    })
    if (blocks.length > 0) add(entries, name, blocks)
  }
  return { ...rest, entries, ...(isOpen && open !== undefined ? { open } : {}) }
}

function itemsWritten(scope: HclScope, block: HclValue, one: ConfigEntry, depth: number): ConfigEntry {
  const { value } = one
  if (value.kind !== 'list') return one
  const items = value.items.map((item) =>
    item.kind === 'map' ? blockWritten(scope, block, item, depth) : item,
  )
  return items.every((item, index) => item === value.items[index])
    ? one
    : { ...one, value: { ...value, items } }
}

/** Behind the blocks of this type that are there already. */
function add(entries: ConfigEntry[], key: string, blocks: ConfigNode[]): void {
  const { start, end } = blocks[0]!
  const at = entries.findIndex((one) => one.key === key)
  const before = entries[at]?.value
  if (before?.kind === 'list')
    entries[at] = { ...entries[at]!, value: { ...before, items: [...before.items, ...blocks] } }
  else
    entries.push({ key, keyStart: start, keyEnd: start, value: { kind: 'list', items: blocks, start, end } })
}
