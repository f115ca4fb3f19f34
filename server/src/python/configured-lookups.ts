/** Which configuration a key leads to that is looked up: `cfg.get('train', {})`, `cfg[name]`, a getter of the project. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import {
  argumentOf,
  below,
  type ConfiguredPath,
  configuredPath,
  type Followed,
  type Key,
} from './configured-path.js'
import { lookupOf } from './lookups.js'
import { bindingsOf } from './names.js'

/** The key that an expression stands for, while a call is followed; null: it is not known. */
export function keyOf(analysis: Analysis, expr: Expr, followed: Followed | null): Key | null {
  if (followed !== null && expr.type === 'name') {
    const bindings = bindingsOf(analysis, expr.id, expr.start)
    const owner = bindings[0]?.kind === 'param' ? analysis.parameterOwner(bindings[0]) : null
    if (owner?.func === followed.func) {
      const given = followed.call === null ? null : argumentOf(followed.call, expr.id, owner.position)
      return given === null ? null : keyOf(analysis, given, followed.outer)
    }
  }
  const folded = expr.type === 'constant' || analysis.complete ? analysis.fold(expr) : null
  const value = folded?.state === 'known' ? folded.value : null
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

/** What a lookup leads to; a fallback that holds something itself may stand in its place. */
export function pathLookedUp(
  analysis: Analysis,
  expr: CallExpr,
  depth: number,
  followed: Followed | null,
): ConfiguredPath | null {
  const lookup = lookupOf(analysis, expr)
  if (lookup === null) return null
  const { object, keys, dotted, fallback } = lookup
  if (fallback !== null && !isEmpty(analysis.definition(fallback))) return null
  let path = configuredPath(analysis, object, depth + 1, followed)
  for (const one of keys) {
    const key = path === null ? null : keyOf(analysis, one, followed)
    if (path === null || key === null) return null
    path = dotted && typeof key === 'string' ? key.split('.').reduce(below, path) : below(path, key)
  }
  return path
}

/** It holds no key. */
export function isEmpty(expr: Expr): boolean {
  switch (expr.type) {
    case 'constant':
      return true
    case 'dict':
      return expr.entries.length === 0
    case 'list':
    case 'tuple':
      return expr.items.length === 0
    case 'call':
      return expr.args.length === 0 && expr.callee.type === 'name' && expr.callee.id === 'dict'
    default:
      return false
  }
}
