/**
 * What a Databricks job or cluster says about itself, whichever language it is written in: YAML of an asset bundle with
 * its variables, JSON of the Jobs API, blocks of Terraform.
 */
import { at, boolean, entry, isNothing, items, map, number, text } from '../../config/access.js'
import type { ConfigMap, ConfigNode } from '../../config/node.js'
import { lookUp } from '../../text/records.js'
import type { ClaimOptions, Place } from '../../workload/builder.js'
import { type Keys, keyedPlace } from '../config-change.js'

export type Said<T> =
  | { state: 'absent' }
  | { state: 'known'; value: T; place: Place; options: ClaimOptions }
  | { state: 'unknown'; because: string; place: Place; options: ClaimOptions }

export interface Fields {
  text(...keys: Keys): Said<string>
  number(...keys: Keys): Said<number>
  boolean(...keys: Keys): Said<boolean>
  has(...keys: Keys): boolean
  /** The map at these keys, or items of the list there. */
  inside(...keys: Keys): Fields | undefined
  list(...keys: Keys): Fields[]
  /** Items of a list of strings; null: not readable. */
  texts(...keys: Keys): (string | null)[] | null
  /** Every key and string below, for a look at what is mentioned. */
  mentions(pattern: RegExp, ...keys: Keys): boolean
  /** Where something that is not given would stand: shown at the map, written into it. */
  missing(...keys: Keys): { place: Place; options: ClaimOptions }
}

/** `${var.node_type}`, with what the bundle says that it holds. */
export class BundleVariables {
  constructor(
    private readonly variables: ConfigNode | undefined,
    /** Variables that a target gives another value. */
    private readonly replaced: ReadonlySet<string>,
    /** Those that other files of the bundle declare. */
    private readonly elsewhere: Record<string, ConfigNode>,
  ) {}

  /** The default; null: none is written. `foreign`: it stands in another file. */
  resolve(node: ConfigNode): { node: ConfigNode; overridable: boolean; foreign: boolean } | null {
    if (node.kind !== 'unknown') return null
    const name = /^\$\{var\.([\w-]+)\}$/.exec(node.text?.trim() ?? '')?.[1]
    if (name === undefined) return null
    const own = at(this.variables, name)
    const declared = own ?? lookUp(this.elsewhere, name)
    const value = declared?.kind === 'map' ? entry(declared, 'default')?.value : undefined
    return value === undefined
      ? null
      : { node: value, overridable: this.replaced.has(name), foreign: own === undefined }
  }
}

export class ConfigFields implements Fields {
  constructor(
    private readonly node: ConfigMap,
    private readonly keys: Keys,
    private readonly document: number,
    private readonly shown: Place,
    private readonly variables: BundleVariables,
    private readonly overridable: boolean,
    /** Where it is spoken of, when it stands in another file. */
    private readonly from: Place | null = null,
  ) {}

  private said<T>(keys: Keys, read: (node: ConfigNode) => T | undefined): Said<T> {
    const found = at(this.node, ...keys)
    if (isNothing(found)) return { state: 'absent' }
    const resolved = this.variables.resolve(found!)
    const node = resolved?.node ?? found!
    const place: Place = this.from ?? { start: found!.start, end: found!.end }
    const options: ClaimOptions = {
      overridable: this.overridable || resolved?.overridable === true,
      // What a variable holds is changed where it is declared.
      site:
        resolved === null && this.from === null
          ? keyedPlace(place, this.document, [...this.keys, ...keys])
          : place,
    }
    const value = read(node)
    return value === undefined
      ? {
          state: 'unknown',
          because: node.kind === 'unknown' ? node.because : 'another kind of value',
          place,
          options,
        }
      : { state: 'known', value, place, options }
  }

  text(...keys: Keys): Said<string> {
    return this.said(keys, text)
  }
  number(...keys: Keys): Said<number> {
    return this.said(keys, number)
  }
  boolean(...keys: Keys): Said<boolean> {
    return this.said(keys, boolean)
  }
  has(...keys: Keys): boolean {
    return !isNothing(at(this.node, ...keys))
  }

  inside(...keys: Keys): ConfigFields | undefined {
    const found = at(this.node, ...keys)
    const resolved = found === undefined ? null : this.variables.resolve(found)
    const node = map(resolved?.node ?? found)
    if (node === undefined) return undefined
    const from = this.from ?? (resolved?.foreign === true ? { start: found!.start, end: found!.end } : null)
    const last = keys.at(-1)
    const said = typeof last === 'string' ? entry(at(this.node, ...keys.slice(0, -1)), last) : undefined
    const shown: Place =
      from ??
      (said === undefined ? { start: node.start, end: node.end } : { start: said.keyStart, end: said.keyEnd })
    return new ConfigFields(
      node,
      [...this.keys, ...keys],
      this.document,
      shown,
      this.variables,
      this.overridable || resolved?.overridable === true,
      from,
    )
  }

  list(...keys: Keys): ConfigFields[] {
    return items(at(this.node, ...keys)).flatMap((node, index) => {
      const inner = map(node)
      if (inner === undefined) return []
      // A job is shown at the line that names its task or cluster.
      const first = inner.entries[0]
      const shown: Place =
        this.from ??
        (first === undefined
          ? { start: node.start, end: node.end }
          : { start: first.keyStart, end: first.value.end })
      return [
        new ConfigFields(
          inner,
          [...this.keys, ...keys, index],
          this.document,
          shown,
          this.variables,
          this.overridable,
          this.from,
        ),
      ]
    })
  }

  texts(...keys: Keys): (string | null)[] | null {
    const found = at(this.node, ...keys)
    if (isNothing(found)) return []
    if (found?.kind !== 'list') return null
    return found.items.map((one) => {
      const node = this.variables.resolve(one)?.node ?? one
      return node.kind === 'scalar' && node.value !== null ? String(node.value) : null
    })
  }

  mentions(pattern: RegExp, ...keys: Keys): boolean {
    const look = (node: ConfigNode | undefined, depth: number): boolean => {
      if (node === undefined || depth > 8) return false
      if (node.kind === 'list') return node.items.some((one) => look(one, depth + 1))
      if (node.kind === 'map')
        return node.entries.some((one) => pattern.test(one.key) || look(one.value, depth + 1))
      return pattern.test(node.kind === 'scalar' ? String(node.value) : (node.text ?? ''))
    }
    return look(at(this.node, ...keys), 0)
  }

  missing(...keys: Keys): { place: Place; options: ClaimOptions } {
    const site =
      this.from === null ? keyedPlace(this.shown, this.document, [...this.keys, ...keys]) : this.shown
    return { place: this.shown, options: { site, overridable: this.overridable } }
  }
}
