/** Two assignments of which a condition leaves one: `if a: x = 1`, `else: x = 2`; or `x = 1`, and then `if a: x = 2`. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { classScope } from './attribute-values.js'
import { conditionOf, type Guard, guardsAt } from './conditions.js'
import { chosen } from './folded.js'
import type { Folded } from './module.js'
import { type Binding, scopeAt } from './scope.js'

/**
 * The condition that decides between the last two of what is assigned in turn: the last one holds where the guard does, the
 * one before it elsewhere. Null: they are others, or what is before them may be left. `offset`: where the value is used.
 */
export function lastOfTwo(analysis: Analysis, bindings: readonly Binding[], offset: number): Guard | null {
  const [first, second] = bindings.slice(-2)
  const plain = bindings.every(
    ({ kind, loop }, index) => (kind === 'assign' || (kind === 'param' && index === 0)) && loop === null,
  )
  if (first === undefined || second === undefined || !plain) return null
  const around = new Set(guardsAt(analysis, offset).map((guard) => guard.test))
  const own = ({ value, at }: Binding): Guard[] =>
    guardsAt(analysis, value?.start ?? at).filter(({ test }) => !around.has(test))
  const [before, last] = [own(first), own(second)]
  const guard = last.length === 1 ? last[0]! : null
  const other = before[0]
  if (guard === null || before.length > 1) return null
  if (bindings.length > 2 && other === undefined) return null
  if (other === undefined ? first.conditional && around.size === 0 : other.test !== guard.test) return null
  return other?.holds === guard.holds ? null : guard
}

export interface Branches {
  /** The second holds where it does. */
  guard: Guard
  first: Expr
  second: Expr
}

/** What a name or an attribute stands for, where a condition leaves one of two; null: something else. */
export function inBranches(analysis: Analysis, expr: Expr): Branches | null {
  if (expr.type === 'attribute') return attributeInBranches(analysis, expr)
  if (expr.type !== 'name') return null
  const bindings = analysis.bindingsOf(expr)
  return bindings.every(({ at }) => at <= expr.start) ? branchesOf(analysis, bindings, expr) : null
}

/** Of what one function assigns to an attribute of its object. */
export function attributeInBranches(analysis: Analysis, expr: Expr & { type: 'attribute' }): Branches | null {
  if (expr.value.type !== 'name' || !/^(self|cls)$/.test(expr.value.id)) return null
  const here = scopeAt(analysis.scopes, expr.start)
  const stores =
    analysis.attributesOfClasses.get(classScope(here))?.get(`${expr.value.id}.${expr.attr}`) ?? []
  const [store] = stores
  if (store === undefined || stores.some(({ scope }) => scope !== store.scope)) return null
  const bindings = stores.map(({ binding }) => binding)
  if (store.scope === here && bindings.some(({ at }) => at > expr.start)) return null
  return branchesOf(analysis, bindings, expr)
}

function branchesOf(analysis: Analysis, bindings: readonly Binding[], { start }: Expr): Branches | null {
  const guard = lastOfTwo(analysis, bindings, start)
  const [first, second] = bindings.slice(-2).map(({ value, unpack }) => (unpack === null ? value : null))
  return guard === null || first == null || second == null ? null : { guard, first, second }
}

/** What was assigned before a condition, or what was assigned under it. */
export function oneOfTwo(
  analysis: Analysis,
  guard: Guard,
  first: Folded,
  second: Folded,
  because: string,
): Folded {
  const { byDefault, holds, fails } = conditionOf(analysis, guard.test)
  const [when, otherwise] = guard.holds ? [holds, fails] : [fails, holds]
  return chosen(because, [
    { folded: first, when: otherwise, byDefault: byDefault === !guard.holds },
    { folded: second, when, byDefault: byDefault === guard.holds },
  ])
}
