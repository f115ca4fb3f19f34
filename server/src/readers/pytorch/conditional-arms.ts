/** Conditional expressions that choose between formats. */
import type { Condition, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, forEachChild, forEachExpression } from '../../syntax/python-children.js'

/** Of `jnp.bfloat16 if config.half else jnp.float32`, where only what is chosen if the test holds matches. */
export function conditionsOfArms(python: PythonModule, text: RegExp): Condition[] {
  if (!text.test(python.code)) return []
  const matches = ({ start, end }: Expr) => text.test(python.text.slice(start, end))
  const found: Condition[] = []
  const visit = (expr: Expr): void => {
    if (expr.type === 'conditional' && matches(expr.then) && !matches(expr.otherwise))
      found.push(python.condition(expr.test))
    else forEachChild(expr, visit)
  }
  const visitBlock = (block: readonly Stmt[]): void => {
    for (const statement of block) {
      if (!text.test(python.text.slice(statement.start, statement.end))) continue
      forEachExpression(statement, visit)
      for (const inner of blocksOf(statement)) visitBlock(inner)
    }
  }
  visitBlock(python.tree.body)
  return found
}
