/** The objects of a manifest or of a Terraform file, those inside of lists and of trial templates included. */
import { at, entry, items, map, text } from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Place } from '../../text/origin.js'
import type { Language } from '../../text/source-fragment.js'
import { nodeValue } from '../../values/config-source.js'
import { convert } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { Locator } from '../../values/source.js'
import type { Given } from '../../values/value.js'
import type { FragmentFacts } from '../reader.js'
import { type Keys, notWritten, withPlan } from './change-plan.js'
import { objectOfResource } from './terraform-objects.js'

export interface KubernetesObject {
  document: ConfigDocument
  root: ConfigMap
  /** Keys from the top of the document to the object. */
  base: Keys
  kind: string
  /** 'kubeflow.org/v1'. */
  version: string
  /** It is the template of the trials of a search. */
  trial: boolean
}

/** What such objects are written in. */
export const manifestLanguages: Language[] = ['yaml', 'json', 'hcl']

const trialTemplate: Keys = ['spec', 'trialTemplate', 'trialSpec']

/** Where resources of Terraform hold an object. One that is text is a fragment of its own. */
const heldIn = new Map([
  ['kubectl_manifest', 'yaml_body'],
  ['kubernetes_manifest', 'manifest'],
])

export function objectsOf(document: ConfigDocument): KubernetesObject[] {
  const found: KubernetesObject[] = []
  const look = (node: ConfigNode | undefined, base: Keys, trial: boolean): void => {
    const root = map(node)
    if (root === undefined) return
    const kind = text(at(root, 'kind'))
    const version = text(at(root, 'apiVersion'))
    if (kind === undefined || version === undefined) return
    if (/List$/.test(kind) && base.length === 0) {
      for (const [index, item] of items(at(root, 'items')).entries()) look(item, ['items', index], false)
      return
    }
    found.push({ document, root, base, kind, version, trial })
    if (kind === 'Experiment') look(at(root, ...trialTemplate), [...base, ...trialTemplate], true)
  }
  look(document.root, [], false)
  items(at(document.root, 'resource')).forEach((resource, index) => {
    const key = heldIn.get(map(resource)?.labels?.[0] ?? '')
    if (isLeftOut(resource)) return
    if (key !== undefined) look(at(resource, key), ['resource', index, key], false)
    else found.push(...inBlocks(document, index))
  })
  return found
}

/** A resource whose blocks are an object: it reads like a manifest, and is not written like one. */
function inBlocks(document: ConfigDocument, index: number): KubernetesObject[] {
  const list = at(document.root, 'resource')
  const resource = map(at(list, index))
  const root = resource === undefined ? null : objectOfResource(resource)
  if (root === null || list?.kind !== 'list' || document.root.kind !== 'map') return []
  const resources: ConfigNode = {
    ...list,
    items: list.items.map((one, position) => (position === index ? root : one)),
  }
  const top = document.root.entries.map((one) => (one.value === list ? { ...one, value: resources } : one))
  return [
    {
      document: { ...document, index: notWritten, root: { ...document.root, entries: top } },
      root,
      base: ['resource', index],
      kind: text(at(root, 'kind'))!,
      version: text(at(root, 'apiVersion'))!,
      trial: false,
    },
  ]
}

export function objectsIn(facts: FragmentFacts): KubernetesObject[] {
  return (facts.config?.documents ?? []).flatMap(objectsOf)
}

/** `count = 0` */
function isLeftOut(resource: ConfigNode): boolean {
  const count = at(resource, 'count')
  return count?.kind === 'scalar' && count.value === 0
}

/** The name of the object, or the start of one that is made up for each; a trial's is that of its search. */
export function nameOf(object: KubernetesObject): { value: string; node: ConfigNode; keys: Keys } | null {
  const base = object.trial ? object.base.slice(0, -trialTemplate.length) : object.base
  for (const key of ['name', 'generateName']) {
    const keys = [...base, 'metadata', key]
    const node = at(object.document.root, ...keys)
    const value = text(node)?.replace(/-+$/, '')
    if (node !== undefined && value !== undefined && value !== '') return { value, node, keys }
  }
  return null
}

/** The key `spec` of the object, where findings about something that is missing sit. */
export function specPlace(object: KubernetesObject): Place | null {
  const spec = entry(object.root, 'spec')
  if (spec === undefined || map(spec.value) === undefined) return null
  return {
    start: spec.keyStart,
    end: spec.keyEnd,
    document: object.document.index,
    keys: [...object.base, 'spec'],
  }
}

/** The number at these keys of the object. `title`: of the change that sets another one. */
export function numberAt(
  locator: Locator,
  { root, document, base }: KubernetesObject,
  keys: Keys,
  shown: Place,
  title: string,
): Given<number> {
  const given = convert(nodeValue(at(root, ...keys), shown, locator), asQuotedNumber)
  return withPlan(given, document.index, [], { title, writes: [{ path: [...base, ...keys] }] })
}

export const placeOf = (node: ConfigNode): Place => ({ start: node.start, end: node.end })

/** The key with its value; the value alone where that is given in another file. */
export function shownWith(locator: Locator, { keyStart, keyEnd, value }: ConfigEntry): Place {
  const pathOf = (place: Place) => locator.origin(place).location.path
  return pathOf(placeOf(value)) === pathOf({ start: keyStart, end: keyEnd })
    ? { start: keyStart, end: Math.max(keyEnd, value.end) }
    : placeOf(value)
}
