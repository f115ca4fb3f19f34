/** Values that one expression has in turn: in the passes of a loop, in the calls of a function. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { displayOf } from './display.js'
import type { Func, PythonModule } from './module.js'

export interface ValuePlace {
  expr: Expr
  python: PythonModule
  /** The call in another module whose function returned it. */
  returned?: { func: Func; call: CallExpr; caller: PythonModule }
}

/** What a name or a call of another module of the project stands for; null: it is of none, or that is not known. */
export type Elsewhere = (place: ValuePlace) => ValuePlace | null

/** More values than this are no list that somebody wrote by hand. */
const maximumValues = 100
const deepest = 4

/** Null where they cannot be listed. */
export function possibleValues(place: ValuePlace, elsewhere: Elsewhere): ValuePlace[] | null {
  return new Possible(elsewhere).values(place, 0)
}

class Possible {
  constructor(private readonly elsewhere: Elsewhere) {}

  values(place: ValuePlace, depth: number): ValuePlace[] | null {
    if (depth > deepest) return null
    const { python, expr } = place
    // Whoever reads it from here on asks for the changes as well.
    if (python.isChanged(expr)) return [place]
    const value = python.definition(expr)
    const here = (one: Expr): ValuePlace => ({ python, expr: one })
    if (value.type === 'subscript') return this.itemsAt(here(value.value), here(value.index), depth)
    if (value.type === 'call' && value.callee.type === 'attribute' && value.callee.attr === 'get') {
      // What it answers for a key that is not there is no value of the dictionary.
      const key = value.args[0]
      const items =
        key === undefined || key.name !== null || key.star > 0
          ? null
          : this.itemsAt(here(value.callee.value), here(key.value), depth)
      return items ?? [here(value)]
    }
    if (value.type === 'attribute') {
      const field = python.fieldOf(value)
      return field === null
        ? [this.elsewhere(here(value)) ?? here(value)]
        : this.values(here(field), depth + 1)
    }
    if (value.type === 'call') return [this.elsewhere(here(value)) ?? here(value)]
    return value.type === 'name' ? this.ofName(python, value, depth) : [here(value)]
  }

  private ofName(python: PythonModule, name: Expr & { type: 'name' }, depth: number): ValuePlace[] | null {
    const here = (expr: Expr): ValuePlace => ({ python, expr })
    const bindings = python.bindingsOf(name)
    const binding = bindings.length === 1 ? bindings[0]! : null
    if (binding === null) return null
    if (binding.kind === 'import') {
      const found = this.elsewhere(here(name)) ?? (python.fold(name).state === 'known' ? here(name) : null)
      return found === null ? null : [found]
    }
    if (binding.kind === 'param') {
      const owner = python.parameterOf(binding)
      const sites = owner === null ? null : python.callSites(owner.func)
      if (owner === null || sites === null || sites.length === 0) return null
      const found: ValuePlace[] = []
      for (const site of sites) {
        const argument = python.argument(site, binding.name, owner.position)
        const passed =
          argument.state === 'given' ? argument.expr : argument.state === 'absent' ? binding.value : null
        const values = passed === null ? null : this.values(here(passed), depth + 1)
        if (values === null) return null
        found.push(...values)
        if (found.length > maximumValues) return null
      }
      return found
    }
    if (binding.value === null) return null
    if (binding.kind === 'loop') return this.elements(here(binding.value), binding.unpack ?? [], depth)
    if (binding.kind !== 'assign' || binding.unpack === null) return null
    // `model, grid = pair` where `pair` comes from a loop.
    const { unpack } = binding
    const whole = this.values(here(binding.value), depth + 1)
    return whole === null ? null : each(whole, (one) => this.part(one, unpack))
  }

  /** `pair[1]`, `model['grid']` where the container is one of several. */
  private itemsAt(from: ValuePlace, index: ValuePlace, depth: number): ValuePlace[] | null {
    const key = index.python.fold(index.expr)
    const containers = this.values(from, depth + 1)
    if (containers === null) return null
    if (key.state === 'known') {
      return each(containers, (container) =>
        typeof key.value === 'number'
          ? this.part(container, [key.value])
          : (this.entries(container)?.find((one) => one.key === key.value)?.value ?? null),
      )
    }
    if (countsThrough(index) && containers.length === 1) {
      const all = this.elements(containers[0]!, [], depth + 1)
      if (all !== null) return all.map(settled)
    }
    // `for name in grids: grids[name]` goes through all of them.
    const entries = containers.length === 1 ? this.entries(containers[0]!) : null
    const keys = entries === null ? null : this.keysInTurn(index, depth + 1)
    if (entries === null || keys === null) return null
    // The loop may go through more names than this dictionary has.
    const values = keys.flatMap((one) => entries.find((entry) => entry.key === one)?.value ?? [])
    return values.length === 0 ? null : values.map(settled)
  }

  /** The constants that a name takes in the passes of a loop, over the keys of a dictionary or a list; null: not known. */
  private keysInTurn({ python, expr }: ValuePlace, depth: number): unknown[] | null {
    const name = python.definition(expr)
    // `list(grids.keys())[i]`
    if (name.type === 'subscript' && countsThrough({ python, expr: name.index })) {
      const keys = this.elements({ python, expr: name.value }, [], depth)?.map(settled) ?? []
      const constants = keys.flatMap((one) => (one.expr.type === 'constant' ? [one.expr.value] : []))
      return constants.length === 0 || constants.length < keys.length ? null : constants
    }
    if (name.type !== 'name' || depth > deepest) return null
    const bindings = python.bindingsOf(name)
    const binding = bindings.length === 1 ? bindings[0]! : null
    if (binding?.kind === 'param') {
      const owner = python.parameterOf(binding)
      const sites = owner === null ? null : python.callSites(owner.func)
      if (owner === null || sites === null || sites.length !== 1) return null
      const argument = python.argument(sites[0]!, binding.name, owner.position)
      return argument.state === 'given' ? this.keysInTurn({ python, expr: argument.expr }, depth + 1) : null
    }
    if (binding?.kind !== 'loop' || binding.value === null) return null
    const iterable = { python, expr: binding.value }
    const path = binding.unpack ?? []
    const keys = path.length > 0 ? null : (this.entries(iterable)?.map(({ keyExpr }) => keyExpr) ?? null)
    const items =
      keys ?? this.elements(iterable, path, depth)?.map((item) => item.python.definition(item.expr)) ?? []
    if (items.length === 0 || items.length > maximumValues) return null
    return items.every((item) => item?.type === 'constant') ? items.map((item) => item!.value) : null
  }

  /** Item of a tuple or list display, at a path of positions; as it is written there. */
  private part(place: ValuePlace, path: readonly number[]): ValuePlace | null {
    let current = place
    for (const index of path) {
      const { python, expr } = this.container(current)
      if (python.isChanged(expr) || (expr.type !== 'tuple' && expr.type !== 'list')) return null
      const item = expr.items.at(index)
      if (item === undefined || expr.items.some((one) => one.type === 'starred')) return null
      current = { python, expr: item }
    }
    return current
  }

  /** The display behind an expression, here or in another module; a name whose value changes stays one. */
  private container(place: ValuePlace): ValuePlace {
    if (place.python.isChanged(place.expr)) return place
    const own = settled(place)
    const { python, expr } = own
    if (expr.type !== 'name' && expr.type !== 'attribute' && expr.type !== 'call') return own
    const there = this.elsewhere(own) ?? this.unpacked(own)
    if (there !== null) return there
    const folded = python.fold(expr)
    return folded.state === 'known' && typeof folded.value === 'object' && folded.value !== null
      ? { python, expr: displayOf(folded.value, expr) }
      : own
  }

  /** `models, grids = registry()`: what the name gets of it. */
  private unpacked({ python, expr }: ValuePlace): ValuePlace | null {
    if (expr.type !== 'name' || python.bindingsOf(expr)[0]?.kind !== 'assign') return null
    const [only, ...others] = this.ofName(python, expr, deepest - 1) ?? []
    return only === undefined || others.length > 0 ? null : settled(only)
  }

  /** What a dictionary holds, in order; null: it is none, or not all of it is known. */
  private entries(place: ValuePlace): { keyExpr: Expr | null; key: unknown; value: ValuePlace }[] | null {
    const { python, expr } = this.container(place)
    if (expr.type === 'dict' && !expr.entries.some(({ key }) => key === null)) {
      if (expr.entries.length === 0 || expr.entries.length > maximumValues) return null
      return expr.entries.map(({ key, value }) => ({
        keyExpr: key,
        key: key?.type === 'constant' ? key.value : undefined,
        value: { python, expr: value },
      }))
    }
    const keys = python.keysOf(expr)
    if (keys === null || keys.length === 0 || keys.length > maximumValues) return null
    return each(keys, (key) => {
      const given = python.entry(expr, key)
      if (given.state !== 'given') return null
      const { start, end } = expr
      return {
        keyExpr: { type: 'constant', value: key, start, end },
        key,
        value: { python, expr: given.expr },
      }
    })
  }

  /** The elements that a loop takes from an iterable that is written out. */
  private elements(iterable: ValuePlace, path: readonly number[], depth: number): ValuePlace[] | null {
    if (depth > deepest) return null
    const place = this.container(iterable)
    const { python, expr: value } = place
    if (value.type === 'list' || value.type === 'tuple') {
      if (value.items.length === 0 || value.items.length > maximumValues) return null
      return each(value.items, (item) =>
        item.type === 'starred' ? null : this.part({ python, expr: item }, path),
      )
    }
    if (value.type !== 'call') return null
    const { callee, args } = value
    const here = (expr: Expr): ValuePlace => ({ python, expr })
    const inner = args[0]?.value
    const name = python.nameOf(callee)
    if (name === 'enumerate' && inner !== undefined && path[0] === 1)
      return this.elements(here(inner), path.slice(1), depth + 1)
    if (name === 'zip' && path.length > 0) {
      const source = args[path[0]!]
      if (source === undefined || source.name !== null || source.star > 0) return null
      return this.elements(here(source.value), path.slice(1), depth + 1)
    }
    if (callee.type !== 'attribute') {
      // Progress bars, `list` and `sorted` pass on what they wrap.
      const last = callee.type === 'name' ? callee.id : ''
      return /^(tqdm|list|sorted|reversed|track)$/.test(last) && inner !== undefined
        ? this.elements(here(inner), path, depth + 1)
        : null
    }
    const entries = args.length > 0 ? null : this.entries(here(callee.value))
    if (entries === null) return null
    if (callee.attr === 'values') return each(entries, (one) => this.part(one.value, path))
    if (callee.attr === 'keys' && path.length === 0)
      return each(entries, ({ keyExpr, value }) => keyExpr && { python: value.python, expr: keyExpr })
    if (callee.attr !== 'items') return null
    if (path[0] === 1) return each(entries, (one) => this.part(one.value, path.slice(1)))
    return path[0] === 0 && path.length === 1
      ? each(entries, ({ keyExpr, value }) => keyExpr && { python: value.python, expr: keyExpr })
      : null
  }
}

/** `i` of `for i in range(len(grids))` and of `for i, grid in enumerate(grids)`. */
function countsThrough({ python, expr }: ValuePlace): boolean {
  const name = python.definition(expr)
  const bindings = name.type === 'name' ? python.bindingsOf(name) : []
  const binding = bindings.length === 1 ? bindings[0]! : null
  if (binding?.kind !== 'loop' || binding.value?.type !== 'call') return false
  const called = python.nameOf(binding.value.callee)
  const path = binding.unpack ?? []
  return path.length === 0 ? called === 'range' : called === 'enumerate' && path.length === 1 && path[0] === 0
}

/** What a name was last assigned, in the module that it stands in. */
const settled = ({ python, expr }: ValuePlace): ValuePlace => ({ python, expr: python.definition(expr) })

function each<T, R>(values: readonly T[], map: (value: T) => R | null): R[] | null {
  const found: R[] = []
  for (const value of values) {
    const mapped = map(value)
    if (mapped === null) return null
    found.push(mapped)
  }
  return found
}
