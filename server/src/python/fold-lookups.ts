/** What looking a key up gives: the value of a file or of the code, else the fallback. */

import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { Json } from '../text/json.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { configuredNode, foldFound, look } from './configured.js'
import { loaders } from './configured-file.js'
import { below, type Key } from './configured-path.js'
import { extraKeyword } from './extra-keywords.js'
import { combine, type Fold, unknown } from './folded.js'
import { importedFunction } from './import-targets.js'
import { type Lookup, lookupOf } from './lookups.js'
import type { Folded } from './module.js'
import { bindingsOf, nameOf } from './names.js'
import { isDict } from './operators.js'
import { returnsOf } from './returns.js'
import { trackedValue } from './tracked-configuration.js'

/** Null: the call looks nothing up, or nothing is known of what it does it in. */
export function foldLookup(analysis: Analysis, fold: Fold, expr: CallExpr): Folded | null {
  const lookup = lookupOf(analysis, expr)
  if (lookup === null) return null
  const keys = keysOf(fold, lookup)
  const [key, deeper] = keys ?? []
  const tracked =
    typeof key === 'string' && deeper === undefined ? trackedValue(analysis, fold, lookup.object, key) : null
  if (tracked !== null) return tracked
  const whole = configuredNode(analysis, lookup.object)
  if (keys === null) return whole === null ? null : unknown('the configuration')
  const fallback = (overridable: boolean): Folded => {
    const { fallback: given } = lookup
    if (given === null) return unknown('the configuration does not hold it')
    const value = fold(given)
    return value.state === 'unknown' || !overridable ? value : { ...value, overridable }
  }
  if (whole !== null) {
    if (whole.folded?.state === 'unknown') return whole.folded
    const child = look(analysis, keys.reduce(below, whole.path))
    const folded = child === null ? unknown('the configuration') : foldFound(child)
    if (folded !== null) return lookup.as === undefined ? folded : taken(folded, lookup.as)
    // An attribute of an object need not be a dictionary that its class has filled.
    if (whole.node !== undefined || whole.path.root !== null) return fallback(whole.overridable)
  }
  if (nameOf(analysis, lookup.object) !== null) return null
  const attribute = nameOf(analysis, expr.callee) === 'getattr' ? attributeOf(lookup, keys) : null
  if (attribute !== null) {
    const value = fold(attribute)
    const { programArguments, programParameters } = analysis
    const option = programParameters.holdsArguments(lookup.object)
      ? programArguments.some((one) => one.name === keys[0])
      : analysis.attributeValues(attribute).length > 0
    if (value.state === 'known' || option) return value
  }
  const parsed =
    typeof key === 'string' && deeper === undefined ? analysis.outside.argument(lookup.object, key) : null
  if (parsed !== null) return parsed
  const passed =
    typeof key === 'string' && deeper === undefined ? extraKeyword(analysis, fold, lookup.object, key) : null
  if (passed !== null) return passed === 'absent' ? fallback(false) : passed
  const object = fold(lookup.object)
  if (object.state === 'known') return inObject(object, keys) ?? fallback(object.overridable)
  const mayBeAnything = whole === null && !isFromFile(analysis, lookup.object)
  return mayBeAnything && lookup.fallback !== null ? fallback(true) : null
}

/** The text of an INI file as a number or a switch. Source: configparser, `BOOLEAN_STATES`. */
function taken(folded: Folded, as: NonNullable<Lookup['as']>): Folded {
  if (folded.state === 'unknown' || typeof folded.value !== 'string') return folded
  const text = folded.value.trim()
  if (as !== 'boolean') {
    const number = Number(text)
    return text === '' || Number.isNaN(number) ? unknown('the configuration') : { ...folded, value: number }
  }
  const yes = /^(1|yes|true|on)$/i.test(text)
  return yes || /^(0|no|false|off)$/i.test(text) ? { ...folded, value: yes } : unknown('the configuration')
}

/** From the object down; null: they are not all known. */
function keysOf(fold: Fold, { keys, dotted }: Lookup): Key[] | null {
  const found: Key[] = []
  for (const key of keys) {
    const value = fold(key)
    if (value.state === 'unknown') return null
    if (typeof value.value === 'string' && dotted) found.push(...value.value.split('.'))
    else if (typeof value.value === 'string' || typeof value.value === 'number') found.push(value.value)
    else return null
  }
  return found
}

/** `getattr(args, 'fp16')` as `args.fp16`. */
function attributeOf({ object }: Lookup, [key]: Key[]): (Expr & { type: 'attribute' }) | null {
  const { start, end } = object
  return typeof key === 'string' ? { type: 'attribute', value: object, attr: key, start, end } : null
}

/** What a dictionary in the code holds; null: nothing is there. */
function inObject(object: Folded & { state: 'known' }, keys: readonly Key[]): Folded | null {
  let current: Json = object.value
  for (const key of keys) {
    const item = isDict(current) ? lookUp(current, String(key)) : undefined
    if (item === undefined) return null
    current = item
  }
  return combine(current, [object])
}

const deepest = 6
/** Methods and functions that read files, by what they are called. */
const readsFiles = /(^|_)(load|read|parse|from)_?(\w*_)?(ya?ml|json|toml|file|config|cfg|params)$/i

/** The object comes from a file that is not known, or from a caller that is not: what it holds nobody can tell. */
function isFromFile(analysis: Analysis, expr: Expr, depth = 0): boolean {
  const value = analysis.definition(expr)
  if (depth > deepest) return true
  const inner = (part: Expr): boolean => isFromFile(analysis, part, depth + 1)
  if (value.type === 'attribute' || value.type === 'subscript') return inner(value.value)
  if (value.type === 'conditional') return inner(value.then) || inner(value.otherwise)
  if (value.type === 'binary') return inner(value.left) || inner(value.right)
  if (value.type === 'call') {
    const { callee, args } = value
    const name = nameOf(analysis, callee)
    if (name !== null && loaders.has(name)) return true
    const last = lastName(callee)
    if (readsFiles.test(last)) return true
    const own = analysis.functionOf(callee)
    if (own !== null && returnsOf(own).some(inner)) return true
    const imported = importedFunction(analysis, callee)
    if (imported?.calls.some((called) => loaders.has(called)) === true) return true
    if (callee.type === 'attribute' && name === null && inner(callee.value)) return true
    return args.some((one) => inner(one.value))
  }
  if (value.type !== 'name') return false
  const bindings = bindingsOf(analysis, value.id, value.start)
  return bindings.some((binding) => {
    if (binding.kind !== 'param') return binding.value !== null && inner(binding.value)
    const owner = analysis.parameterOwner(binding)
    if (owner === null) return true
    const sites = analysis.callSites(owner.func)
    if (sites === null || analysis.outsideCalls(owner.func).length > 0) return true
    return sites.some((site) => {
      const passed = analysis.argument(site, binding.name, owner.position)
      return passed.state === 'unknown' || (passed.state === 'given' && inner(passed.expr))
    })
  })
}
