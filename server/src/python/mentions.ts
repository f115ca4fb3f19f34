/** Statements that mention a name, so that who asks what is done with it need not walk through all of a module. */
import type { Expr, PythonTree, Stmt } from '../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../syntax/python-children.js'
import { once } from '../text/once.js'

interface Module {
  tree: PythonTree
  statements: readonly Stmt[]
}

/** Those in whose own expressions it stands, in the order of the text. */
export function statementsNaming(module: Module, id: string): readonly Stmt[] {
  return once(module.tree, 'statements by names', () => byNames(module)).get(id) ?? []
}

function byNames({ statements }: Module): ReadonlyMap<string, readonly Stmt[]> {
  const found = new Map<string, Stmt[]>()
  let statement: Stmt
  const visit = (expr: Expr): void => {
    const known = expr.type === 'name' ? found.get(expr.id) : undefined
    if (expr.type !== 'name') forEachChild(expr, visit)
    else if (known === undefined) found.set(expr.id, [statement])
    else if (known.at(-1) !== statement) known.push(statement)
  }
  for (statement of statements) forEachExpression(statement, visit)
  return found
}
