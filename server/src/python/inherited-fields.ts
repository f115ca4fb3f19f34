/** Attributes that an object has from the constructor of a class that its own class extends: `super().__init__(args)`. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { argumentOf } from './configured-path.js'
import { attributesOf } from './field-values.js'
import type { HeldParameter, Klass } from './module.js'
import { bindingsOf } from './names.js'
import { projectMember } from './project-members.js'

const deepest = 4

const remembered = new WeakMap<Klass, Map<string, Expr | null>>()

/** What `self.name` of an object stands for, as an expression of this module; null: no base says, or not where it can be followed. */
export function inheritedField(analysis: Analysis, klass: Klass, name: string): Expr | null {
  if (!analysis.complete) return null
  const known = remembered.get(klass) ?? new Map<string, Expr | null>()
  remembered.set(klass, known)
  const before = known.get(name)
  if (before !== undefined) return before
  // What refers to itself stands for nothing.
  known.set(name, null)
  const field = fieldOfBase(analysis, klass, name, 0)
  known.set(name, field)
  return field
}

function fieldOfBase(analysis: Analysis, klass: Klass, name: string, depth: number): Expr | null {
  const base = onlyBase(klass)
  if (base === null || depth > deepest) return null
  const local = analysis.classOf(base)
  if (local === klass) return null
  if (local !== null) {
    const field = ownField(analysis, local, name) ?? fieldOfBase(analysis, local, name, depth + 1)
    const held = field === null ? null : heldParameter(analysis, local, field)
    const made = held === null ? null : baseCall(klass, base)
    return held === null || made === null ? field : passedPart(made, held)
  }
  const parameter = lookUp(heldByImported(analysis, base), name)
  const maker = parameter === undefined ? null : (baseCall(klass, base) ?? onlyMaking(analysis, klass))
  return parameter === undefined || maker === null ? null : passedPart(maker, parameter)
}

/** Calls of this module that make objects of a class. */
export function makings(analysis: Analysis, klass: Klass): CallExpr[] {
  return analysis.constructionsOf(klass).map(({ expr }) => expr)
}

/** The only call that makes objects of a class, where its constructor is that of its base. */
function onlyMaking(analysis: Analysis, klass: Klass): CallExpr | null {
  if (klass.methods.has('__init__') || analysis.isMadeOutside(klass)) return null
  const [only, other] = makings(analysis, klass)
  return only === undefined || other !== undefined ? null : only
}

/** Attributes of the objects of a class that hold what their constructor is given, or a part of that. */
export function heldParameters(analysis: Analysis, klass: Klass): Record<string, HeldParameter> {
  if (!klass.methods.has('__init__')) return heldByBase(analysis, klass)
  const found: Record<string, HeldParameter> = {}
  for (const name of new Set(fieldNames(analysis, klass))) {
    const field = ownField(analysis, klass, name) ?? inheritedField(analysis, klass, name)
    const held = field === null ? null : heldParameter(analysis, klass, field)
    if (held !== null) define(found, name, { ...held, ...defaultOf(analysis, klass, held) })
  }
  return found
}

function defaultOf(
  analysis: Analysis,
  klass: Klass,
  { name, keys }: HeldParameter,
): Pick<HeldParameter, 'otherwise'> {
  const written = klass.methods.get('__init__')?.node.params.find((one) => one.name === name)?.default
  const value = keys !== undefined || written == null ? null : analysis.fold(written)
  return value?.state === 'known' && !value.overridable ? { otherwise: value.value } : {}
}

/** What a constructor that the class has from its base keeps, as far as the class leaves it alone. */
export function heldByBase(analysis: Analysis, klass: Klass, depth = 0): Record<string, HeldParameter> {
  const base = klass.methods.has('__init__') || depth > deepest ? null : onlyBase(klass)
  if (base === null) return {}
  const local = analysis.classOf(base)
  const held =
    local === null
      ? heldByImported(analysis, base)
      : local.methods.has('__init__')
        ? heldParameters(analysis, local)
        : heldByBase(analysis, local, depth + 1)
  const own = attributesOf(analysis, klass)
  return Object.fromEntries(Object.entries(held).filter(([name]) => !own.has(name)))
}

/** Its own first. */
function fieldNames(analysis: Analysis, klass: Klass, depth = 0): string[] {
  const own = [...attributesOf(analysis, klass).keys()]
  const base = onlyBase(klass)
  if (base === null || depth > deepest) return own
  const local = analysis.classOf(base)
  const others =
    local === null ? Object.keys(heldByImported(analysis, base)) : fieldNames(analysis, local, depth + 1)
  return [...own, ...others]
}

function heldByImported(analysis: Analysis, base: Expr): Record<string, HeldParameter> {
  const module = projectMember(analysis, base)
  return (module === null ? undefined : lookUp(module.summary.classes, module.rest)?.holds) ?? {}
}

/** The class that it extends; null: several, or none. */
function onlyBase({ node }: Klass): Expr | null {
  const bases = node.bases.filter(
    ({ name, value }) => name === null && !/^(object|ABC)$/.test(lastName(value)),
  )
  return bases.length === 1 ? bases[0]!.value : null
}

/** Its call of the constructor of its base, with the arguments behind `self`; null: none, or several. */
function baseCall(klass: Klass, base: Expr): CallExpr | null {
  const calls = (klass.methods.get('__init__')?.calls ?? []).flatMap(({ expr }) => {
    const { callee } = expr
    if (callee.type !== 'attribute' || callee.attr !== '__init__') return []
    const { value } = callee
    if (value.type === 'call')
      return value.callee.type === 'name' && value.callee.id === 'super' ? [expr] : []
    const named = lastName(value) === lastName(base) && lastName(value) !== ''
    return named ? [{ ...expr, args: expr.args.slice(1) }] : []
  })
  return calls.length === 1 ? calls[0]! : null
}

/** What the constructor of a class assigns to an attribute that nothing else in it assigns to. */
function ownField(analysis: Analysis, klass: Klass, name: string): Expr | null {
  const [only, ...others] = attributesOf(analysis, klass).get(name) ?? []
  const init = klass.methods.get('__init__')
  if (only === undefined || others.length > 0 || init === undefined) return null
  const { kind, value, unpack } = only.binding
  if (kind !== 'assign' || value === null || unpack !== null) return null
  return only.scope.node === init.node ? value : null
}

/** `args`, `config['trainer']['epochs']` of the constructor's parameters. */
function heldParameter(analysis: Analysis, klass: Klass, field: Expr): HeldParameter | null {
  const keys: HeldParameter['keys'] = []
  let base = analysis.definition(field)
  while (base.type === 'attribute' || base.type === 'subscript') {
    if (keys.length >= mostKeys) return null
    if (base.type === 'attribute') keys.unshift({ attribute: base.attr })
    else {
      const { index } = base
      if (index.type !== 'constant' || typeof index.value !== 'string') return null
      keys.unshift({ item: index.value })
    }
    base = analysis.definition(base.value)
  }
  if (base.type !== 'name') return null
  const [binding, other] = bindingsOf(analysis, base.id, base.start)
  const owner = binding?.kind === 'param' && other === undefined ? analysis.parameterOwner(binding) : null
  if (owner === null || owner.func !== klass.methods.get('__init__') || owner.position < 0) return null
  return { name: base.id, position: owner.position, ...(keys.length === 0 ? {} : { keys }) }
}

const mostKeys = 4

/** The argument of the call, and what of it. */
function passedPart(made: CallExpr, { name, position, keys = [] }: HeldParameter): Expr | null {
  const { start, end } = made
  let part = argumentOf(made, name, position)
  for (const key of keys) {
    if (part === null) return null
    part =
      key.attribute !== undefined
        ? { type: 'attribute', value: part, attr: key.attribute, start, end }
        : {
            type: 'subscript',
            value: part,
            index: { type: 'constant', value: key.item, start, end },
            start,
            end,
          }
  }
  return part
}
