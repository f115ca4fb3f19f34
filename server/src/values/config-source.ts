/** Maps of configuration files as values: YAML, JSON, TOML, HCL. */
import { at, entry, textWithTemplates } from '../config/access.js'
import type { ConfigNode } from '../config/node.js'
import type { Refusal, Write } from '../edit/write.js'
import type { Json } from '../text/json.js'
import type { Place } from '../text/origin.js'
import { type Key, type Locator, type OriginOptions, spanOf, type TreeSource } from './source.js'
import { TypedSource } from './typed-source.js'
import type { Given } from './value.js'

export interface ConfigSourceOptions {
  /** Index of the document in its file, and the keys from its top down to the map. */
  document: number
  keys: readonly Key[]
  /** What is shown for a key that is not there. */
  shown: Place
  /** Whoever uses the file can give another value (parameters of a template, a profile, a command line). */
  overridable?: boolean
  /** A value is shown together with its key. */
  withKey?: boolean
  /** Where a reference leads (a variable, a parameter); null: it is none. */
  resolve?(node: ConfigNode): ResolvedNode | null
}

/** What a reference stands for. */
export interface ResolvedNode {
  node: ConfigNode
  overridable: boolean
  /** Keys from the top of the document to where the value is written; absent: it cannot be changed there. */
  keys?: readonly Key[]
  location?: OriginOptions['location']
}

/** A node that somebody has found, as a value; where there is none, `shown` is. `options.site`: what a change edits. */
export function nodeValue(
  node: ConfigNode | undefined,
  shown: Place,
  locator: Locator,
  options: OriginOptions = {},
): Given<Json> {
  if (node === undefined || (node.kind === 'scalar' && node.value === null))
    return { ...locator.origin(shown, { channel: 'library default', ...options }), state: 'absent' }
  const origin = locator.origin(spanOf(node), options)
  const value = plainValue(node)
  if (value !== undefined) return { ...origin, state: 'known', value }
  const because = node.kind === 'unknown' ? node.because : 'a value that is not readable'
  return { ...origin, state: 'unknown', because }
}

export class ConfigSource extends TypedSource implements TreeSource {
  constructor(
    /** Undefined: the map is not there yet. */
    readonly node: ConfigNode | undefined,
    protected readonly locator: Locator,
    private readonly options: ConfigSourceOptions,
  ) {
    super()
  }

  /** The map at these keys as a source of its own; null: there is none. */
  inside(...path: Key[]): ConfigSource | null {
    const found = at(this.node, ...path)
    if (found?.kind !== 'map') return null
    const { keys } = this.options
    return new ConfigSource(found, this.locator, { ...this.options, keys: [...keys, ...path] })
  }

  get(...path: Key[]): Given<Json> {
    const { document, keys, shown, overridable = false, withKey, resolve } = this.options
    const whole = [...keys, ...path]
    const found = at(this.node, ...path)
    if (found === undefined || (found.kind === 'scalar' && found.value === null)) {
      const site: Place = { ...spanOf(shown), document, keys: whole }
      return {
        ...this.locator.origin(shown, { site, overridable, channel: 'library default' }),
        state: 'absent',
      }
    }
    const resolved = resolve?.(found) ?? null
    const node = resolved?.node ?? found
    const place = withKey === true ? this.entryPlace(path, found) : spanOf(found)
    const written = resolved === null ? whole : resolved.keys
    const site: Place = written === undefined ? place : { ...place, document, keys: [...written] }
    const origin = this.locator.origin(place, {
      site,
      overridable: overridable || resolved?.overridable === true,
      ...(resolved?.location === undefined ? {} : { location: resolved.location }),
    })
    const value = plainValue(node)
    if (value !== undefined) return { ...origin, state: 'known', value }
    const because = node.kind === 'unknown' ? node.because : 'a value that is not readable'
    return { ...origin, state: 'unknown', because }
  }

  private entryPlace(path: readonly Key[], found: ConfigNode): Place {
    const last = path.at(-1)
    const holder = at(this.node, ...path.slice(0, -1))
    const there = typeof last === 'string' ? entry(holder, last) : undefined
    return there === undefined ? spanOf(found) : { start: there.keyStart, end: there.value.end }
  }

  keysOf(...path: Key[]): string[] | null {
    const node = at(this.node, ...path)
    return node?.kind === 'map' && node.open === undefined ? node.entries.map((one) => one.key) : null
  }

  lengthOf(...path: Key[]): number | null {
    const node = at(this.node, ...path)
    return node?.kind === 'list' && node.open === undefined ? node.items.length : null
  }

  textOf(...path: Key[]): string | null {
    return textWithTemplates(at(this.node, ...path)) ?? null
  }

  set(path: readonly Key[], value: Json | undefined): Write | Refusal {
    const { document } = this.options
    const { path: file, fragment } = this.locator
    const target = { path: file, fragment: fragment.index, document, keys: [...this.options.keys, ...path] }
    if (value === undefined) return { kind: 'remove key', ...target }
    return { kind: 'set key', ...target, value: this.asWritten(path, value) }
  }

  /** `"4"` stays a string: some templates and older tools insist on it. */
  private asWritten(path: readonly Key[], value: Json): Json {
    const before = at(this.node, ...path)
    const quoted = before?.kind === 'scalar' && typeof before.value === 'string'
    return quoted && typeof value === 'number' ? String(value) : value
  }
}

/** The node without its places; undefined where a part of it is not known. */
export function plainValue(node: ConfigNode): Json | undefined {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'unknown' || node.open !== undefined) return undefined
  if (node.kind === 'list') {
    const all: Json[] = []
    for (const item of node.items) {
      const value = plainValue(item)
      if (value === undefined) return undefined
      all.push(value)
    }
    return all
  }
  const all: [string, Json][] = []
  for (const { key, value } of node.entries) {
    const one = plainValue(value)
    if (one === undefined) return undefined
    all.push([key, one])
  }
  return Object.fromEntries(all)
}
