/** Values that one expression has in turn: in the passes of a loop, in the calls of a function. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { bindingsOf } from './names.js'
import { fieldOfObject } from './object-fields.js'

function isChanged(analysis: Analysis, expr: Expr): boolean {
  return expr.type === 'name' && analysis.changesOf(expr.id, expr.start).length > 0
}

/** More values than this are no list that somebody wrote by hand. */
const maximumValues = 100

export function possibleValues(analysis: Analysis, expr: Expr, depth = 0): Expr[] | null {
  if (depth > 4) return null
  // Whoever reads it from here on asks for the changes as well.
  if (isChanged(analysis, expr)) return [expr]
  const value = analysis.definition(expr)
  if (value.type === 'subscript') return itemsAt(analysis, value.value, value.index, depth)
  if (value.type === 'call' && value.callee.type === 'attribute' && value.callee.attr === 'get') {
    // What it answers for a key that is not there is no value of the dictionary.
    const key = value.args[0]
    return key === undefined || key.name !== null || key.star > 0
      ? [value]
      : (itemsAt(analysis, value.callee.value, key.value, depth) ?? [value])
  }
  if (value.type === 'attribute') {
    const field = fieldOfObject(analysis, value)
    return field === null ? [value] : possibleValues(analysis, field, depth + 1)
  }
  if (value.type !== 'name') return [value]
  const bindings = bindingsOf(analysis, value.id, value.start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  if (binding === null) return null
  if (binding.kind === 'param') {
    const owner = analysis.parameterOwner(binding)
    const sites = owner === null ? null : analysis.callSites(owner.func)
    if (owner === null || sites === null || sites.length === 0) return null
    const found: Expr[] = []
    for (const site of sites) {
      const argument = analysis.argument(site, binding.name, owner.position)
      const passed =
        argument.state === 'given' ? argument.expr : argument.state === 'absent' ? binding.value : null
      const values = passed === null ? null : possibleValues(analysis, passed, depth + 1)
      if (values === null) return null
      found.push(...values)
      if (found.length > maximumValues) return null
    }
    return found
  }
  if (binding.kind === 'loop' && binding.value !== null) {
    return elements(analysis, binding.value, binding.unpack ?? [], depth)
  }
  if (binding.kind === 'assign' && binding.value !== null && binding.unpack !== null) {
    // `model, grid = pair` where `pair` comes from a loop.
    const whole = possibleValues(analysis, binding.value, depth + 1)
    return whole === null ? null : each(whole, (one) => part(analysis, one, binding.unpack!))
  }
  return null
}

function each(values: Expr[], map: (value: Expr) => Expr | null): Expr[] | null {
  const found: Expr[] = []
  for (const value of values) {
    const mapped = map(value)
    if (mapped === null) return null
    found.push(mapped)
  }
  return found
}

/** `pair[1]`, `model['grid']` where the container is one of several. */
function itemsAt(analysis: Analysis, from: Expr, index: Expr, depth: number): Expr[] | null {
  const key = analysis.fold(index)
  const containers = possibleValues(analysis, from, depth + 1)
  if (containers === null) return null
  if (key.state === 'known') {
    return each(containers, (container) => {
      if (isChanged(analysis, container)) return null
      const one = analysis.definition(container)
      if (one.type === 'dict') return valueAt(one, key.value)
      return typeof key.value === 'number' ? part(analysis, one, [key.value]) : null
    })
  }
  // `for name in grids: grids[name]` goes through all of them.
  const only = containers.length === 1 ? analysis.definition(containers[0]!) : null
  if (only === null || only.type !== 'dict' || isChanged(analysis, from)) return null
  const keys = keysInTurn(analysis, index, depth + 1)
  if (keys === null) return null
  // The loop may go through more names than this dictionary has.
  const values = keys.map((one) => valueAt(only, one)).filter((one) => one !== null)
  return values.length === 0 ? null : values.map((one) => analysis.definition(one))
}

function valueAt(dictionary: Expr & { type: 'dict' }, key: unknown): Expr | null {
  return (
    dictionary.entries.find((entry) => entry.key?.type === 'constant' && entry.key.value === key)?.value ??
    null
  )
}

/** The constants that a name takes in the passes of a loop, over the keys of a dictionary or a list; null: not known. */
function keysInTurn(analysis: Analysis, index: Expr, depth: number): unknown[] | null {
  const name = analysis.definition(index)
  if (name.type !== 'name' || depth > 4) return null
  const bindings = bindingsOf(analysis, name.id, name.start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  if (binding?.kind === 'param') {
    const owner = analysis.parameterOwner(binding)
    const sites = owner === null ? null : analysis.callSites(owner.func)
    if (owner === null || sites === null || sites.length !== 1) return null
    const argument = analysis.argument(sites[0]!, binding.name, owner.position)
    return argument.state === 'given' ? keysInTurn(analysis, argument.expr, depth + 1) : null
  }
  if (binding?.kind !== 'loop' || binding.value === null) return null
  const path = binding.unpack ?? []
  let iterable = binding.value
  if (iterable.type === 'call' && iterable.callee.type === 'attribute' && iterable.args.length === 0) {
    const { attr, value } = iterable.callee
    if (attr === 'items' ? path.length !== 1 || path[0] !== 0 : attr !== 'keys' || path.length > 0)
      return null
    iterable = value
  } else if (path.length > 0) {
    const items = elements(analysis, iterable, path, depth)
    return items?.every((item) => item.type === 'constant') ? items.map((item) => item.value) : null
  }
  const source = analysis.definition(iterable)
  if (isChanged(analysis, iterable)) return null
  const keys = source.type === 'dict' ? source.entries.map((entry) => entry.key) : null
  const items = keys ?? elements(analysis, iterable, [], depth)
  if (items === null || items.length === 0 || items.length > maximumValues) return null
  return items.every((item) => item?.type === 'constant') ? items.map((item) => item.value) : null
}

/** Item of a tuple or list display, at a path of positions; as it is written there. */
function part(analysis: Analysis, expr: Expr, path: readonly number[]): Expr | null {
  let current = expr
  for (const index of path) {
    const container = analysis.definition(current)
    if (isChanged(analysis, current) || (container.type !== 'tuple' && container.type !== 'list')) return null
    const item = container.items.at(index)
    if (item === undefined || container.items.some((one) => one.type === 'starred')) return null
    current = item
  }
  return current
}

/** The elements that a loop takes from an iterable that is written out. */
function elements(analysis: Analysis, iterable: Expr, path: readonly number[], depth: number): Expr[] | null {
  if (depth > 4) return null
  const value = analysis.definition(iterable)
  if (value.type === 'list' || value.type === 'tuple') {
    if (isChanged(analysis, iterable) || value.items.length === 0 || value.items.length > maximumValues)
      return null
    return each(value.items, (item) => (item.type === 'starred' ? null : part(analysis, item, path)))
  }
  if (value.type !== 'call') return null
  const { callee, args } = value
  const inner = args[0]?.value
  const name = analysis.nameOf(callee)
  if (name === 'enumerate' && inner !== undefined && path[0] === 1)
    return elements(analysis, inner, path.slice(1), depth + 1)
  if (name === 'zip' && path.length > 0) {
    const source = args[path[0]!]
    if (source === undefined || source.name !== null || source.star > 0) return null
    return elements(analysis, source.value, path.slice(1), depth + 1)
  }
  if (callee.type !== 'attribute') {
    // Progress bars, `list` and `sorted` pass on what they wrap.
    const last = callee.type === 'name' ? callee.id : ''
    if (/^(tqdm|list|sorted|reversed|track)$/.test(last) && inner !== undefined)
      return elements(analysis, inner, path, depth + 1)
    return null
  }
  const source = analysis.definition(callee.value)
  if (source.type !== 'dict' || args.length > 0 || isChanged(analysis, callee.value)) return null
  if (source.entries.length === 0 || source.entries.length > maximumValues) return null
  if (source.entries.some((entry) => entry.key === null)) return null
  const values = source.entries.map((entry) => entry.value)
  if (callee.attr === 'values') return each(values, (item) => part(analysis, item, path))
  if (callee.attr === 'items' && path[0] === 1)
    return each(values, (item) => part(analysis, item, path.slice(1)))
  return null
}
