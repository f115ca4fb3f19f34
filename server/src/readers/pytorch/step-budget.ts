/** A budget of steps that a loop over batches breaks off at: `for step, batch in enumerate(batches): … if step >= 200_000: break`. */
import type { Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { numberIn } from '../../values/argument.js'

/** The number that its count is compared with; null: it does not end this way. */
export function breakingAt(python: PythonModule, { node }: Loop): Expr | null {
  if (node.type !== 'for' || node.target.type !== 'tuple') return null
  const [count] = node.target.items
  if (count?.type !== 'name') return null
  for (const statement of node.body) {
    if (statement.type !== 'if' || statement.body.at(-1)?.type !== 'break') continue
    const { test } = statement
    if (test.type !== 'binary' || !/^(==|>=?)$/.test(test.op)) continue
    if (test.left.type !== 'name' || test.left.id !== count.id) continue
    if (numberIn(python.fold(test.right)) !== null) return test.right
  }
  return null
}
