/**
 * Expressions put together of others: what a function returns, with what a call gives it in the place of its parameters, and
 * comprehensions written out. Names of libraries are canonical then, so that they read the same in every module.
 */
import type { Argument, Comprehension, Expr } from '../syntax/python-ast.js'
import { rebuilt } from '../syntax/python-rebuilt.js'
import type { Span } from '../text/location.js'
import { displayOf } from './display.js'
import type { Folded } from './module.js'

/** What a function puts together of what it is given. */
export interface Recipe {
  params: RecipeParameter[]
  /** Its parameters and `self` are the only names without a dot that are not built in. */
  body: Expr
}

export interface RecipeParameter {
  name: string
  star: 0 | 1 | 2
  /** Null: it has to be given. */
  otherwise: Expr | null
}

/** Where the parts stand that are put together, and what they may ask. */
export interface Ground {
  /** All stand there, without a width, so that nobody changes them; null: where they are written. */
  at: number | null
  /** Null: nothing can be looked up. */
  fold: ((expr: Expr) => Folded) | null
  /** The display that an expression stands for. */
  display?(expr: Expr): Expr
}

type Names = ReadonlyMap<string, Expr>

/** Of a comprehension that is written out. */
const mostItems = 100
/** Of all that is put together, however often functions and comprehensions stand inside each other. */
const mostParts = 3000

export const opaque = (at: number): Expr => ({ type: 'other', children: [], start: at, end: at })

/**
 * What a call of the function comes to. `self`: the object of a method. Null: which argument is which cannot be told, or it is too
 * much to be written by hand.
 */
export function grafted(
  { params, body }: Recipe,
  args: readonly Argument[],
  self: Expr | null,
  ground: Ground,
): Expr | null {
  return bounded(ground, (grafter) => {
    const given = grafter.givenTo(params, args, body.start)
    if (given !== null && self !== null) given.set('self', self)
    return given === null ? null : grafter.replaced(body, given)
  })
}

/** The display that a comprehension makes; null: what it goes through is not known, or which of it it takes. */
export function unrolled(expr: Comprehension, ground: Ground): Expr | null {
  return bounded(ground, (grafter) => grafter.unrolled(expr, new Map()))
}

const tooMuch = Symbol('too much')

function bounded(ground: Ground, make: (grafter: Grafter) => Expr | null): Expr | null {
  try {
    return make(new Grafter(ground))
  } catch (error) {
    if (error === tooMuch) return null
    throw error
  }
}

class Grafter {
  private parts = 0

  constructor(private readonly ground: Ground) {}

  givenTo(
    params: readonly RecipeParameter[],
    args: readonly Argument[],
    start: number,
  ): Map<string, Expr> | null {
    if (args.some(({ star }) => star > 0)) return null
    const here = { start: this.ground.at ?? start, end: this.ground.at ?? start }
    const names = new Map<string, Expr>()
    const positional = args.filter(({ name }) => name === null).map(({ value }) => value)
    const keywords = new Map(
      args.flatMap(({ name, value }) => (name === null ? [] : [[name, value] as const])),
    )
    for (const { name, star, otherwise } of params) {
      if (star === 1) names.set(name, { type: 'tuple', items: positional.splice(0), ...here })
      if (star > 0) continue
      const value = keywords.get(name) ?? positional.shift()
      keywords.delete(name)
      const fallback = otherwise === null ? opaque(here.start) : this.replaced(otherwise, new Map())
      names.set(name, value ?? fallback)
    }
    const rest = params.find(({ star }) => star === 2)
    const entries = [...keywords].map(([name, value]) => ({ key: displayOf(name, here), value, ...here }))
    if (rest !== undefined) names.set(rest.name, { type: 'dict', entries, ...here })
    return names
  }

  /** The expression with others in the place of names; a name of a comprehension hides one of the same name around it. */
  replaced(expr: Expr, names: Names): Expr {
    if (++this.parts > mostParts) throw tooMuch
    if (expr.type === 'name') return names.get(expr.id) ?? { ...expr, ...this.placeOf(expr) }
    if (expr.type === 'comprehension') return this.unrolled(expr, names) ?? this.comprehension(expr, names)
    const made = rebuilt(expr, this.placeOf, (part) => this.replaced(part, names))
    if (made.type === 'dict') return { ...made, entries: made.entries.flatMap(entriesOf) }
    return made.type === 'list' || made.type === 'tuple' || made.type === 'set'
      ? { ...made, items: made.items.flatMap(itemsOf) }
      : made
  }

  private readonly placeOf = ({ start, end }: Span): Span => {
    const { at } = this.ground
    return at === null ? { start, end } : { start: at, end: at }
  }

  private comprehension(expr: Comprehension, names: Names): Expr {
    const own = new Map(names)
    for (const { target } of expr.clauses) for (const name of namesOf(target)) own.delete(name)
    // What it goes through first is no part of its scope.
    const first = expr.clauses[0]?.iterable
    return rebuilt(expr, this.placeOf, (part) => this.replaced(part, part === first ? names : own))
  }

  unrolled(expr: Comprehension, around: Names): Expr | null {
    const [clause] = expr.clauses
    if (clause === undefined || expr.clauses.length > 1 || expr.kind === 'generator') return null
    const items = this.elementsOf(this.replaced(clause.iterable, around))
    if (items === null || items.length > mostItems) return null
    const here = this.placeOf(expr)
    const found: { key: Expr; value: Expr }[] = []
    for (const item of items) {
      const names = new Map(around)
      if (!bind(clause.target, item, names)) return null
      const taken = this.isTaken(expr.conditions, names)
      if (taken === null) return null
      if (!taken) continue
      const key = this.replaced(expr.element, names)
      found.push({ key, value: expr.value === undefined ? key : this.replaced(expr.value, names) })
    }
    if (expr.kind === 'dict')
      return { type: 'dict', entries: found.map((one) => ({ ...one, ...here })), ...here }
    return { type: expr.kind, items: found.map(({ value }) => value), ...here }
  }

  private isTaken(conditions: readonly Expr[], names: Names): boolean | null {
    for (const condition of conditions) {
      const test = this.ground.fold?.(this.replaced(condition, names))
      if (test?.state !== 'known' || typeof test.value !== 'boolean') return null
      if (!test.value) return false
    }
    return true
  }

  /** What an iterable hands out; null: it is not written out. */
  private elementsOf(iterable: Expr): Expr[] | null {
    const { start, end } = iterable
    const method = iterable.type === 'call' && iterable.callee.type === 'attribute' ? iterable.callee : null
    const behind = method === null ? iterable : method.value
    const shown = this.ground.display?.(behind) ?? behind
    if (method === null && (shown.type === 'list' || shown.type === 'tuple'))
      return shown.items.some((one) => one.type === 'starred') ? null : shown.items
    const entries = entriesWritten(shown)
    if (entries !== null) {
      if (method === null || method.attr === 'keys') return entries.map(({ key }) => key)
      if (method.attr === 'values') return entries.map(({ value }) => value)
      return method.attr === 'items'
        ? entries.map(({ key, value }) => ({ type: 'tuple', items: [key, value], start, end }))
        : null
    }
    const folded = this.ground.fold?.(iterable)
    if (folded?.state !== 'known' || folded.overridable) return null
    const known = displayOf(folded.value, { start, end: start })
    return known.type === 'list' ? known.items : (entriesWritten(known)?.map(({ key }) => key) ?? null)
  }
}

type Entry = (Expr & { type: 'dict' })['entries'][number]

/** `**rest` among the entries, where those are known. */
function entriesOf(entry: Entry): Entry[] {
  return entry.key === null && entry.value.type === 'dict' ? entry.value.entries : [entry]
}

/** `*names` among the items, where those are known. */
function itemsOf(item: Expr): Expr[] {
  return item.type === 'starred' && (item.value.type === 'list' || item.value.type === 'tuple')
    ? item.value.items
    : [item]
}

function namesOf(target: Expr): string[] {
  if (target.type === 'name') return [target.id]
  return target.type === 'tuple' || target.type === 'list' ? target.items.flatMap(namesOf) : []
}

/** `for name, (low, high) in …`. */
function bind(target: Expr, item: Expr, names: Map<string, Expr>): boolean {
  if (target.type === 'name') {
    names.set(target.id, item)
    return true
  }
  if (target.type !== 'tuple' && target.type !== 'list') return false
  if (item.type !== 'tuple' && item.type !== 'list') return false
  if (target.items.length !== item.items.length) return false
  return target.items.every((one, index) => bind(one, item.items[index]!, names))
}

function entriesWritten(expr: Expr): { key: Expr; value: Expr }[] | null {
  if (expr.type !== 'dict') return null
  const found = expr.entries.flatMap(({ key, value }) => (key === null ? [] : [{ key, value }]))
  return found.length === expr.entries.length ? found : null
}
