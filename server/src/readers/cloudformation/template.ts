/**
 * Templates of CloudFormation and SAM: resources, and values with references to parameters followed. Source: user
 * guide of CloudFormation, "Template sections" and "Intrinsic function reference".
 */
import { at, entries, entry, isNothing, map, text, wordsBelow, written } from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Refusal, Write } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import type { Place } from '../../text/origin.js'
import { define } from '../../text/records.js'
import { plainValue } from '../../values/config-source.js'
import { absent, convert, stated, unreadable } from '../../values/operations.js'
import { asWritten } from '../../values/parse.js'
import type { Key, Locator } from '../../values/source.js'
import { TypedSource } from '../../values/typed-source.js'
import type { Absent, Given } from '../../values/value.js'
import { type Keys, keyedPlace, nodePlace } from '../config-change.js'

/** A value with the references followed. */
interface Resolved {
  node: ConfigNode
  /** Keys from the top of the document to the default of that parameter. */
  keys?: Keys
  /** The one item of a list stands there without a list around it. */
  alone?: true
}

/** The document as a template; null: it is something else. */
export function templateOf(document: ConfigDocument, locator: Locator): Template | null {
  const resources = map(at(document.root, 'Resources'))
  if (resources === undefined) return null
  const typed = resources.entries.some((one) =>
    /^(AWS|Custom|Alexa)::/.test(text(at(one.value, 'Type')) ?? ''),
  )
  return typed ? new Template(document, resources, locator) : null
}

export class Template {
  private readonly byName = new Map<string, ConfigEntry>()

  constructor(
    readonly document: ConfigDocument,
    resources: ConfigMap,
    readonly locator: Locator,
  ) {
    for (const one of resources.entries) this.byName.set(one.key, one)
  }

  *resources(): Generator<Resource> {
    for (const [name, one] of this.byName) {
      const type = text(at(one.value, 'Type'))
      if (type !== undefined) yield new Resource(this, name, type, one)
    }
  }

  /** The resource that a reference names: `!Ref Name`, `!GetAtt Name.Arn`. */
  referred(node: ConfigNode | undefined): Resource | null {
    const name = referenceOf(node)
    const found = name === null ? undefined : this.byName.get(name)
    const type = text(at(found?.value, 'Type'))
    return found === undefined || type === undefined ? null : new Resource(this, found.key, type, found)
  }

  resolve(node: ConfigNode): Resolved {
    const name = referenceOf(node)
    if (name === null) return { node: plainOf(node) }
    const fallback = at(this.document.root, 'Parameters', name, 'Default')
    if (fallback === undefined || fallback.kind === 'unknown')
      return { node: { ...nodePlace(node), kind: 'unknown', because: `!Ref ${name}` } }
    const keys: Keys = ['Parameters', name, 'Default']
    const type = text(at(this.document.root, 'Parameters', name, 'Type')) ?? ''
    // `Type: List<String>`: names between commas, here one.
    if (/^(List<|CommaDelimitedList$)/.test(type) && text(fallback)?.includes(',') === false)
      return { node: { ...nodePlace(fallback), kind: 'list', items: [fallback] }, keys, alone: true }
    return { node: fallback, keys }
  }
}

/** `!Ref Name`, `{"Ref": "Name"}`, `!GetAtt Name.Arn`: the name. */
function referenceOf(node: ConfigNode | undefined): string | null {
  if (node?.kind === 'unknown' && node.text !== undefined) {
    if (node.because === '!Ref') return node.text
    if (node.because === '!GetAtt') return node.text.split('.')[0]!
    // `!Sub '${Name}'` is the long way to write a reference.
    const only = node.because === '!Sub' ? /^\$\{([A-Za-z0-9]+)\}$/.exec(node.text) : null
    return only?.[1] ?? null
  }
  if (node?.kind !== 'map' || node.entries.length !== 1) return null
  const { key, value } = node.entries[0]!
  if (key === 'Ref') return text(value) ?? null
  if (key !== 'Fn::GetAtt') return null
  return text(at(value, 0)) ?? text(value)?.split('.')[0] ?? null
}

/** Calls of functions become unknown; `!Sub` without a variable is its text. */
function plainOf(node: ConfigNode): ConfigNode {
  if (
    node.kind === 'unknown' &&
    node.because === '!Sub' &&
    node.text !== undefined &&
    !node.text.includes('${')
  )
    return { ...nodePlace(node), kind: 'scalar', value: node.text, raw: node.text }
  if (node.kind !== 'map' || node.entries.length !== 1) return node
  const { key, value } = node.entries[0]!
  if (key === 'Fn::Sub') {
    const source = text(value)
    return source === undefined || source.includes('${')
      ? {
          ...nodePlace(node),
          kind: 'unknown',
          because: key,
          ...(source === undefined ? {} : { text: source }),
        }
      : { ...nodePlace(node), kind: 'scalar', value: source, raw: source }
  }
  return key.startsWith('Fn::') ? { ...nodePlace(node), kind: 'unknown', because: key } : node
}

/** Tags are pairs under these keys. */
const pairKeys = new Set(['Key', 'Value'])

/** A resource as a source of values: its properties. */
export class Resource extends TypedSource {
  readonly header: Place
  readonly properties: ConfigNode | undefined
  /** It is made only where a condition of the stack holds. */
  readonly conditional: boolean
  private readonly base: Keys

  constructor(
    readonly template: Template,
    readonly name: string,
    readonly type: string,
    found: ConfigEntry,
  ) {
    super()
    this.properties = at(found.value, 'Properties')
    this.conditional = at(found.value, 'Condition') !== undefined
    this.base = ['Resources', name, 'Properties']
    this.header = this.placeOf({ start: found.keyStart, end: found.keyEnd })
  }

  private placeOf(span: { start: number; end: number }, keys: Keys = this.base): Place {
    return {
      ...keyedPlace({ start: span.start, end: span.end }, this.template.document.index, keys),
      target: { kind: 'resource', name: this.name },
    }
  }

  /** What is written there, with its references followed. */
  at(...keys: Keys): Resolved | undefined {
    let current = this.properties === undefined ? undefined : this.template.resolve(this.properties)
    for (const key of keys) {
      const next = at(current?.node, key)
      if (next === undefined) return undefined
      const value = this.template.resolve(next)
      if (current?.alone === true && value.keys === undefined) value.keys = current.keys!
      // `!Ref AWS::NoValue` takes the property away.
      if (value.node.kind === 'unknown' && value.node.because === '!Ref AWS::NoValue') return undefined
      current = value
    }
    return current !== undefined && isNothing(current.node) ? undefined : current
  }

  get(...keys: Keys): Given<Json> {
    const found = this.at(...keys)
    if (found === undefined) return this.absent(...keys)
    const { node } = found
    // Where a finding stands, and what a fix edits: the property, or the default of its parameter.
    const place = this.placeOf(node, found.keys ?? [...this.base, ...keys])
    const origin = this.template.locator.origin(place, {
      overridable: this.conditional,
    })
    const value = plainValue(node)
    if (value !== undefined) return stated(origin, value)
    return unreadable(origin, node.kind === 'unknown' ? node.because : 'a value that is not readable')
  }

  /** Whatever is not a map or a list is text for the service. */
  override text(...keys: Keys): Given<string> {
    return convert(this.get(...keys), asWritten, 'another kind of value')
  }

  set(keys: readonly Key[], value: Json | undefined): Write | Refusal {
    const { document, locator } = this.template
    const { path, fragment } = locator
    const base = { path, fragment: fragment.index, document: document.index, keys: [...this.base, ...keys] }
    return value === undefined ? { kind: 'remove key', ...base } : { kind: 'set key', ...base, value }
  }

  /** What is not given: shown at the name of the resource. */
  absent(...keys: Keys): Absent {
    const site = this.placeOf(this.header, [...this.base, ...keys])
    const options = { site, overridable: this.conditional, channel: 'library default' as const }
    return absent(this.template.locator.origin(this.header, options))
  }

  /** Names, labels and tags: what tells what it is for. */
  words(...keys: string[]): string[] {
    const given = keys.flatMap((key) => entry(this.properties, key)?.value ?? [])
    return [this.name, ...wordsBelow(given, pairKeys)]
  }

  /** Strings of a map: labels. */
  texts(...keys: Keys): Record<string, string> {
    const found: Record<string, string> = {}
    for (const one of entries(this.at(...keys)?.node)) {
      const value = written(this.template.resolve(one.value).node)
      if (value !== undefined) define(found, one.key, value)
    }
    return found
  }
}
