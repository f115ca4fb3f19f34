/** Sweeps that a program chooses from: `SWEEPS[name]`, `A if quick else B`, what a function returns, `for sweep in SWEEPS: wandb.sweep(sweep)`. */
import type { PythonModule } from '../../python/module.js'
import { returnsOf } from '../../python/returns.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'

const most = 20
const deepest = 3

/** What the expression may stand for where it is one of several; empty: it is not known to be. `until`: see `pythonData`. */
export function chosenSweeps(module: PythonModule, expr: Expr, until: number, depth = 0): Expr[] {
  const value = module.definition(expr)
  const inner = (one: Expr): Expr[] => {
    const deeper = depth < deepest ? chosenSweeps(module, one, until, depth + 1) : []
    return deeper.length > 0 ? deeper : [one]
  }
  if (value.type === 'conditional') return [...inner(value.then), ...inner(value.otherwise)].slice(0, most)
  const func = value.type === 'call' ? module.functionOf(value.callee) : null
  if (func !== null) return returnsOf(func).flatMap(inner).slice(0, most)
  const collection = collectionOf(module, value, until)
  return collection === null ? [] : itemsOf(module, collection, until).flatMap(inner).slice(0, most)
}

/** What one item is taken out of: by a key, by `get`, or by a loop around the place. */
function collectionOf(module: PythonModule, value: Expr, until: number): Expr | null {
  if (value.type === 'subscript') return value.value
  if (value.type === 'call' && value.callee.type === 'attribute' && value.callee.attr === 'get')
    return value.callee.value
  if (value.type !== 'name') return null
  for (const { node } of module.loops) {
    if (node.type !== 'for' || until < node.start || node.end < until) continue
    const { target, iterable } = node
    const last = target.type === 'tuple' ? target.items.at(-1)! : target
    if (last.type === 'name' && last.id === value.id) return iterable
  }
  return null
}

function itemsOf(module: PythonModule, collection: Expr, until: number): Expr[] {
  const value = module.definition(collection)
  if (value.type === 'list' || value.type === 'tuple') return value.items
  const ofDictionary =
    value.type === 'call' && value.callee.type === 'attribute' && /^(values|items)$/.test(value.callee.attr)
      ? (value.callee as Expr & { type: 'attribute' }).value
      : collection
  return (module.keysOf(ofDictionary, until) ?? []).flatMap(
    (key) => passedExpression(module.entry(ofDictionary, key, until)) ?? [],
  )
}
