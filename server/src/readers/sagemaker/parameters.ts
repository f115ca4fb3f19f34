/** Parameters of pipelines of SageMaker, `ParameterString(name='X', default_value=…)`, and of functions that whoever imports them calls. */
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'

/** What it stands for where a run gives nothing else; null: it is something else, or has no default. */
export function parameterDefault(python: PythonModule, expr: Expr): Expr | null {
  if (expr.type === 'name') {
    const own = uncalledDefault(python, expr)
    if (own !== null) return own
  }
  const call = python.callOf(expr)
  if (call === null || !/^Parameter(String|Integer|Float|Boolean)$/.test(call.method)) return null
  return passedExpression(python.argument(call, 'default_value', 1))
}

/** `def train(instance_type='ml.g5.xlarge')`, which nothing in the project calls: what it does when it is given nothing else. */
function uncalledDefault(python: PythonModule, name: Expr & { type: 'name' }): Expr | null {
  const [binding, ...others] = python.bindingsOf(name)
  if (binding?.kind !== 'param' || binding.value === null || others.length > 0) return null
  const func = python.parameterOf(binding)?.func
  if (func === undefined || python.outsideCalls(func).length > 0) return null
  return (python.callSites(func) ?? []).length === 0 ? binding.value : null
}
