/** What attributes hold: what is assigned to `self.x` in a class, or to `name.x` in the module; and the class around a place. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { baseClasses } from './base-classes.js'
import { functionOf } from './callables.js'
import { classConstant } from './data-classes.js'
import { inheritedField } from './inherited-fields.js'
import type { Klass } from './module.js'
import { bindingsOf } from './names.js'
import { certainReturn } from './returns.js'
import { savedParameter } from './saved-parameters.js'
import { type Binding, type Scope, scopeAt } from './scope.js'

/** What is assigned to `self.x` in the class, or to `name.x` in the module; null for what has no single value. */
export function attributeValues(analysis: Analysis, expr: Expr): readonly (Expr | null)[] {
  if (expr.type !== 'attribute') return nothing
  if (expr.value.type !== 'name') {
    const saved = savedParameter(analysis, expr)
    return saved === null ? nothing : [saved]
  }
  const { id } = expr.value
  const bindings =
    id === 'self' || id === 'cls'
      ? analysis.attributesOfClasses.get(classScopeAt(analysis, expr.start))
      : analysis.attributeStores
  // `args.epochs = args.epochs or 10` reads what was there before.
  const stored = bindings?.get(`${id}.${expr.attr}`)
  if (stored === undefined) {
    const own = id === 'self' || id === 'cls'
    const value = own ? (ownConstant(analysis, expr) ?? heldByBase(analysis, expr)) : null
    return value === null ? nothing : [value]
  }
  const values: (Expr | null)[] = []
  const scope = isElement(analysis, expr.value) ? scopeAt(analysis.scopes, expr.start) : null
  for (const { binding } of stored) {
    const { value } = binding
    // `p` of `for p in parameters` in one function is no `p` of another.
    if (scope !== null && value !== null && scopeAt(analysis.scopes, value.start) !== scope) values.push(null)
    else if (value === null || expr.start < value.start || expr.end > value.end)
      values.push(
        binding.kind !== 'assign' ? null : binding.unpack === null ? value : partOfResult(analysis, binding),
      )
  }
  return values.length > mostValues ? [null] : values
}

/** `self.train, self.valid = self.load()`: the part of what a function of this module returns in its only place. */
function partOfResult(analysis: Analysis, { value, unpack }: Binding): Expr | null {
  if (value?.type !== 'call' || unpack?.length !== 1) return null
  const func = functionOf(analysis, value.callee)
  const returned = func === null ? null : certainReturn(func)
  return returned?.type === 'tuple' ? (returned.items[unpack[0]!] ?? null) : null
}

/** What a loop goes through. */
function isElement(analysis: Analysis, { id, start }: Expr & { type: 'name' }): boolean {
  return bindingsOf(analysis, id, start).some(({ kind }) => kind === 'loop')
}

const nothing: readonly null[] = []

/** What a base of the class keeps in the attribute. */
function heldByBase(analysis: Analysis, { attr, start }: Expr & { type: 'attribute' }): Expr | null {
  const klass = classAround(analysis, start)
  return klass === null ? null : inheritedField(analysis, klass, attr)
}

/** `EPOCHS = 100` in the body of the class, or of one that it extends here; null where another class may replace it. */
function ownConstant(analysis: Analysis, expr: Expr & { type: 'attribute' }): Expr | null {
  const klass = classAround(analysis, expr.start)
  if (klass === null) return null
  const constant = [klass, ...baseClasses(analysis, klass)]
    .map((one) => classConstant(one, expr.attr))
    .find((one) => one !== null)
  return constant === undefined || isExtended(analysis, klass) ? null : constant
}

/** Another class, here or in a module that imports this one, extends the class and may replace what it says. */
export function isExtended(analysis: Analysis, klass: Klass): boolean {
  const extended = (base: string): boolean => base === klass.name || base.endsWith(`.${klass.name}`)
  return (
    analysis.classes.some((one) => one !== klass && baseClasses(analysis, one).includes(klass)) ||
    analysis.importers.some(({ derived }) => derived?.some(({ base }) => extended(base)) === true)
  )
}

/** Assignments to one attribute that are looked at. */
const mostValues = 100

/** The innermost class around an offset; null: there is none. Remembered, since all of `self` begins with this question. */
function classScopeAt(analysis: Analysis, offset: number): Scope | null {
  let found = analysis.classScopes.get(offset)
  if (found === undefined) {
    found = classScope(scopeAt(analysis.scopes, offset))
    analysis.classScopes.set(offset, found)
  }
  return found
}

export function classScope(scope: Scope | null): Scope | null {
  let current = scope
  while (current !== null && current.kind !== 'class') current = current.parent
  return current
}

/** The innermost class whose code holds an offset. */
export function classAround(analysis: Analysis, offset: number): Klass | null {
  return classOfNode(analysis, classScopeAt(analysis, offset))
}

export function classOfScope(analysis: Analysis, scope: Scope): Klass | null {
  return classOfNode(analysis, classScope(scope))
}

function classOfNode(analysis: Analysis, scope: Scope | null): Klass | null {
  const node = scope?.node
  return node?.type === 'class' ? (analysis.classByNode.get(node) ?? null) : null
}
