/** What a module imports, as written, which takes its tree and no analysis. */
import type { PythonTree, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import { moduleAbove } from './import-targets.js'
import { importTarget, modulesBelow } from './scopes.js'

/** As `ModuleSummary.imports` names them: those of the module first, then those inside of functions and classes. */
export function importsOf(tree: PythonTree): string[] {
  const found = new Set<string>()
  const later: Stmt[][] = [tree.body]
  const visit = (block: readonly Stmt[]): void => {
    for (const statement of block) {
      if (statement.type === 'function' || statement.type === 'class') later.push(statement.body)
      else if (statement.type !== 'import') for (const inner of blocksOf(statement)) visit(inner)
      else {
        for (const name of statement.names) {
          const target = importTarget(statement, name)
          found.add(target)
          for (const inner of modulesBelow(statement, name)) found.add(inner)
          const module = name.name === '*' ? null : moduleAbove(target)
          if (module !== null) found.add(module)
        }
      }
    }
  }
  for (const block of later) visit(block)
  return [...found]
}
