/** Types of Terraform variables: what they give to objects that leave something out. */
import { entries as entriesOf } from './access.js'
import type { ConfigNode, ObjectDefaults } from './node.js'
import type { PlainNode } from './plain-tree.js'

/** Of the call of a type (`object({…})`, `map(…)`, `optional(number, 1)`); undefined: it gives nothing. */
export function defaultsOfType(
  name: string,
  passed: readonly PlainNode[],
  read: (node: PlainNode) => ConfigNode,
): ObjectDefaults | undefined {
  const [first, second] = passed
  if (first === undefined || !/^(object|optional|map|list|set)$/.test(name)) return undefined
  const inner = read(first)
  const within = inner.kind === 'unknown' ? inner.gives : undefined
  if (name === 'optional') {
    const field = { key: '', ...(second === undefined ? {} : { value: read(second) }) }
    return { fields: [within === undefined ? field : { ...field, within }] }
  }
  if (/^(map|list|set)$/.test(name)) return within === undefined ? undefined : { items: within }
  const fields = entriesOf(inner).flatMap(({ key, value }) => {
    const gives = value.kind === 'unknown' ? value.gives : undefined
    if (gives === undefined) return []
    // What `optional` gives has no name of its own yet.
    const optional = gives.fields?.length === 1 && gives.fields[0]!.key === '' ? gives.fields[0]! : undefined
    return optional === undefined ? [{ key, within: gives }] : [{ ...optional, key }]
  })
  return { fields }
}

/** How values inside of a value are looked at. */
interface Looking {
  /** With its references followed. */
  below(node: ConfigNode): ConfigNode
  /** Says that a new node stands where another one does; null: where the type does. */
  keep(node: ConfigNode, like: ConfigNode | null): void
}

/** A value with what its type gives where it is left out. */
export function completed(node: ConfigNode, gives: ObjectDefaults, looking: Looking): ConfigNode {
  if (node.kind !== 'map' && node.kind !== 'list') return node
  const own = (one: ConfigNode, within: ObjectDefaults | undefined): ConfigNode => {
    if (within === undefined) return one
    const before = looking.below(one)
    const whole = completed(before, within, looking)
    if (whole !== before) looking.keep(whole, before)
    return whole
  }
  if (node.kind === 'list')
    return gives.items === undefined
      ? node
      : { ...node, items: node.items.map((one) => own(one, gives.items)) }
  const { fields = [] } = gives
  const entries = node.entries.map((one) => ({
    ...one,
    value: own(one.value, gives.items ?? fields.find(({ key }) => key === one.key)?.within),
  }))
  for (const { key, value, within } of fields) {
    if (value === undefined || node.entries.some((one) => one.key === key)) continue
    const whole = within === undefined ? value : completed(value, within, looking)
    looking.keep(whole, null)
    entries.push({ key, keyStart: value.start, keyEnd: value.start, value: whole })
  }
  return { ...node, entries }
}
