/** Whether a statement runs when the program does what its defaults say. */

import type { PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import { fixedValue } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import { asksForAccelerator } from '../pytorch/guards.js'

/**
 * `yes`: nothing keeps it from running. `option`: an option whose default lets it run. `no`: a switch that is off, a
 * condition that cannot be told, or a function that nobody here calls.
 */
export type Reached = 'yes' | 'option' | 'no'

export function reached(analysis: PythonModule, statement: { start: number; end: number }): Reached {
  let result: Reached = 'yes'
  for (const { test, branch } of testsAround(analysis, statement)) {
    const folded = analysis.fold(test)
    const value = effective(folded)
    // A run without an accelerator costs next to nothing.
    if (value === undefined && branch && asksForAccelerator(test)) continue
    if (value === undefined || Boolean(value) !== branch) return 'no'
    if (fixedValue(folded) === undefined) result = 'option'
  }
  const func = functionAround(analysis, statement)
  if (func === null || func.class !== null) return result
  const sites = analysis.callSites(func)
  if (sites === null || analysis.importers.length > 0) return result
  if (sites.length === 0) return 'no'
  const ways = sites
    .filter((site) => site.function !== func)
    .map((site) => reachedSite(analysis, site.statement))
  if (ways.includes('yes')) return result
  return ways.includes('option') ? 'option' : 'no'
}

/** One level up: conditions around a call of the function. */
function reachedSite(analysis: PythonModule, statement: { start: number; end: number }): Reached {
  let result: Reached = 'yes'
  for (const { test, branch } of testsAround(analysis, statement)) {
    const folded = analysis.fold(test)
    const value = effective(folded)
    if (value === undefined) continue
    if (Boolean(value) !== branch) return 'no'
    if (fixedValue(folded) === undefined) result = 'option'
  }
  return result
}

function functionAround(analysis: PythonModule, span: { start: number; end: number }) {
  let found: PythonModule['functions'][number] | null = null
  for (const func of analysis.functions)
    if (func.node.start <= span.start && span.end <= func.node.end) found = func
  return found
}

/** Conditions of the `if` statements around a piece of code, with the branch that it stands in. */
export function testsAround(
  analysis: PythonModule,
  span: { start: number; end: number },
): { test: Expr; branch: boolean }[] {
  const found: { test: Expr; branch: boolean }[] = []
  const holds = (one: Stmt) => one.start <= span.start && span.end <= one.end
  let block: Stmt[] | undefined = analysis.tree.body
  while (block !== undefined) {
    const around: Stmt | undefined = block.find(holds)
    if (around === undefined) break
    const main =
      around.type === 'if' && /__name__/.test(analysis.code.slice(around.test.start, around.test.end))
    if (around.type === 'if' && !main) {
      if (around.body.some(holds)) found.push({ test: around.test, branch: true })
      else if (around.orelse.some(holds)) found.push({ test: around.test, branch: false })
    }
    block = blocksOf(around).find((inner) => inner.some(holds))
  }
  return found
}
