/** Parameters of pipelines of SageMaker, `ParameterString(name='X', default_value=…)`, and of functions that whoever imports them calls. */
import type { PythonModule } from '../../python/module.js'
import { uncalledDefault } from '../../python/uncalled.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'

/** What it stands for where a run gives nothing else; null: it is something else, or has no default. */
export function parameterDefault(python: PythonModule, expr: Expr): Expr | null {
  const own = uncalledDefault(python, expr)
  if (own !== null) return own
  const call = python.callOf(expr)
  if (call === null || !/^Parameter(String|Integer|Float|Boolean)$/.test(call.method)) return null
  return passedExpression(python.argument(call, 'default_value', 1))
}
