/** Values of a configuration as the expressions that code would write for them, all standing at one place. */
import type { Expr } from '../syntax/python-ast.js'
import { type Configured, type ConfiguredMap, configuredAt } from '../text/configured.js'
import type { Span } from '../text/location.js'

const deepest = 20

const behind = new WeakMap<Expr, ConfiguredMap>()

/** The part of a configuration that a call was made of. */
export function configurationBehind(expr: Expr): ConfiguredMap | undefined {
  return behind.get(expr)
}

/** `_target_` makes a call; its callee is a name in full, with its dots. */
export function expressionOf(node: Configured, { start, end }: Span, depth = 0): Expr {
  const at = { start, end }
  if (depth > deepest) return { type: 'other', children: [], ...at }
  const inner = (child: Configured): Expr => expressionOf(child, at, depth + 1)
  switch (node.kind) {
    case 'unknown':
      return { type: 'other', children: [], ...at }
    case 'scalar':
      // Whether a number is written `1` or `1.0` is not seen here, and code is read for the difference.
      return typeof node.value === 'number' || (typeof node.value === 'object' && node.value !== null)
        ? { type: 'other', children: [], ...at }
        : { type: 'constant', value: node.value, ...at }
    case 'list':
      return { type: 'list', items: node.items.map(inner), ...at }
    case 'map': {
      const target = configuredAt(node, '_target_')
      const entries = Object.entries(node.entries)
      if (target?.kind === 'scalar' && typeof target.value === 'string')
        return remembered(node, {
          type: 'call',
          callee: { type: 'name', id: target.value, ...at },
          args: entries
            .filter(([name]) => !name.startsWith('_'))
            .map(([name, value]) => ({ name, star: 0, value: inner(value), ...at })),
          ...at,
        })
      return {
        type: 'dict',
        entries: entries.map(([key, value]) => ({
          ...at,
          key: { type: 'constant', value: key, ...at },
          value: inner(value),
        })),
        ...at,
      }
    }
  }
}

function remembered(node: ConfiguredMap, call: Expr): Expr {
  behind.set(call, node)
  return call
}
