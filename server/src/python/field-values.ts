/** What an object of a class of the project holds when it is made: its fields' defaults, what `__init__` sets. */
import type { CallExpr, Expr, Stmt } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classOfScope } from './attribute-values.js'
import { fieldDefault, writtenOnce } from './data-classes.js'
import { constantOf, unknown } from './folded.js'
import { isDictionaryOf, takingOf } from './mapping-classes.js'
import type { Folded, Func, Klass, ModuleSummary } from './module.js'
import { bindingsOf } from './names.js'
import { projectMember } from './project-members.js'
import { properties } from './properties.js'
import type { Binding, Scope } from './scope.js'
import { foldWritten } from './written-places.js'

/** By dotted name: 'data.workers'. */
export type FieldValues = ReadonlyMap<string, Folded>

const none: FieldValues = new Map()
const mostFields = 300
const deepest = 4

const remembered = new WeakMap<Analysis, Map<Klass | CallExpr, FieldValues>>()

/** `made`: the call that makes the object; null: whatever makes it. */
export function fieldValues(
  analysis: Analysis,
  klass: Klass,
  made: CallExpr | null = null,
  depth = 0,
): FieldValues {
  if (!analysis.complete || depth > deepest) return none
  const key = made === null || made.args.length === 0 ? klass : made
  const kept = remembered.get(analysis) ?? new Map<Klass | CallExpr, FieldValues>()
  remembered.set(analysis, kept)
  const before = kept.get(key)
  if (before !== undefined) return before
  // A field may be of its own class.
  kept.set(key, none)
  const reader = new FieldReader(analysis, klass, key === klass ? null : made, depth)
  const values = reader.read()
  kept.set(key, values)
  return values
}

/** The value of a field below a path of keys; undefined: the class does not say. */
export function fieldAt(values: FieldValues, keys: readonly (string | number)[]): Folded | undefined {
  for (let length = keys.length; length > 0; length--) {
    const found = values.get(keys.slice(0, length).join('.'))
    if (found === undefined) continue
    let current: Folded = found
    for (const key of keys.slice(length)) {
      if (current.state === 'unknown') return current
      const { value }: { value: Json } = current
      const child: Json | undefined =
        typeof value === 'object' && value !== null
          ? lookUp(value as Record<string, Json>, String(key))
          : undefined
      if (child === undefined) return undefined
      current = { ...current, value: child }
    }
    return current
  }
  return undefined
}

/** Of a class of another module. `byKeyword`: what its constructor is given are its fields. */
export function fieldsElsewhere(
  analysis: Analysis,
  summary: ModuleSummary,
  name: string,
  made: CallExpr,
  byKeyword: boolean,
  depth = 0,
): FieldValues {
  const values = analysis.complete ? constantsOf(analysis, summary, name) : new Map<string, Folded>()
  if (!analysis.complete) return values
  const declared = Object.keys(lookUp(summary.classes, name)?.fields ?? {})
  made.args.forEach(({ name: keyword, star, value }, position) => {
    const field = keyword ?? (byKeyword && star === 0 ? declared[position] : undefined)
    if (field === undefined) return
    for (const key of [...values.keys()]) if (key.startsWith(`${field}.`)) values.delete(key)
    values.set(field, byKeyword ? analysis.fold(value) : unknown('its constructor'))
    const nested = nestedElsewhere(analysis, value, byKeyword, depth)
    // Without them what lies below the field is as unknown as the object in it.
    if (values.size + nested.size <= mostFields)
      for (const [key, inner] of nested) values.set(`${field}.${key}`, inner)
  })
  return values
}

/** `Config(schedule=Schedule(eval_steps=50))` of classes of other modules. */
function nestedElsewhere(analysis: Analysis, value: Expr, byKeyword: boolean, depth: number): FieldValues {
  const made = byKeyword && depth < deepest ? analysis.definition(value) : value
  if (made.type !== 'call') return none
  const found = projectMember(analysis, made.callee)
  const klass = found === null ? undefined : lookUp(found.summary.classes, found.rest)
  if (klass?.takes !== 'keywords') return none
  // One object may stand in several others.
  const known = once(analysis, `fields of objects elsewhere, ${depth}`, () => new Map<Expr, FieldValues>())
  const values =
    known.get(made) ?? fieldsElsewhere(analysis, found!.summary, found!.rest, made, true, depth + 1)
  known.set(made, values)
  return values
}

const elsewhere = new WeakMap<Analysis, Map<string, FieldValues>>()

/** Of a class of another module that is used as it is; one object for one class. */
export function classElsewhere(analysis: Analysis, summary: ModuleSummary, name: string): FieldValues {
  const kept = elsewhere.get(analysis) ?? new Map<string, FieldValues>()
  elsewhere.set(analysis, kept)
  const key = `${summary.path}\0${name}`
  const values = kept.get(key) ?? constantsOf(analysis, summary, name)
  kept.set(key, values)
  return values
}

function constantsOf({ binding }: Analysis, summary: ModuleSummary, name: string): Map<string, Folded> {
  const values = new Map<string, Folded>()
  for (const key of [...Object.keys(summary.constants), ...Object.keys(summary.replaceable ?? {})]) {
    const field = name === '' ? key : key.startsWith(`${name}.`) ? key.slice(name.length + 1) : null
    const value = field === null ? undefined : constantOf(summary, key, binding)
    if (field !== null && value !== undefined) values.set(field, value)
  }
  return values
}

class FieldReader {
  private readonly values = new Map<string, Folded>()

  constructor(
    private readonly analysis: Analysis,
    private readonly klass: Klass,
    private readonly made: CallExpr | null,
    private readonly depth: number,
  ) {}

  read(): FieldValues {
    const { analysis, klass } = this
    const set = setByName(analysis, klass)
    // A method may say otherwise.
    if (set === null) return none
    for (const base of klass.node.bases) {
      const parent = base.name === null ? analysis.classOf(base.value) : null
      if (parent === null || parent === klass) continue
      for (const [name, value] of fieldValues(analysis, parent, null, this.depth + 1)) this.set(name, value)
    }
    const fields = klass.node.body.flatMap((statement) => this.field(statement))
    const init = klass.methods.get('__init__')
    if (init === undefined) this.given(fields)
    else this.initialised(init)
    for (const [name, value] of properties(klass)) if (!this.values.has(name)) this.put(name, value)
    for (const name of set) this.set(name, unknown(`several values of .${name}`))
    for (const [name, value] of this.values)
      if (this.mayBeFilled(name, value)) this.set(name, unknown(`.${name} is changed`))
    return this.values
  }

  private set(name: string, value: Folded): void {
    if (this.values.size < mostFields) this.values.set(name, value)
  }

  /** A list or a dictionary that methods reach into. */
  private mayBeFilled(name: string, value: Folded): boolean {
    if (value.state === 'unknown' || typeof value.value !== 'object' || value.value === null) return false
    const { start, end } = this.klass.node
    return new RegExp(`\\bself\\.${name.replaceAll('.', '\\.')}\\s*[.[]`).test(
      this.analysis.text.slice(start, end),
    )
  }

  /** `x: int = 4`, `data: Data = field(default_factory=Data)`; what it is called. */
  private field(statement: Stmt): string[] {
    const target = statement.type === 'assign' ? statement.targets[0] : undefined
    if (statement.type !== 'assign' || target?.type !== 'name') return []
    const { id } = target
    if (statement.value === null) {
      const nested = statement.annotation === null ? null : this.analysis.classOf(statement.annotation)
      if (nested !== null) this.nested(id, nested, null)
      return [id]
    }
    const factory = factoryOf(statement.value)
    if (factory !== null) this.put(id, factory)
    else {
      const written = writtenOnce(this.klass, id)
      if (written !== null) this.put(id, written)
      else if (fieldDefault(this.klass, id) !== null) this.set(id, unknown(`several values of .${id}`))
    }
    return [id]
  }

  private put(name: string, expr: Expr): void {
    const value =
      expr.type === 'name' && this.analysis.classOf(expr) !== null ? null : this.analysis.definition(expr)
    const callee = value === null ? expr : value.type === 'call' ? value.callee : null
    const nested = callee === null ? null : this.analysis.classOf(callee)
    if (nested === null) this.set(name, foldWritten(this.analysis, expr))
    else this.nested(name, nested, value?.type === 'call' ? value : null)
  }

  private nested(name: string, klass: Klass, made: CallExpr | null): void {
    for (const key of [...this.values.keys()]) if (key.startsWith(`${name}.`)) this.values.delete(key)
    for (const [key, value] of fieldValues(this.analysis, klass, made, this.depth + 1))
      this.set(`${name}.${key}`, value)
  }

  /** What the call gives a class whose fields are its arguments. */
  private given(fields: readonly string[]): void {
    let position = 0
    for (const { name, star, value } of this.made?.args ?? []) {
      if (star > 0) continue
      const field = name ?? fields[position++]
      if (field !== undefined) this.put(field, value)
    }
  }

  /** `self.x = …` in `__init__`, where no method and nobody outside sets it again. */
  private initialised(init: Func): void {
    for (const [name, ours] of attributesOf(this.analysis, this.klass)) {
      const first = ours[0]
      if (first === undefined) continue
      const { binding } = first
      const inInit = isInside(first.scope.start, init.node) || first.scope.node === init.node
      const simple = binding.kind === 'assign' && binding.value !== null && binding.unpack === null
      if (ours.length > 1 || !inInit || !simple || binding.conditional)
        this.set(name, unknown(`several values of .${name}`))
      else this.setByInit(name, binding.value!, init)
    }
  }

  private setByInit(name: string, value: Expr, init: Func): void {
    const param = value.type === 'name' ? init.node.params.find((one) => one.name === value.id) : undefined
    if (param === undefined || this.made === null) {
      if (param?.star === 2) return
      this.put(name, value)
      return
    }
    const bindings = bindingsOf(this.analysis, param.name, value.start)
    if (bindings.length !== 1 || bindings[0]!.kind !== 'param') {
      this.put(name, value)
      return
    }
    const call = this.analysis.callByExpr.get(this.made)
    const position = init.node.params.indexOf(param) - 1
    if (call === undefined) return
    const argument = this.analysis.argument(call, param.name, position)
    if (argument.state === 'unknown') this.set(name, unknown(argument.because))
    else if (argument.state === 'given' && argument.folded.state === 'known') this.set(name, argument.folded)
    else if (argument.state === 'given') this.put(name, argument.expr)
    else if (param.default !== null) this.put(name, param.default)
  }
}

type Assigned = { binding: Binding; scope: Scope }[]

const grouped = new WeakMap<Analysis, Map<Klass, Map<string, Assigned>>>()

/** What methods of a class assign to `self.x`, by `x`. */
export function attributesOf(analysis: Analysis, klass: Klass): ReadonlyMap<string, Assigned> {
  return attributesByClass(analysis).get(klass) ?? noAttributes
}

const noAttributes: ReadonlyMap<string, Assigned> = new Map()

function attributesByClass(analysis: Analysis): Map<Klass, Map<string, Assigned>> {
  const before = grouped.get(analysis)
  if (before !== undefined) return before
  const found = new Map<Klass, Map<string, Assigned>>()
  grouped.set(analysis, found)
  for (const [target, bindings] of analysis.attributeStores) {
    if (!target.startsWith('self.')) continue
    for (const one of bindings) {
      const klass = classOfScope(analysis, one.scope)
      if (klass === null) continue
      const names = found.get(klass) ?? new Map<string, Assigned>()
      found.set(klass, names)
      const name = target.slice('self.'.length)
      const list = names.get(name)
      if (list === undefined) names.set(name, [one])
      else list.push(one)
    }
  }
  return found
}

/** Attributes that methods set by name; null: by names that are not written there. */
function setByName(analysis: Analysis, klass: Klass): string[] | null {
  const taking = takingOf(analysis, klass)
  const names: string[] = []
  for (const { expr, function: func } of [...klass.methods.values()].flatMap(({ calls }) => calls)) {
    // What the constructor is given is known where it is made.
    if (taking !== null && func?.name === '__init__') continue
    const { callee, args } = expr
    const [first, key] = args
    const method = callee.type === 'attribute' && isDictionaryOf(callee.value, 'self') ? callee.attr : null
    // `self.__dict__.items()` only looks.
    if (method !== null && !/^(items|keys|values|get|copy)$/.test(method)) return null
    const sets =
      callee.type === 'name'
        ? callee.id === 'setattr'
        : callee.type === 'attribute' && callee.attr === '__setattr__'
    if (!sets || first?.value.type !== 'name' || first.value.id !== 'self') continue
    if (key?.value.type !== 'constant' || typeof key.value.value !== 'string') return null
    names.push(key.value.value)
  }
  return names
}

/** `field(default_factory=Data)`, `Field(default_factory=lambda: Data(workers=4))`. */
export function factoryOf(value: Expr): Expr | null {
  if (value.type !== 'call') return null
  const factory = value.args.find((one) => one.name === 'default_factory' || one.name === 'factory')?.value
  return factory === undefined ? null : factory.type === 'lambda' ? factory.body : factory
}

function isInside(offset: number, node: { start: number; end: number }): boolean {
  return node.start <= offset && offset < node.end
}
