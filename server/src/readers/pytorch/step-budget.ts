/** Budgets of steps that a loop over batches, or one over epochs, breaks off at. */
import type { Loop, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { numberIn } from '../../values/argument.js'

/** The 200,000 of `for step, batch in enumerate(batches): … if step >= 200_000: break`; null: it does not end this way. */
export function breakingAt(python: PythonModule, { node }: Loop): Expr | null {
  if (node.type !== 'for' || node.target.type !== 'tuple') return null
  const [count] = node.target.items
  return count?.type === 'name' ? limitIn(python, node.body, new Set([count.id]), 'break') : null
}

/** The same of a loop over epochs, whose batches are counted on: `if step >= args.max_steps: break` after each epoch, or `return` within. */
export function runBreakingAt(python: PythonModule, { node, inner }: Loop): Expr | null {
  if (node.type !== 'for') return null
  for (const loop of inner) {
    const counts = new Set(loop.node.body.flatMap(countedOn))
    if (counts.size === 0) continue
    const limit =
      limitIn(python, node.body, counts, 'break') ?? limitIn(python, loop.node.body, counts, 'return')
    if (limit !== null) return limit
  }
  return null
}

/** `step += 1`, `global_step = engine.global_steps`. */
function countedOn(statement: Stmt): string[] {
  if (statement.type === 'augassign' && statement.target.type === 'name') return [statement.target.id]
  const [target] = statement.type === 'assign' ? statement.targets : []
  return target?.type === 'name' && /steps?$|iters?$|iteration$/.test(target.id) ? [target.id] : []
}

/** What one of the counts is compared with before the loop, or the function, is left. */
function limitIn(
  python: PythonModule,
  body: readonly Stmt[],
  counts: ReadonlySet<string>,
  leaves: 'break' | 'return',
): Expr | null {
  for (const statement of body) {
    if (statement.type !== 'if' || statement.body.at(-1)?.type !== leaves) continue
    const { test } = statement
    if (test.type !== 'binary' || !/^(==|>=?)$/.test(test.op)) continue
    if (test.left.type !== 'name' || !counts.has(test.left.id)) continue
    if (numberIn(python.fold(test.right)) !== null) return test.right
  }
  return null
}
