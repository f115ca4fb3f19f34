/** What one function of a file can reach in it: its own code, and what it names, through any number of definitions. */
import type { Func, PythonModule } from '../../python/module.js'
import type { Import, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, expressionsOf } from '../../syntax/python-children.js'

/**
 * Statements without those that only other functions need: a step that reads a table does not use the library with which
 * the next step trains. Imports keep the names that are used.
 */
export function reachedCode(python: PythonModule, { node }: Func): Stmt[] {
  const rest = new Set<Stmt>(definitionsOf(python.tree.body))
  for (const statement of rest) if (holds(statement, node)) rest.delete(statement)
  // Methods of its own class, which it names through `self`.
  for (const statement of methodsBeside(python.tree.body, node)) rest.add(statement)
  const reached: Stmt[] = [...node.body]
  const names = new Set<string>()
  for (const statement of reached) addNames(statement, names)
  for (let size = -1; size !== names.size; ) {
    size = names.size
    for (const statement of rest) {
      if (statement.type === 'import' || !boundBy(statement).some((name) => names.has(name))) continue
      rest.delete(statement)
      reached.push(statement)
      addNames(statement, names)
    }
  }
  const imports = [...rest].flatMap((one) => (one.type === 'import' ? usedOf(one, names) : []))
  return [...imports, ...reached].sort((a, b) => a.start - b.start)
}

/** What a module defines, also under `if` and `try`. */
function definitionsOf(block: readonly Stmt[]): Stmt[] {
  return block.flatMap((one) =>
    one.type === 'function' || one.type === 'class' ? [one] : [one, ...blocksOf(one).flatMap(definitionsOf)],
  )
}

function methodsBeside(block: readonly Stmt[], node: Stmt): Stmt[] {
  const owner = definitionsOf(block).find((one) => one.type === 'class' && holds(one, node))
  return owner?.type === 'class' ? owner.body.filter((one) => one !== node) : []
}

function holds(statement: Stmt, inner: Stmt): boolean {
  return statement.start <= inner.start && inner.end <= statement.end
}

function boundBy(statement: Stmt): string[] {
  if (statement.type === 'function' || statement.type === 'class') return [statement.name]
  if (statement.type !== 'assign') return []
  return statement.targets.flatMap((target) => (target.type === 'name' ? [target.id] : []))
}

/** Names, and methods that are called: a step of Metaflow names the one after it without calling it. */
function addNames(statement: Stmt, names: Set<string>): void {
  const visit = (expr: Parameters<typeof childrenOf>[0]): void => {
    if (expr.type === 'name') names.add(expr.id)
    if (expr.type === 'call' && expr.callee.type === 'attribute') names.add(expr.callee.attr)
    childrenOf(expr).forEach(visit)
  }
  expressionsOf(statement).forEach(visit)
  for (const block of blocksOf(statement)) for (const inner of block) addNames(inner, names)
}

function usedOf(statement: Import, names: ReadonlySet<string>): Import[] {
  const used = statement.names.filter(
    ({ name, alias }) => name === '*' || names.has(alias ?? (statement.from ? name : name.split('.')[0]!)),
  )
  return used.length === 0 ? [] : [{ ...statement, names: used }]
}
