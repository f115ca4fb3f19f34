/** Whether a module lists combinations for others to go through: nested loops that yield or append, comprehensions of several clauses. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'

/** More than this is no grid that somebody has written down. */
const mostLines = 30

export function listsCombinations({ functions, tree, code }: Analysis): boolean {
  return (
    functions.some(({ node }) => {
      const lines = code.slice(node.start, node.end).split('\n', mostLines + 1).length
      return lines <= mostLines && (nests(node.body) || node.body.some(returnsSeveral))
    }) || tree.body.some((one) => one.type === 'assign' && one.value !== null && isOfSeveral(one.value))
  )
}

/** `for lr in RATES: for width in WIDTHS: yield …`, with nothing else in the loops. */
function nests(body: readonly Stmt[]): boolean {
  let depth = 0
  let block = body
  for (;;) {
    const [loop, ...others] = block.filter((one) => one.type === 'for')
    if (others.length > 0 || !block.every(({ type }) => /^(assign|expr|for|return)$/.test(type))) return false
    if (loop === undefined) return depth > 1
    depth++
    block = loop.type === 'for' ? loop.body : []
  }
}

function returnsSeveral(statement: Stmt): boolean {
  return statement.type === 'return' && statement.value !== null && isOfSeveral(statement.value)
}

function isOfSeveral(expr: Expr): boolean {
  return expr.type === 'comprehension' && expr.clauses.length > 1 && expr.conditions.length === 0
}
