/** A sweep as plain data, whether it is written in YAML, JSON or as a Python dictionary. */
import type { ConfigNode } from '../../config/node.js'
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'

/** Stands for a value that is there but cannot be read; each place has its own, so that values can be counted. */
const unreadable = (start: number): string => `\u0000${start}`

export function configData(node: ConfigNode): Json {
  switch (node.kind) {
    case 'map':
      return Object.fromEntries(node.entries.map((entry) => [entry.key, configData(entry.value)]))
    case 'list':
      return node.items.map(configData)
    case 'scalar':
      return node.value
    default:
      return unreadable(node.start)
  }
}

export function pythonData(module: PythonModule, expr: Expr, depth = 0): Json {
  if (depth > 8) return unreadable(expr.start)
  const keys = module.keysOf(expr)
  if (keys !== null) {
    const result: Record<string, Json> = {}
    for (const key of keys) {
      const value = module.entry(expr, key)
      result[key] =
        value.state === 'given' ? pythonData(module, value.expr, depth + 1) : unreadable(expr.start)
    }
    return result
  }
  const folded = module.fold(expr)
  if (folded.state === 'known') return folded.value
  const value = module.definition(expr)
  if (
    (value.type === 'list' || value.type === 'tuple') &&
    value.items.every((item) => item.type !== 'starred')
  ) {
    return value.items.map((item) => pythonData(module, item, depth + 1))
  }
  return unreadable(expr.start)
}
