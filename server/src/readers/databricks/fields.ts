/**
 * What a Databricks job or cluster says about itself, whichever language it is written in: YAML of an asset bundle with
 * its variables, JSON of the Jobs API, blocks of Terraform.
 */
import { at, entry, isNothing, items, map } from '../../config/access.js'
import type { BundleFacts, BundleFile } from '../../config/bundle.js'
import type { ConfigMap, ConfigNode } from '../../config/node.js'
import type { Refusal, Write } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import type { Place } from '../../text/origin.js'
import { lookUp } from '../../text/records.js'
import { plainValue } from '../../values/config-source.js'
import { absent, stated, unreadable } from '../../values/operations.js'
import type { Key, OriginOptions } from '../../values/source.js'
import { TypedSource } from '../../values/typed-source.js'
import type { Absent, Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { type Keys, keyedPlace, nodePlace } from '../config-change.js'

export abstract class Fields extends TypedSource {
  /** The map at these keys, or items of the list there. */
  abstract inside(...keys: Keys): Fields | undefined
  abstract list(...keys: Keys): Fields[]
  /** Items of a list of strings; null: not readable. */
  abstract texts(...keys: Keys): (string | null)[] | null
  /** Every key and string below, for a look at what is mentioned. */
  abstract mentions(pattern: RegExp, ...keys: Keys): boolean
  /** Where it is announced. */
  abstract readonly shown: Place
  /** Something that is not given: shown there, written at these keys. */
  abstract absent(...keys: Keys): Absent
}

/** `${var.node_type}`, with what the bundle says that it holds. */
export class BundleVariables {
  constructor(
    private readonly variables: ConfigNode | undefined,
    /** Variables that a target gives another value. */
    private readonly replaced: ReadonlySet<string>,
    /** Those that other files of the bundle declare. */
    private readonly elsewhere: BundleFacts['variables'],
    /** The target for production; `path` null: of this file. */
    private readonly production?: NonNullable<BundleFile['production']> & { path: string | null },
  ) {}

  /** What the target for production gives, else the default; null: none is written. */
  resolve(node: ConfigNode): Resolved | null {
    if (node.kind !== 'unknown') return null
    const name = /^\$\{var\.([\w-]+)\}$/.exec(node.text?.trim() ?? '')?.[1]
    if (name === undefined) return null
    const { production } = this
    const given = production === undefined ? undefined : lookUp(production.values, name)
    if (production !== undefined && given !== undefined) {
      const { target, path } = production
      const whole = entry(given, 'default')?.value
      const keys: Keys = ['targets', target, 'variables', name, ...(whole === undefined ? [] : ['default'])]
      return { node: whole ?? given, overridable: false, keys, path }
    }
    const own = at(this.variables, name)
    const other = own === undefined ? lookUp(this.elsewhere, name) : undefined
    const declared = own ?? other?.declared
    const value = declared?.kind === 'map' ? entry(declared, 'default')?.value : undefined
    const keys: Keys = ['variables', name, 'default']
    return value === undefined
      ? null
      : {
          node: value,
          // What other targets say is for trying things out.
          overridable: this.replaced.has(name) && production === undefined,
          keys,
          path: other?.path ?? null,
        }
  }
}

/** What a variable holds. */
interface Resolved {
  node: ConfigNode
  overridable: boolean
  /** Where it is written, and the file, if that is another one. */
  keys: Keys
  path: string | null
}

export class ConfigFields extends Fields {
  constructor(
    private readonly claims: ClaimBuilder,
    private readonly node: ConfigMap,
    private readonly keys: Keys,
    private readonly document: number,
    readonly shown: Place,
    private readonly variables: BundleVariables,
    private readonly overridable: boolean,
    /** Where it is spoken of, when it stands in another file. */
    private readonly from: Place | null = null,
  ) {
    super()
  }

  get(...keys: Keys): Given<Json> {
    const found = at(this.node, ...keys)
    if (found === undefined || isNothing(found)) return this.absent(...keys)
    const resolved = this.variables.resolve(found)
    const node = resolved?.node ?? found
    const place: Place = this.from ?? nodePlace(found)
    const overridable = this.overridable || resolved?.overridable === true
    const site = this.from === null ? this.siteOf(place, keys, resolved) : place
    const { site: asked, ...rest } = this.claims.origin(place, { overridable, site })
    const path = this.from === null ? (resolved?.path ?? null) : null
    const origin = { ...rest, site: path === null ? asked : { ...asked, path, fragment: 0 } }
    const value = plainValue(node)
    if (value !== undefined) return stated(origin, value)
    return unreadable(origin, node.kind === 'unknown' ? node.because : 'another kind of value')
  }

  /** What a variable holds is changed where it is declared, unless a target gives it another value. */
  private siteOf(place: Place, keys: Keys, resolved: Resolved | null): Place {
    if (resolved === null) return keyedPlace(place, this.document, [...this.keys, ...keys])
    if (resolved.overridable) return place
    return keyedPlace(place, resolved.path === null ? this.document : 0, resolved.keys)
  }

  set(keys: readonly Key[], value: Json | undefined): Write | Refusal {
    if (this.from !== null) return { reason: `${keys.join('.')} is set elsewhere` }
    const { path, fragment } = this.claims
    const base = { path, fragment: fragment.index, document: this.document, keys: [...this.keys, ...keys] }
    return value === undefined ? { kind: 'remove key', ...base } : { kind: 'set key', ...base, value }
  }

  absent(...keys: Keys): Absent {
    const site =
      this.from === null ? keyedPlace(this.shown, this.document, [...this.keys, ...keys]) : this.shown
    const options: OriginOptions = { site, overridable: this.overridable, channel: 'library default' }
    return absent(this.claims.origin(this.shown, options))
  }

  inside(...keys: Keys): ConfigFields | undefined {
    const found = at(this.node, ...keys)
    const resolved = found === undefined ? null : this.variables.resolve(found)
    const node = map(resolved?.node ?? found)
    if (node === undefined) return undefined
    const foreign = resolved !== null && resolved.path !== null
    const from = this.from ?? (foreign ? { start: found!.start, end: found!.end } : null)
    const last = keys.at(-1)
    const said = typeof last === 'string' ? entry(at(this.node, ...keys.slice(0, -1)), last) : undefined
    const shown: Place =
      from ??
      (said === undefined ? { start: node.start, end: node.end } : { start: said.keyStart, end: said.keyEnd })
    return new ConfigFields(
      this.claims,
      node,
      resolved?.keys ?? [...this.keys, ...keys],
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
          this.claims,
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
}
