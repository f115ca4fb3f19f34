/** How a loader puts samples together to a batch. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import { passedExpression } from '../../values/argument.js'

/** The batch is padded to its longest sample. */
export function padsBatch(python: PythonModule, loader: Call): boolean {
  const given = collateFunction(python, loader)
  if (given === null) return false
  const func = functionOf(python, given)
  const calls = func === null ? python.importedFunction(given)?.calls : python.effectsOfFunction(func).calls
  return [...(calls ?? [])].some((name) => /(^|\.)pad_sequence$/.test(name))
}

/** Loops inside of loops of Python go through each element of each sample, which takes longer than to hand over what is there. */
export function collatesInLoops(python: PythonModule, loader: Call): boolean {
  const given = collateFunction(python, loader)
  const func = given === null ? null : functionOf(python, given)
  return func?.node.body.some((one) => holdsLoops(one, 2)) === true
}

/** `collate_fn=list`, `collate_fn=lambda rows: rows`: a batch holds its samples as they are, mostly no tensors, which alone can be pinned. */
export function keepsSamplesApart(python: PythonModule, loader: Call): boolean {
  const given = collateFunction(python, loader)
  if (given?.type === 'name') return given.id === 'list' || given.id === 'tuple'
  return given?.type === 'lambda' && given.body.type === 'name' && given.params[0]?.name === given.body.id
}

function collateFunction(python: PythonModule, loader: Call): Expr | null {
  return passedExpression(python.argument(loader, 'collate_fn', 6))
}

/** `collate`, an object that is called, `lambda rows: self.collate(rows)`. */
function functionOf(python: PythonModule, given: Expr): Func | null {
  if (given.type === 'lambda') return given.body.type === 'call' ? python.functionOf(given.body.callee) : null
  return python.instanceClass(given)?.methods.get('__call__') ?? python.functionOf(given)
}

function holdsLoops(statement: Stmt, depth: number): boolean {
  const left = statement.type === 'for' || statement.type === 'while' ? depth - 1 : depth
  return left === 0 || blocksOf(statement).some((block) => block.some((one) => holdsLoops(one, left)))
}
