/**
 * Templates of CloudFormation and SAM: resources, and values with references to parameters followed. Source: user
 * guide of CloudFormation, "Template sections" and "Intrinsic function reference".
 */
import {
  at,
  boolean,
  entries,
  entry,
  isNothing,
  map,
  number,
  text,
  wordsBelow,
  written,
} from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import { define } from '../../text/records.js'
import type { ClaimOptions, Place } from '../../workload/builder.js'
import { type Keys, keyedPlace, nodePlace } from '../config-change.js'

export type Said<T> =
  | { state: 'absent' }
  | { state: 'known'; value: T; place: Place; options: ClaimOptions }
  | { state: 'unknown'; because: string; place: Place; options: ClaimOptions }

/** A value with the references followed. */
interface Value {
  node: ConfigNode
  /** A parameter of the stack holds it: whoever creates the stack may give another one. */
  overridable: boolean
  /** Keys from the top of the document to the default of that parameter. */
  keys?: Keys
}

/** The document as a template; null: it is something else. */
export function templateOf(document: ConfigDocument): Template | null {
  const resources = map(at(document.root, 'Resources'))
  if (resources === undefined) return null
  const typed = resources.entries.some((one) =>
    /^(AWS|Custom|Alexa)::/.test(text(at(one.value, 'Type')) ?? ''),
  )
  return typed ? new Template(document, resources) : null
}

export class Template {
  private readonly byName = new Map<string, ConfigEntry>()

  constructor(
    readonly document: ConfigDocument,
    resources: ConfigMap,
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

  resolve(node: ConfigNode): Value {
    const name = referenceOf(node)
    if (name === null) return { node: plainOf(node), overridable: false }
    const fallback = at(this.document.root, 'Parameters', name, 'Default')
    if (fallback === undefined || fallback.kind === 'unknown')
      return { node: { ...nodePlace(node), kind: 'unknown', because: `!Ref ${name}` }, overridable: false }
    return { node: fallback, overridable: true, keys: ['Parameters', name, 'Default'] }
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

export class Resource {
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
    this.properties = at(found.value, 'Properties')
    this.conditional = at(found.value, 'Condition') !== undefined
    this.base = ['Resources', name, 'Properties']
    this.header = this.placeOf({ start: found.keyStart, end: found.keyEnd })
  }

  private placeOf(span: { start: number; end: number }, keys: Keys = this.base): Place {
    return {
      ...keyedPlace({ start: span.start, end: span.end }, this.template.document.index, keys),
      anchor: this.name,
    }
  }

  get(...keys: Keys): Value | undefined {
    let current: Value | undefined =
      this.properties === undefined ? undefined : this.template.resolve(this.properties)
    for (const key of keys) {
      const next = at(current?.node, key)
      if (next === undefined) return undefined
      const value = this.template.resolve(next)
      // `!Ref AWS::NoValue` takes the property away.
      if (value.node.kind === 'unknown' && value.node.because === '!Ref AWS::NoValue') return undefined
      current = value
    }
    return current !== undefined && isNothing(current.node) ? undefined : current
  }

  has(...keys: Keys): boolean {
    return this.get(...keys) !== undefined
  }

  private said<T>(keys: Keys, read: (node: ConfigNode) => T | undefined): Said<T> {
    const found = this.get(...keys)
    if (found === undefined) return { state: 'absent' }
    const { place, options } = this.placed(found, keys)
    const value = read(found.node)
    if (value !== undefined) return { state: 'known', value, place, options }
    const because = found.node.kind === 'unknown' ? found.node.because : 'another kind of value'
    return { state: 'unknown', because, place, options }
  }

  number(...keys: Keys): Said<number> {
    return this.said(keys, number)
  }
  text(...keys: Keys): Said<string> {
    return this.said(keys, written)
  }
  boolean(...keys: Keys): Said<boolean> {
    return this.said(keys, boolean)
  }

  /** Where a finding about this value stands, and what a fix edits: the property, or the default of its parameter. */
  private placed(value: Value, keys: Keys): { place: Place; options: ClaimOptions } {
    const place = this.placeOf(value.node, value.keys ?? [...this.base, ...keys])
    return { place, options: { site: place, overridable: value.overridable || this.conditional } }
  }

  /** For what is not given: shown at the name of the resource. */
  absent(): ClaimOptions {
    return { site: this.header, overridable: this.conditional }
  }

  /** Names, labels and tags: what tells what it is for. */
  words(...keys: string[]): string[] {
    const given = keys.flatMap((key) => entry(this.properties, key)?.value ?? [])
    return [this.name, ...wordsBelow(given, pairKeys)]
  }

  /** Strings of a map: labels. */
  texts(...keys: Keys): Record<string, string> {
    const found: Record<string, string> = {}
    for (const one of entries(this.get(...keys)?.node)) {
      const value = written(this.template.resolve(one.value).node)
      if (value !== undefined) define(found, one.key, value)
    }
    return found
  }
}
