/** Comprehensions around an expression. */
import { comprehensionsIn } from '../../python/index-calls.js'
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf, expressionsOf } from '../../syntax/python-children.js'

export type Comprehension = Expr & { type: 'comprehension' }

/** The outermost first. */
export function comprehensionsAround(python: PythonModule, { start, end }: Expr): Comprehension[] {
  if (!comprehensionsIn(python.tree).some((one) => one.start <= start && end <= one.end)) return []
  const statement = python.statementAt(start)
  const found: Comprehension[] = []
  let level = statement === null ? [] : expressionsOf(statement)
  for (let depth = 0; depth < 60; depth++) {
    const around = level.find((one) => one.start <= start && end <= one.end)
    if (around === undefined) break
    if (around.type === 'comprehension') found.push(around)
    level = childrenOf(around)
  }
  return found
}

/** What a comprehension around a name takes it from; null: none binds it. */
export function comprehendedFrom(python: PythonModule, name: Expr & { type: 'name' }): Expr | null {
  for (const { clauses } of comprehensionsAround(python, name).reverse())
    for (const { target, iterable } of clauses)
      if (binds(target, name.id) && !(iterable.start <= name.start && name.end <= iterable.end))
        return iterable
  return null
}

function binds(target: Expr, name: string): boolean {
  if (target.type === 'name') return target.id === name
  return (target.type === 'tuple' || target.type === 'list') && target.items.some((one) => binds(one, name))
}
