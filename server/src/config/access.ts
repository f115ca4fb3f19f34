/**
 * Short questions about located values. Every helper takes `undefined` for a node that is not there and answers
 * `undefined` in turn, so a reader can walk down without asking at each step.
 */
import type { ConfigEntry, ConfigList, ConfigMap, ConfigNode, ConfigScalar, ConfigUnknown } from './node.js'

export type Key = string | number

/** The entry of a map by its key (the last one of several, as parsers take it), with the ranges of key and value. */
export function entry(node: ConfigNode | undefined, key: string): ConfigEntry | undefined {
  if (node?.kind !== 'map') return undefined
  for (let index = node.entries.length - 1; index >= 0; index--) {
    if (node.entries[index]!.key === key) return node.entries[index]
  }
  return undefined
}

/**
 * The node at the end of a path of keys and list indices: `at(root, 'spec', 'template', 'spec')`. An unknown node on
 * the way is the answer itself, since everything below it is unknown too; so is a missing key in a map that is open
 * (`ConfigMap.open`).
 */
export function at(node: ConfigNode | undefined, ...keys: Key[]): ConfigNode | undefined {
  let current = node
  for (const key of keys) {
    if (current === undefined || current.kind === 'unknown') return current
    const next: ConfigNode | undefined =
      typeof key === 'string'
        ? entry(current, key)?.value
        : current.kind === 'list'
          ? current.items[key]
          : undefined
    if (
      next === undefined &&
      (current.kind === 'map' || current.kind === 'list') &&
      current.open !== undefined
    ) {
      return { kind: 'unknown', because: current.open, start: current.start, end: current.end }
    }
    current = next
  }
  return current
}

/** The node as a map, a list or a scalar; undefined when it is anything else. */
export function map(node: ConfigNode | undefined): ConfigMap | undefined {
  return node?.kind === 'map' ? node : undefined
}
export function list(node: ConfigNode | undefined): ConfigList | undefined {
  return node?.kind === 'list' ? node : undefined
}
export function scalar(node: ConfigNode | undefined): ConfigScalar | undefined {
  return node?.kind === 'scalar' ? node : undefined
}

/** Items of a list; empty for everything else. */
export function items(node: ConfigNode | undefined): ConfigNode[] {
  return node?.kind === 'list' ? node.items : []
}

/** Entries of a map; empty for everything else. */
export function entries(node: ConfigNode | undefined): ConfigEntry[] {
  return node?.kind === 'map' ? node.entries : []
}

/** The value of a string scalar. A number or boolean is not text: `written` gives what stands there. */
export function text(node: ConfigNode | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
}

/** Any scalar but null as a string, as tools see it that take everything for text (`true` → 'true', `1` → '1'). */
export function written(node: ConfigNode | undefined): string | undefined {
  if (node?.kind !== 'scalar' || node.value === null) return undefined
  return typeof node.value === 'string' ? node.value : node.raw
}

/** The value of a number, quoted or not. */
export function number(node: ConfigNode | undefined): number | undefined {
  if (node?.kind !== 'scalar') return undefined
  if (typeof node.value === 'number') return node.value
  if (
    typeof node.value !== 'string' ||
    !/^\s*[-+]?(\d+(?:\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$/.test(node.value)
  ) {
    return undefined
  }
  return Number(node.value)
}

/** The value of a boolean, quoted or not ('true', "False"). */
export function boolean(node: ConfigNode | undefined): boolean | undefined {
  if (node?.kind !== 'scalar') return undefined
  if (typeof node.value === 'boolean') return node.value
  if (typeof node.value !== 'string') return undefined
  const word = node.value.toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : undefined
}

/** The string of a scalar, or that of an unknown with its templates inside: for reading command lines. */
export function textWithTemplates(node: ConfigNode | undefined): string | undefined {
  return node?.kind === 'unknown' ? node.text : text(node)
}

/** True for a node that is there but cannot be read. */
export function isUnknown(node: ConfigNode | undefined): node is ConfigUnknown {
  return node?.kind === 'unknown'
}

/** True for null, `key:` without a value, and a missing node. */
export function isNothing(node: ConfigNode | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.value === null)
}

type Above = { key: Key; parent: ConfigNode }

/** Where each node stands below a root: asked for every claim about a file. */
const aboveByRoot = new WeakMap<ConfigNode, Map<ConfigNode, Above>>()

/** The keys from `root` down to `node` (the same object), or undefined when it is not below it. */
export function keysTo(root: ConfigNode, node: ConfigNode): Key[] | undefined {
  let above = aboveByRoot.get(root)
  if (above === undefined) {
    above = new Map()
    addBelow(root, above)
    aboveByRoot.set(root, above)
  }
  const keys: Key[] = []
  for (let current = node; current !== root; ) {
    const place = above.get(current)
    if (place === undefined) return undefined
    keys.unshift(place.key)
    current = place.parent
  }
  return keys
}

/** What is there twice (an alias of YAML) counts where it stands first. */
function addBelow(parent: ConfigNode, above: Map<ConfigNode, Above>): void {
  const add = (key: Key, child: ConfigNode): void => {
    if (above.has(child)) return
    above.set(child, { key, parent })
    addBelow(child, above)
  }
  for (const { key, value } of entries(parent)) add(key, value)
  items(parent).forEach((item, index) => {
    add(index, item)
  })
}

/** Words of a configuration are looked for so deep, and so many are kept. */
const deepestWord = 4
const mostWords = 60

/** Keys and strings below the nodes, the literal parts of templates among them; `passed`: keys that say nothing. */
export function wordsBelow(nodes: readonly ConfigNode[], passed: ReadonlySet<string> = new Set()): string[] {
  const found: string[] = []
  const add = (node: ConfigNode, depth: number): void => {
    if (depth > deepestWord || found.length >= mostWords) return
    if (node.kind === 'scalar' && typeof node.value === 'string') found.push(node.value)
    else if (node.kind === 'unknown' && node.text !== undefined)
      found.push(node.text.replace(/\$\{[^}]*\}/g, ' '))
    else if (node.kind === 'list') for (const one of node.items) add(one, depth + 1)
    else if (node.kind === 'map') {
      for (const one of node.entries) {
        if (!passed.has(one.key)) found.push(one.key)
        add(one.value, depth + 1)
      }
    }
  }
  for (const node of nodes) add(node, 0)
  return found
}
