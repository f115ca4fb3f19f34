/** Helpers for values of network code. */
import type { Expr, FunctionDef } from '../../syntax/python-ast.js'
import type { Configured } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { classAt } from '../definition-places.js'
import type { Klass, PythonModule } from '../module.js'
import { type Fields, foreign, holdsLayers, isKind, type Scope, type Value } from './values.js'

/** What a name, an attribute of `self`, or several of them are given. */
export function bindTarget(target: Expr, value: Value, scope: Scope): void {
  if (target.type === 'name') scope.names.set(target.id, value)
  else if (target.type === 'attribute' && isSelf(target.value)) scope.own?.set(target.attr, value)
  else if (target.type === 'tuple' || target.type === 'list')
    target.items.forEach((item, index) => {
      const part = Array.isArray(value) ? value[index] : holdsLayers(value) ? foreign : undefined
      bindTarget(item, part, scope)
    })
}

export function join(one: Map<string, Value>, other: Map<string, Value>): void {
  for (const key of new Set([...one.keys(), ...other.keys()]))
    if (one.get(key) !== other.get(key)) one.set(key, either(one.get(key), other.get(key)))
}

/** The larger of two sizes; layers of both. */
export function either(one: Value, other: Value): Value {
  if (one === other) return one
  if (holdsLayers(one) || holdsLayers(other)) return [one, other]
  return typeof one === 'number' && typeof other === 'number' ? Math.max(one, other) : undefined
}

export function copied(scope: Scope): Scope {
  return { ...scope, names: new Map(scope.names), own: scope.own === null ? null : new Map(scope.own) }
}

/** A copy has weights of its own. */
export function fresh(value: Value): Value {
  if (isKind(value, 'layer')) return { ...value }
  return Array.isArray(value) ? value.map(fresh) : value
}

export function methodOf(
  klass: Klass,
  python: PythonModule,
  name: string,
  depth = 0,
): { node: FunctionDef; python: PythonModule } | null {
  const own = klass.methods.get(name)
  if (own !== undefined) return { node: own.node, python }
  const base = depth > 4 ? null : baseOf(klass, python)
  return base === null ? null : methodOf(base.klass, base.python, name, depth + 1)
}

export function baseOf(klass: Klass, python: PythonModule): { klass: Klass; python: PythonModule } | null {
  for (const { value } of klass.node.bases) {
    const found = classAt(python, value)
    if (found !== null && found.klass !== klass) return found
  }
  return null
}

export function isPlain(value: Value): value is number | string | boolean | null {
  return value === null || /^(number|string|boolean)$/.test(typeof value)
}

export function isSelf(expr: Expr): boolean {
  return expr.type === 'name' && expr.id === 'self'
}

export function calculated(op: string, left: number, right: number): number | boolean | undefined {
  switch (op) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '//':
      return Math.floor(left / right)
    case '%':
      return left % right
    case '**':
      return left ** right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
    default:
      return undefined
  }
}

export function ofConfigured(node: Configured): Value {
  switch (node.kind) {
    case 'scalar':
      return ofJson(node.value)
    case 'list':
      return node.items.map(ofConfigured)
    case 'map':
      return {
        is: 'fields',
        fields: new Map(Object.entries(node.entries).map(([key, one]) => [key, ofConfigured(one)])),
      }
    case 'unknown':
      return undefined
  }
}

export function ofJson(value: Json): Value {
  if (Array.isArray(value)) return value.map(ofJson)
  if (typeof value !== 'object' || value === null) return value
  const fields: Fields['fields'] = new Map(Object.entries(value).map(([key, one]) => [key, ofJson(one)]))
  return { is: 'fields', fields }
}
