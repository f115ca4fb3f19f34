/** TOML as located values. Errors cost only what they touch. */
import type { TreeSource } from '../syntax/parser.js'
import type { ConfigEntry, ConfigFacts, ConfigMap, ConfigNode } from './node.js'
import { namedChildren, type PlainNode, plainTree } from './plain-tree.js'
import { isTemplate } from './template.js'
import { unreadFacts } from './unread-facts.js'

const deepest = 200
const keyTypes = new Set(['bare_key', 'quoted_key', 'dotted_key'])

/**
 * Reads a TOML file with the `toml` grammar. Never throws. Tables that are written in several places (`[a.b]`,
 * `[a.c]`) are one map; such a map has the range of its first header. Dates stay strings.
 */
export function tomlFacts(text: string, trees: TreeSource): ConfigFacts {
  const parsed = trees.parse('toml', text, (tree) => plainTree(tree, text))
  if (parsed.value === undefined) return unreadFacts(parsed.problem, text)
  const { root, comments, hasErrors } = parsed.value
  const builder = new TomlBuilder(text)
  const map: ConfigMap = { kind: 'map', entries: [], start: 0, end: text.length }
  builder.fill(map, root)
  return { documents: [{ index: 0, root: map, templated: false, hasErrors }], comments }
}

class TomlBuilder {
  /** Entries by key, so that large lock files are not searched again and again. */
  private readonly indexes = new WeakMap<ConfigMap, Map<string, ConfigEntry>>()

  constructor(private readonly text: string) {}

  fill(root: ConfigMap, node: PlainNode): void {
    for (const child of node.children) {
      if (child.type === 'pair') this.pair(root, child, 0)
      else if (child.type === 'table' || child.type === 'table_array_element') {
        const header = child.children.find((one) => keyTypes.has(one.type))
        if (header === undefined) continue
        const table = this.table(root, this.keys(header), child)
        for (const pair of child.children) if (pair.type === 'pair') this.pair(table, pair, 0)
      }
    }
  }

  private source(node: PlainNode): string {
    return this.text.slice(node.start, node.end)
  }

  private entry(map: ConfigMap, key: PlainNode, value: () => ConfigNode): ConfigEntry {
    let index = this.indexes.get(map)
    if (index === undefined) {
      index = new Map()
      this.indexes.set(map, index)
    }
    const name = this.key(key)
    let entry = index.get(name)
    if (entry === undefined) {
      entry = { key: name, keyStart: key.start, keyEnd: key.end, value: value() }
      index.set(name, entry)
      map.entries.push(entry)
    }
    return entry
  }

  private keys(node: PlainNode): PlainNode[] {
    if (node.type !== 'dotted_key') return [node]
    // The grammar nests: `a.b.c` is a dotted key of `a.b` and `c`.
    const parts: PlainNode[] = []
    let current: PlainNode | undefined = node
    while (current !== undefined) {
      const [head, ...tail]: PlainNode[] = namedChildren(current).filter((child) => keyTypes.has(child.type))
      parts.unshift(...tail)
      if (head !== undefined && head.type !== 'dotted_key') parts.unshift(head)
      current = head?.type === 'dotted_key' ? head : undefined
    }
    return parts
  }

  private key(node: PlainNode): string {
    const source = this.source(node)
    return node.type === 'quoted_key' ? this.string(source) : source
  }

  /** The map that a header names, made on the way. */
  private table(root: ConfigMap, keys: PlainNode[], node: PlainNode): ConfigMap {
    const array = node.type === 'table_array_element'
    const end = node.start + this.source(node).trimEnd().length
    let map = root
    keys.forEach((key, index) => {
      const last = index === keys.length - 1
      const make = (): ConfigMap => ({ kind: 'map', entries: [], start: node.start, end })
      const entry = this.entry(map, key, () =>
        last && array ? { kind: 'list', items: [], start: node.start, end } : make(),
      )
      const { value } = entry
      if (value.kind === 'list' && (!last || array)) {
        if (last) value.items.push(make())
        value.end = Math.max(value.end, end)
        const item = value.items[value.items.length - 1]
        map = item?.kind === 'map' ? item : make()
      } else map = value.kind === 'map' ? value : make()
    })
    return map
  }

  private pair(map: ConfigMap, node: PlainNode, depth: number): void {
    const [keyNode, valueNode] = namedChildren(node)
    if (keyNode === undefined || !keyTypes.has(keyNode.type)) return
    const keys = this.keys(keyNode)
    let target = map
    for (const key of keys.slice(0, -1)) {
      const entry = this.entry(target, key, () => ({
        kind: 'map',
        entries: [],
        start: node.start,
        end: node.end,
      }))
      if (entry.value.kind !== 'map') return
      target = entry.value
    }
    const last = keys[keys.length - 1]
    if (last !== undefined) this.entry(target, last, () => this.value(valueNode, keyNode.end, depth))
  }

  private value(node: PlainNode | undefined, at: number, depth: number): ConfigNode {
    if (node === undefined || depth > deepest)
      return { kind: 'unknown', because: 'syntax error', start: at, end: at }
    const { start, end } = node
    const raw = this.source(node)
    switch (node.type) {
      case 'string': {
        const value = this.string(raw)
        if (isTemplate(value)) return { kind: 'unknown', because: 'template', text: value, start, end }
        return { kind: 'scalar', value, raw, start, end }
      }
      case 'integer':
      case 'float': {
        const value = Number(raw.replace(/_/g, '').replace(/^\+/, ''))
        return { kind: 'scalar', value: Number.isFinite(value) ? value : raw, raw, start, end }
      }
      case 'boolean':
        return { kind: 'scalar', value: raw === 'true', raw, start, end }
      case 'array':
        return {
          kind: 'list',
          items: namedChildren(node)
            .filter((child) => child.type !== 'ERROR')
            .map((child) => this.value(child, child.start, depth + 1)),
          start,
          end,
        }
      case 'inline_table': {
        const map: ConfigMap = { kind: 'map', entries: [], start, end }
        for (const child of node.children) if (child.type === 'pair') this.pair(map, child, depth + 1)
        return map
      }
      case 'ERROR':
        return { kind: 'unknown', because: 'syntax error', start, end }
      default:
        return { kind: 'scalar', value: raw, raw, start, end }
    }
  }

  private string(raw: string): string {
    const long = /^("""|''')(?:\r?\n)?([\s\S]*)\1$/.exec(raw)
    const body = long === null ? raw.slice(1, -1) : long[2]!
    if (raw[0] === "'") return body
    const named: Record<string, string> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\x1b' }
    return body.replace(
      /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[ \t]*\r?\n\s*|([\s\S]))/g,
      (_, short, wide, char) => {
        const code = Number.parseInt(short ?? wide ?? '', 16)
        if (!Number.isNaN(code)) return code <= 0x10ffff ? String.fromCodePoint(code) : ''
        return char === undefined ? '' : (named[char] ?? char)
      },
    )
  }
}
