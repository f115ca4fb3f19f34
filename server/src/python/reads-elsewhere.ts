/** Calls of other modules of the project that bring tensors to the host. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { readingCalls } from './device-moves.js'
import { importedFunction, importedMethod } from './import-targets.js'

/** What another module says of the function, method or object that is called brings tensors to the host. */
export function readsElsewhere(analysis: Analysis, callee: Expr): boolean {
  const method = importedMethod(analysis, callee)
  if (method !== null) return method.klass.reads?.includes(method.method) === true
  const func = importedFunction(analysis, callee)
  if (func !== null) return func.calls.some((name) => readingCalls.test(name))
  return objectsBehind(analysis, callee).some((made) => {
    const klass = made.type === 'call' ? analysis.importedClass(made.callee) : null
    return klass?.reads?.some((name) => name === 'forward' || name === '__call__') === true
  })
}

/** What an object is made by; of a parameter, what the callers in this module pass. */
function objectsBehind(analysis: Analysis, expr: Expr): Expr[] {
  if (expr.type !== 'name') return []
  const made = analysis.definition(expr)
  if (made !== expr) return [made]
  const [binding] = analysis.bindingsOf(expr)
  const owner = binding?.kind === 'param' ? analysis.parameterOf(binding) : null
  if (owner === null) return []
  return (analysis.callSites(owner.func) ?? []).flatMap((site) => {
    const passed = analysis.argument(site, expr.id, owner.position)
    return passed.state === 'given' ? [analysis.definition(passed.expr)] : []
  })
}
