/** A function that calls itself for each value of one entry of a grid, with the other entries, and trains at the end. */
import { distinctCount } from '../../estimate/dimension.js'
import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { hyperparameter } from './hyperparameter-names.js'

export interface RecursiveGrid {
  func: Func
  dimensions: (Dimension & { expr: Expr })[]
}

/** The grid that the loop goes through one entry of; null: it is no such loop. */
export function recursiveGrid(python: PythonModule, loop: Loop): RecursiveGrid | null {
  const { function: func, node } = loop
  if (func === null || node.type !== 'for' || loop.hasBreak || loop.parent !== null) return null
  const isOwn = (call: Call): boolean => python.functionOf(call.expr.callee) === func
  if (!loop.calls.some(isOwn)) return null
  // `for value in rest[key]`
  const entry = python.definition(node.iterable)
  if (entry.type !== 'subscript' || entry.value.type !== 'name') return null
  const [binding, other] = python.bindingsOf(entry.value)
  const owner = binding?.kind === 'param' && other === undefined ? python.parameterOf(binding) : null
  if (binding === undefined || owner?.func !== func) return null
  const starts = (python.callSites(func) ?? []).filter((site) => site.function !== func)
  const [start, another] = starts
  if (start === undefined || another !== undefined) return null
  const grid = passedExpression(python.argument(start, binding.name, owner.position))
  const keys = grid === null ? null : python.keysOf(grid)
  if (grid === null || keys === null) return null
  const dimensions: RecursiveGrid['dimensions'] = []
  for (const key of keys) {
    const values = passedExpression(python.entry(grid, key))
    const known = values === null ? undefined : effective(python.fold(values))
    if (values === null || !Array.isArray(known)) return null
    dimensions.push({ name: key, size: distinctCount(known), values: known, expr: values })
  }
  const searched = dimensions.filter(
    ({ name, size }) => size !== 1 && name.split(/[./]/).some((part) => hyperparameter.test(part)),
  )
  return searched.length < 2 ? null : { func, dimensions }
}
