/** Functions that a loop goes through and calls: `for stage in [prepare, train, evaluate]: stage(config)`. */
import type { PythonModule } from '../../python/module.js'
import type { Expr, For, Stmt } from '../../syntax/python-ast.js'

/** One of the listed functions that these statements call runs a whole training. */
export function trainsListed(python: PythonModule, body: readonly Stmt[]): boolean {
  const [first] = body
  const last = body.at(-1)
  if (first === undefined || last === undefined) return false
  return python.calls.some(({ expr: { callee, start, end } }) => {
    if (start < first.start || end > last.end || callee.type !== 'name') return false
    return listedFor(python, callee.id, first.start).some((one) => trains(python, one))
  })
}

/** What a loop around this place gives to the name, in the order of the list. */
function listedFor(python: PythonModule, name: string, at: number): Expr[] {
  const around = python.loops
    .map(({ node }) => node)
    .filter((node): node is For => node.type === 'for' && node.start < at && at < node.end)
  for (const { target, iterable } of around) {
    const index =
      target.type === 'tuple' ? target.items.findIndex((one) => one.type === 'name' && one.id === name) : -1
    if (index < 0 && !(target.type === 'name' && target.id === name)) continue
    const source = python.definition(iterable)
    if (source.type !== 'list' && source.type !== 'tuple') continue
    return source.items.flatMap((item) => {
      if (index < 0) return [item]
      const part = item.type === 'tuple' ? item.items[index] : undefined
      return part === undefined ? [] : [part]
    })
  }
  return []
}

function trains(python: PythonModule, callee: Expr): boolean {
  const own = python.functionOf(callee)
  if (own !== null) return python.effects(own.node.body).trains
  return python.importedFunction(callee)?.trains === true
}
