/** Trees of values that are laid over each other. Nodes are never changed: what differs is made anew. */
import type { Configured, ConfiguredMap } from './configured.js'
import { define, lookUp } from './records.js'

export function withEntry(map: ConfiguredMap, key: string, value: Configured): ConfiguredMap {
  const entries = { ...map.entries }
  Object.defineProperty(entries, key, { value, enumerable: true, configurable: true, writable: true })
  return { ...map, entries }
}

/**
 * `over` laid over `base`: maps are joined key by key and stand where the first of them is written, everything else is
 * replaced. A map with the key `instead`, set to true, replaces what it lies over.
 */
export function mergeConfigured(base: ConfiguredMap, over: ConfiguredMap, instead?: string): ConfiguredMap {
  const merged: ConfiguredMap = { ...base, entries: { ...base.entries } }
  if (over.open !== undefined) merged.open = over.open
  for (const [key, value] of Object.entries(over.entries)) {
    if (key === instead) continue
    const before = lookUp(base.entries, key)
    define(merged.entries, key, mergedValue(before, value, instead))
  }
  return merged
}

function mergedValue(before: Configured | undefined, value: Configured, instead?: string): Configured {
  if (value.kind !== 'map') return value
  const replaces = instead === undefined ? undefined : lookUp(value.entries, instead)
  if (before?.kind === 'map' && !(replaces?.kind === 'scalar' && replaces.value === true))
    return mergeConfigured(before, value, instead)
  // What it lies over is not known, and some of it may show through.
  const open = before?.kind === 'unknown' && replaces === undefined ? { open: before.because } : {}
  return mergeConfigured({ kind: 'map', entries: {}, at: value.at, ...open }, value, instead)
}

/** `change` carried out at a path of keys; maps that are missing on the way are made. */
export function changedAt(
  map: ConfiguredMap,
  keys: readonly string[],
  change: (before: Configured | undefined) => Configured,
): ConfiguredMap {
  const [key, ...rest] = keys
  if (key === undefined) return map
  const before = lookUp(map.entries, key)
  if (rest.length === 0) return withEntry(map, key, change(before))
  // What is not known keeps what is written into it.
  const open = before?.kind === 'unknown' ? before.because : map.open
  const inner: ConfiguredMap =
    before?.kind === 'map'
      ? before
      : { kind: 'map', entries: {}, at: (before ?? map).at, ...(open === undefined ? {} : { open }) }
  return withEntry(map, key, changedAt(inner, rest, change))
}

/** One of several trees, whichever it is; `names` tell them apart. */
export function eitherConfigured(nodes: readonly Configured[], names: readonly string[]): Configured {
  const [first] = nodes
  const at = first!.at
  if (nodes.every((node): node is ConfiguredMap => node.kind === 'map')) {
    const keys = [...new Set(nodes.flatMap(({ entries }) => Object.keys(entries)))]
    const isOpen = nodes.some(({ open }) => open !== undefined)
    let whole: ConfiguredMap = { kind: 'map', entries: {}, at, ...(isOpen ? { open: several } : {}) }
    for (const key of keys) {
      const children = nodes.map(({ entries }) => lookUp(entries, key))
      const there = children.filter((child) => child !== undefined)
      const child: Configured =
        there.length === nodes.length
          ? eitherConfigured(there, names)
          : { kind: 'unknown', because: several, at: there[0]!.at }
      whole = withEntry(whole, key, child)
    }
    return whole
  }
  if (nodes.every((node) => node.kind === 'scalar'))
    return {
      kind: 'unknown',
      because: several,
      at,
      options: nodes.map((node, index) => ({ value: node.value, at: node.at, when: names[index]! })),
    }
  return { kind: 'unknown', because: several, at }
}

const several = 'several configurations'

export function unclear({ at }: Configured): Configured {
  return { kind: 'unknown', because: 'a change that cannot be followed', at }
}
