/** What functions put together of what they are given, so that a call in another module can be written out. */
import type { CallExpr, DictExpr, Expr, Stmt } from '../syntax/python-ast.js'
import { blocksOf, childrenOf } from '../syntax/python-children.js'
import { rebuilt } from '../syntax/python-rebuilt.js'
import type { Span } from '../text/location.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { guardsAt } from './conditions.js'
import { displayOf } from './display.js'
import { grafted, opaque, type Recipe } from './grafts.js'
import { addedItems } from './grown-lists.js'
import { importedFunction, importedMethod } from './import-targets.js'
import type { Func } from './module.js'
import { bindingsOf, nameOf } from './names.js'
import { copiedObject, declaredFields, displayOfFields } from './object-entries.js'
import { projectMember } from './project-members.js'
import { certainReturn } from './returns.js'

const deepest = 12
/** Parts of one recipe. */
const mostParts = 300

const remembered = new WeakMap<Func, Recipe | null>()

/** Null: the function gives nothing that is put together of values, or that cannot be told without running it. */
export function recipeOf(analysis: Analysis, func: Func): Recipe | null {
  const before = remembered.get(func)
  if (before !== undefined) return before
  // What calls itself has none.
  remembered.set(func, null)
  const recipe = new Writer(analysis, func).recipe()
  remembered.set(func, recipe)
  return recipe
}

/** The call itself, of what the function around it is given; null: that cannot be told without running it. */
export function recipeOfCall(analysis: Analysis, func: Func | null, call: CallExpr): Recipe | null {
  return new Writer(analysis, func).recipeFor(call, () => true)
}

/** A list or dictionary of the module that holds more than plain values; null: it does not, or it is changed. */
export function recipeOfName(analysis: Analysis, name: string, value: Expr): Recipe | null {
  if (
    value.type !== 'dict' &&
    value.type !== 'list' &&
    value.type !== 'call' &&
    value.type !== 'comprehension'
  )
    return null
  const { length } = analysis.text
  const written: Expr = { type: 'name', id: name, start: length, end: length }
  return new Writer(analysis, null).recipeFor(written, isPutTogether)
}

/** Of a name of another module that stands for such a list or dictionary. */
export function displayElsewhere(analysis: Analysis, expr: Expr): Recipe | null {
  const found = projectMember(analysis, expr)
  return (found === null ? undefined : lookUp(found.summary.displays, found.rest)) ?? null
}

/** Of a function or method of another module that is called here. */
export function recipeElsewhere(
  analysis: Analysis,
  callee: Expr,
): { recipe: Recipe; self: Expr | null } | null {
  if (callee.type !== 'name' && callee.type !== 'attribute') return null
  const method = importedMethod(analysis, callee)
  const ofClass = method === null ? undefined : lookUp(method.klass.builds, method.method)
  if (ofClass !== undefined)
    return { recipe: ofClass, self: callee.type === 'attribute' ? callee.value : null }
  const recipe = importedFunction(analysis, callee)?.builds
  return recipe === undefined ? null : { recipe, self: null }
}

const tooMuch = Symbol('too much')

class Writer {
  private parts = 0

  constructor(
    private readonly analysis: Analysis,
    private readonly func: Func | null,
  ) {}

  recipe(): Recipe | null {
    const { func } = this
    const returned = func === null ? null : certainReturn(func)
    if (returned === null || func!.node.decorators.some((one) => !this.leavesAsItIs(one))) return null
    return this.recipeFor(returned, isPutTogether)
  }

  recipeFor(expr: Expr, isWorth: (body: Expr) => boolean): Recipe | null {
    const { func } = this
    const params = func?.node.params ?? []
    const own = isMethod(func) ? params.slice(1) : params
    try {
      const body = this.of(expr, 0)
      if (!isWorth(body)) return null
      return {
        params: own
          .filter(({ name }) => name !== '')
          .map(({ name, star, default: otherwise }) => ({
            name,
            star,
            otherwise: otherwise === null ? null : this.of(otherwise, 0),
          })),
        body,
      }
    } catch (error) {
      if (error === tooMuch) return null
      throw error
    }
  }

  private leavesAsItIs(decorator: Expr): boolean {
    return /^(staticmethod|functools\.(cache|lru_cache|wraps))$/.test(
      this.analysis.nameOf(decorator.type === 'call' ? decorator.callee : decorator) ??
        (decorator.type === 'name' ? decorator.id : ''),
    )
  }

  private of(expr: Expr, depth: number): Expr {
    if (++this.parts > mostParts) throw tooMuch
    if (depth > deepest) return opaque(0)
    if (expr.type === 'name') return this.name(expr, depth)
    if (expr.type === 'attribute') return this.attribute(expr, depth)
    if (expr.type === 'call') return this.call(expr, depth)
    const made = rebuilt(expr, nowhere, (part) => this.of(part, depth + 1))
    if (made.type !== 'comprehension') return made
    return {
      ...made,
      clauses: made.clauses.map(({ target, iterable }) => ({ target: withoutPlace(target), iterable })),
    }
  }

  private name(expr: Expr & { type: 'name' }, depth: number): Expr {
    const { analysis, func } = this
    const { id } = expr
    const bindings = bindingsOf(analysis, id, expr.start)
    if (id === 'self' && isMethod(func)) return { ...expr, start: 0, end: 0 }
    const [binding] = bindings
    if (binding === undefined || bindings.length > 1) return this.outside(expr)
    if (analysis.isChanged(expr)) return this.changed(expr, depth)
    if (binding.kind === 'param') {
      const owner = analysis.parameterOwner(binding)
      const own = func?.node.params.some(({ name }) => name === id) === true
      return owner?.func === func || (owner === null && own) ? { ...expr, start: 0, end: 0 } : opaque(0)
    }
    // A variable of a comprehension stays one.
    if (binding.kind === 'loop')
      return this.isInComprehension(expr) ? { ...expr, start: 0, end: 0 } : opaque(0)
    if (binding.kind === 'assign' && binding.value !== null && binding.unpack === null) {
      const made = this.of(binding.value, depth + 1)
      return isObject(made) && func !== null && worksOn(func, id) ? opaque(0) : made
    }
    return this.outside(expr)
  }

  private count(made: Expr | null): void {
    if (made === null) return
    if (++this.parts > mostParts) throw tooMuch
    for (const child of childrenOf(made)) this.count(child)
  }

  private isInComprehension({ id, start }: Expr & { type: 'name' }): boolean {
    const around = (expr: Expr): boolean => {
      if (start < expr.start || start >= expr.end) return false
      if (expr.type === 'comprehension' && expr.clauses.some(({ target }) => names(target, id))) return true
      return childrenOf(expr).some(around)
    }
    const statement = this.analysis.statementAt(start)
    if (statement?.type === 'return') return statement.value !== null && around(statement.value)
    return statement?.type === 'assign' && statement.value !== null && around(statement.value)
  }

  /** Of a library, built in, or a constant of this module or another one. */
  private outside(expr: Expr): Expr {
    const name = nameOf(this.analysis, expr)
    if (name !== null) return { type: 'name', id: name, start: 0, end: 0 }
    const folded = expr.type === 'name' || expr.type === 'attribute' ? this.analysis.fold(expr) : null
    return folded?.state === 'known' && !folded.overridable
      ? displayOf(folded.value, { start: 0, end: 0 })
      : opaque(0)
  }

  /** `space = {…}`, then `space['lr'] = …`. */
  private changed(expr: Expr & { type: 'name' }, depth: number): Expr {
    const { analysis } = this
    const until = expr.end
    const grown = this.grown(expr, depth)
    if (grown !== null) return grown
    const keys = analysis.keysOf(expr, until)
    if (keys === null) return this.changedFields(expr, until, depth) ?? opaque(0)
    const entries: (Expr & { type: 'dict' })['entries'] = []
    for (const key of keys) {
      const given = analysis.entry(expr, key, until)
      const value = chosenLast(analysis, expr, key) ?? (given.state === 'given' ? given.expr : null)
      entries.push({
        key: displayOf(key, { start: 0, end: 0 }),
        value: value === null ? opaque(0) : this.of(value, depth + 1),
        start: 0,
        end: 0,
      })
    }
    return { type: 'dict', entries, start: 0, end: 0 }
  }

  /** `found = [Logging()]`, then `found.append(Stopping())`; null: it is no list, or it is changed in other ways as well. */
  private grown(expr: Expr & { type: 'name' }, depth: number): Expr | null {
    const list = this.analysis.definition(expr)
    const added = list.type === 'list' ? addedItems(this.analysis, expr) : null
    if (list.type !== 'list' || added === null) return null
    const items = list.items.map((item) => this.of(item, depth + 1))
    for (const { value, spread, certain } of added) {
      const item = this.of(value, depth + 1)
      const then: Expr = spread ? { type: 'starred', value: item, ...nowhere() } : item
      const otherwise: Expr = { type: 'constant', value: null, ...nowhere() }
      if (certain) items.push(then)
      else if (spread) return null
      else items.push({ type: 'conditional', test: opaque(0), then, otherwise, ...nowhere() })
    }
    return { ...list, items, ...nowhere() }
  }

  /** `d = asdict(self)`, then `d.pop('name')`, `del d['name']`, `d['lr'] = …`; null: it is changed in another way. */
  private changedFields(expr: Expr & { type: 'name' }, until: number, depth: number): DictExpr | null {
    const { analysis } = this
    const entries = plainEntries(this.of(analysis.definition(expr), depth + 1))
    if (entries === null) return null
    for (const { target, method, call, value, certain, inside } of analysis.changesOf(
      expr.id,
      expr.start,
      until,
    )) {
      const index = target?.index ?? call?.args[0]?.value
      const key = index?.type === 'constant' && typeof index.value === 'string' ? index.value : null
      if (!certain || inside !== null || key === null) return null
      if (method === 'pop') entries.delete(key)
      else if (target === null) return null
      // Deleted, or computed of what it was.
      else entries.set(key, value === null ? opaque(0) : this.of(value, depth + 1))
    }
    return {
      type: 'dict',
      entries: [...entries].map(([key, value]) => ({ key: displayOf(key, nowhere()), value, ...nowhere() })),
      ...nowhere(),
    }
  }

  private attribute(expr: Expr & { type: 'attribute' }, depth: number): Expr {
    const fields = this.ownFields(expr)
    if (fields !== null) return fields
    const name = nameOf(this.analysis, expr)
    if (name !== null) return { type: 'name', id: name, start: 0, end: 0 }
    const base =
      expr.value.type === 'name' ? this.name(expr.value, depth + 1) : this.of(expr.value, depth + 1)
    return base.type === 'other' ? this.outside(expr) : { ...expr, value: base, start: 0, end: 0 }
  }

  /** `asdict(self)`, `self.__dict__` */
  private ownFields(expr: Expr): Expr | null {
    const object = copiedObject(this.analysis, expr)
    const klass = this.func?.class ?? null
    if (object?.type !== 'name' || object.id !== 'self' || klass === null) return null
    const fields = declaredFields(klass.node.body)
    return fields.length > 0 ? displayOfFields({ ...object, ...nowhere() }, fields, 0) : null
  }

  private call(expr: CallExpr, depth: number): Expr {
    const { analysis } = this
    const fields = this.ownFields(expr)
    if (fields !== null) return fields
    const args = expr.args.map((one) => ({ ...one, value: this.of(one.value, depth + 1), start: 0, end: 0 }))
    const own = analysis.functionOf(expr.callee)
    const found = own === null ? recipeElsewhere(analysis, expr.callee) : null
    const recipe = own === null ? (found?.recipe ?? null) : recipeOf(analysis, own)
    if (recipe !== null) {
      const object = expr.callee.type === 'attribute' ? this.of(expr.callee.value, depth + 1) : null
      const self = own !== null ? isMethod(own) : found!.self !== null
      const made = grafted(recipe, args, self ? object : null, { at: 0, fold: null })
      this.count(made)
      return made ?? opaque(0)
    }
    if (own !== null) return opaque(0)
    const name = nameOf(analysis, expr.callee)
    if (name !== null)
      return { ...expr, callee: { type: 'name', id: name, start: 0, end: 0 }, args, start: 0, end: 0 }
    if (expr.callee.type !== 'attribute') return opaque(0)
    const { callee } = expr
    const base = this.of(callee.value, depth + 1)
    return base.type === 'other'
      ? opaque(0)
      : { ...expr, callee: { ...callee, value: base, start: 0, end: 0 }, args, start: 0, end: 0 }
  }
}

/** `if deep: space['layers'] = …`, `else: space['layers'] = …`; or a value before it. Null: no condition decides on the key. */
function chosenLast(analysis: Analysis, expr: Expr & { type: 'name' }, key: string): Expr | null {
  const written = analysis.changesOf(expr.id, expr.start).flatMap(({ target, value }) => {
    const index = target === null ? null : analysis.fold(target.index)
    return value !== null && index?.state === 'known' && index.value === key ? [value] : []
  })
  const last = written.at(-1)
  const guard = last === undefined ? undefined : guardsAt(analysis, last.start).at(-1)
  if (last === undefined || guard === undefined || written.length > 2) return null
  const before = written.length === 2 ? written[0]! : inDisplay(analysis, expr, key)
  const other = before === null ? undefined : guardsAt(analysis, before.start).at(-1)
  if (before === null || (other !== undefined && (other.test !== guard.test || other.holds === guard.holds)))
    return null
  const [then, otherwise] = guard.holds ? [last, before] : [before, last]
  return { type: 'conditional', test: guard.test, then, otherwise, ...nowhere() }
}

/** What a display gives a key from the beginning. */
function inDisplay(analysis: Analysis, expr: Expr, key: string): Expr | null {
  const display = analysis.definition(expr)
  if (display.type !== 'dict') return null
  return display.entries.find((one) => one.key?.type === 'constant' && one.key.value === key)?.value ?? null
}

const nowhere = (): Span => ({ start: 0, end: 0 })

function withoutPlace(expr: Expr): Expr {
  return rebuilt(expr, nowhere, withoutPlace)
}

/** The entries of a dictionary by their keys, those of dictionaries that are unpacked into it among them. */
function plainEntries(expr: Expr): Map<string, Expr> | null {
  if (expr.type !== 'dict') return null
  const found = new Map<string, Expr>()
  for (const { key, value } of expr.entries) {
    const unpacked = key === null ? plainEntries(value) : null
    if (unpacked !== null) for (const [name, one] of unpacked) found.set(name, one)
    else if (key?.type === 'constant' && typeof key.value === 'string') found.set(key.value, value)
    else return null
  }
  return found
}

function names(target: Expr, id: string): boolean {
  return target.type === 'name' ? target.id === id : childrenOf(target).some((one) => names(one, id))
}

function isMethod(func: Func | null): boolean {
  return func !== null && func.class !== null && func.node.params[0]?.name === 'self'
}

/** A library makes it: `optuna.create_study(…)`. */
export function isObject(body: Expr): boolean {
  return body.type === 'call' && body.callee.type === 'name' && body.callee.id.includes('.')
}

/** `cfg.merge_from_file(path)`, `cfg.SOLVER.MAX_ITER = 40000`: the object is another one when the function gives it back. */
function worksOn(func: Func, name: string): boolean {
  const worked = once(func.node, 'objects that it works on', () => {
    const found = new Set<string>()
    const visit = (statement: Stmt): void => {
      const changed =
        statement.type === 'assign'
          ? statement.targets
          : statement.type === 'expr' && statement.value.type === 'call'
            ? [statement.value.callee]
            : []
      for (const one of changed) if (one.type !== 'name') found.add(rootOf(one))
      for (const block of blocksOf(statement)) block.forEach(visit)
    }
    func.node.body.forEach(visit)
    return found
  })
  return worked.has(name)
}

function rootOf(expr: Expr): string {
  if (expr.type === 'name') return expr.id
  return expr.type === 'attribute' || expr.type === 'subscript' ? rootOf(expr.value) : ''
}

/** `TABLE[name]`, `max(1, total // workers)`, `8 if large else 0`, `f'{name}-large'`. */
export function isWorkedOut({ type }: Expr): boolean {
  return type === 'subscript' || type === 'binary' || type === 'conditional' || type === 'fstring'
}

function isUnknown(body: Expr): boolean {
  return body.type === 'other' || childrenOf(body).some(isUnknown)
}

/** Displays, objects, and what is looked up in a table or computed of what the function is given. */
function isPutTogether(body: Expr): boolean {
  if (body.type === 'list' || body.type === 'tuple' || body.type === 'dict') return true
  if (isWorkedOut(body)) return !isUnknown(body)
  if (body.type === 'comprehension') return body.kind !== 'generator'
  return (
    isObject(body) ||
    (body.type === 'call' && body.callee.type === 'name' && /^(dict|list)$/.test(body.callee.id))
  )
}
