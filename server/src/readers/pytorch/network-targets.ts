/** What an assignment or a loop gives to the names on its left. */
import type { Expr } from '../../syntax/python-ast.js'
import type { Value } from './network-values.js'

/** False where the target is not one that takes values apart in a way that is followed. */
export function assigned(target: Expr, value: Value, names: Map<string, Value>): boolean {
  if (target.type === 'name') {
    names.set(target.id, value)
    return true
  }
  if (target.type !== 'tuple' || !Array.isArray(value) || value.length !== target.items.length) return false
  return target.items.every((item, index) => assigned(item, value[index], names))
}
