/** A sweep as plain data, whether it is written in YAML, JSON or as a Python dictionary. */
import type { ConfigNode } from '../../config/node.js'
import type { PythonModule } from '../../python/module.js'
import type { Expr, Subscript } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { define } from '../../text/records.js'
import { passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'

/** Stands for a value that is there but cannot be read; each place has its own, so that values can be counted. */
const unreadable = (start: number): string => `\u0000${start}`

export function isUnreadable(value: string): boolean {
  return value.startsWith('\u0000')
}

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

/** `until`: the call that reads the sweep; what is put into a dictionary before it counts. */
export function pythonData(module: PythonModule, expr: Expr, until: number, depth = 0): Json {
  if (depth > 8) return unreadable(expr.start)
  const keys = module.keysOf(expr, until)
  if (keys !== null) {
    const result: Record<string, Json> = {}
    for (const key of keys) {
      const place = below(expr, key)
      // `sweep['parameters']['lr'] = …`.
      const written = module.innerKeys(place, until)
      const value =
        written?.length === 0
          ? passedExpression(module.entry(expr, key, until))
          : written === null
            ? null
            : place
      const inside = value === null ? unreadable(expr.start) : pythonData(module, value, until, depth + 1)
      define(result, key, inside)
    }
    return result
  }
  const known = effective(module.fold(expr))
  if (known !== undefined) return known
  const value = module.definition(expr)
  if (
    (value.type === 'list' || value.type === 'tuple') &&
    value.items.every((item) => item.type !== 'starred')
  ) {
    return value.items.map((item) => pythonData(module, item, until, depth + 1))
  }
  return unreadable(expr.start)
}

function below(value: Expr, key: string): Subscript {
  const { start, end } = value
  return { type: 'subscript', value, index: { type: 'constant', value: key, start, end }, start, end }
}
