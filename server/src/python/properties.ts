/** Attributes that methods work out: `@property`. */
import type { Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import { classAround, isExtended } from './attribute-values.js'
import { baseClasses } from './base-classes.js'
import type { Klass } from './module.js'
import { certainReturn } from './returns.js'

/** What each property of a class gives, where it ends with its only `return`. */
export function properties(klass: Klass): ReadonlyMap<string, Expr> {
  return once(klass.node, 'properties', () => {
    const found = new Map<string, Expr>()
    for (const [name, method] of klass.methods) {
      const isProperty = method.node.decorators.some((one) => /^(cached_)?property$/.test(lastName(one)))
      const value = isProperty ? certainReturn(method) : null
      if (value !== null) found.set(name, value)
    }
    return found
  })
}

/** `config.workers`, `self.workers` of a class of this module; null: it is no such attribute. */
export function propertyRead(analysis: Analysis, { value, attr }: Expr & { type: 'attribute' }): Expr | null {
  if (!analysis.complete) return null
  const isSelf = value.type === 'name' && value.id === 'self'
  const klass = isSelf ? classAround(analysis, value.start) : analysis.instanceClass(value)
  if (klass === null || (isSelf && isExtended(analysis, klass))) return null
  for (const one of [klass, ...baseClasses(analysis, klass)]) {
    const given = properties(one).get(attr)
    if (given !== undefined) return given
    if (one.methods.has(attr)) return null
  }
  return null
}
