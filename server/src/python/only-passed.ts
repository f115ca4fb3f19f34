/** What the one call of a function passes for a parameter. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { argumentAsWritten } from './call-arguments.js'
import { bindingsOf } from './names.js'

/** Null: it is no parameter, is not passed, or several calls may pass something. */
export function onlyPassed(analysis: Analysis, name: Expr & { type: 'name' }): Expr | null {
  const bindings = bindingsOf(analysis, name.id, name.start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  const owner = binding?.kind === 'param' ? analysis.parameterOwner(binding) : null
  if (owner === null || analysis.outsideCalls(owner.func).length > 0) return null
  const { func, position } = owner
  if (func.node.params.find((one) => one.name === name.id)?.star !== 0) return null
  const [site, another] = analysis.callSites(func) ?? []
  if (site === undefined || another !== undefined) return null
  return argumentAsWritten(analysis, site, name.id, position)
}
