/** Functions and classes of other modules that a name stands for by choice: `Runner = Forecast`, `Runner = A if args.a else B`. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import { isOnlyCalled, tableTargets } from './function-tables.js'
import { projectTarget, targetOf } from './import-targets.js'
import { statementsNaming } from './mentions.js'
import { bindingsOf } from './names.js'

const mostChoices = 20

/** What a callee may be, as imported; empty: it is no such name, or may be something else as well. */
export function chosenTargets(analysis: Analysis, callee: Expr): string[] {
  const ofTable = tableTargets(analysis, callee)
  if (ofTable.length > 0) return ofTable
  if (callee.type !== 'name') return []
  const bindings = bindingsOf(analysis, callee.id, callee.start)
  if (bindings.length === 0 || bindings.length > mostChoices) return []
  const targets = bindings.flatMap(({ kind, value, unpack }) =>
    kind === 'assign' && value !== null && unpack === null ? [targetsIn(analysis, value)] : [null],
  )
  return targets.some((one) => one === null) ? [] : [...new Set(targets.flatMap((one) => one ?? []))]
}

/** The assignment names what is called under another name, and that name is used for nothing but calls. */
export function isChoice(analysis: Analysis, statement: Stmt & { type: 'assign' }): boolean {
  const [target] = statement.targets
  if (statement.targets.length !== 1 || target?.type !== 'name' || statement.value === null) return false
  const { id } = target
  if (statement.value.type === 'dict') return isOnlyCalled(analysis, id)
  if (targetsIn(analysis, statement.value) === null) return false
  const named = (expr: Expr) => expr.type === 'name' && expr.id === id
  const assigned = statementsNaming(analysis, id).filter(
    (one) => one.type === 'assign' && one.targets.some(named),
  )
  const called = analysis.calls.filter(
    ({ name, expr: { callee, args } }) =>
      named(callee) || (shows.test(name ?? '') && args.some(({ value }) => named(value))),
  )
  return usesOf(analysis, id) === assigned.length + called.length
}

function usesOf(analysis: Analysis, id: string): number {
  let uses = 0
  const visit = (expr: Expr): void => {
    if (expr.type === 'name' && expr.id === id) uses++
    else forEachChild(expr, visit)
  }
  for (const statement of statementsNaming(analysis, id)) forEachExpression(statement, visit)
  return uses
}

/** What only looks at it. */
const shows = /^(print|isinstance|issubclass|type|str|repr)$/

/** `Forecast`, `module.Forecast`, one of two; null: it is none of another module of the project. */
function targetsIn(analysis: Analysis, value: Expr): string[] | null {
  if (value.type === 'conditional') {
    const [then, otherwise] = [targetsIn(analysis, value.then), targetsIn(analysis, value.otherwise)]
    return then === null || otherwise === null ? null : [...then, ...otherwise]
  }
  if (value.type !== 'name' && value.type !== 'attribute') return null
  const target = targetOf(analysis, value)
  const found = target === null ? null : projectTarget(analysis, target)
  return target === null || found === null || found.rest === '' ? null : [target]
}
