/** What a function returns. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import type { Func } from './module.js'

/** The values of all its `return` statements, in order. */
export function returnsOf({ node }: Func): readonly Expr[] {
  return once(node, 'returns', () => returnsIn(node))
}

function returnsIn({ body }: Func['node']): Expr[] {
  const found: Expr[] = []
  const visit = (statement: Stmt): void => {
    if (statement.type === 'function' || statement.type === 'class') return
    if (statement.type === 'return' && statement.value !== null) found.push(statement.value)
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  body.forEach(visit)
  return found
}

/** The value of its only `return`. */
export function onlyReturn(func: Func): Expr | null {
  const returns = returnsOf(func)
  return returns.length === 1 ? returns[0]! : null
}

/** The value of its only `return`, where it ends with that. */
export function certainReturn(func: Func): Expr | null {
  const only = onlyReturn(func)
  let last = func.node.body.at(-1)
  while (last?.type === 'with') last = last.body.at(-1)
  return last?.type === 'return' ? only : null
}
