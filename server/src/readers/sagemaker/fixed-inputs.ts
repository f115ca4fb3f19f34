/**
 * What the key of SageMaker's cache does not see: it holds the address of an input, not its content, and nothing that a
 * script reads by itself. Source: SageMaker developer guide, "Caching pipeline steps".
 */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { passedExpression } from '../../values/argument.js'
import { parameterDefault } from './parameters.js'

const deepest = 6
const fromStorage = /^s3:\/\//
const ownStorage = /(^|_)BUCKET(_NAME)?$|(^|_)S3_(URI|URL|PATH|KEY|PREFIX)$|(^|_)(TABLE|DATABASE)(_NAME)?$/i

/** An input lies at an address that stays, or may stay, the same when its content is replaced. */
export function hasFixedInput(python: PythonModule, calls: readonly Call[]): boolean {
  return calls.some((call) =>
    call.expr.args.some(({ name, value }) => isInputs(call, name) && isFixed(python, value, 0)),
  )
}

const isInputs = ({ method }: Call, name: string | null): boolean =>
  name === null ? method === 'fit' || method === 'run' : /^(inputs|input_data|data)$/.test(name)

function isFixed(python: PythonModule, expr: Expr, depth: number): boolean {
  if (depth > deepest) return false
  if (expr.type === 'constant') return typeof expr.value === 'string' && fromStorage.test(expr.value)
  if (expr.type === 'fstring') {
    const [first] = expr.parts
    return typeof first === 'string' && fromStorage.test(first)
  }
  if (expr.type === 'name') {
    const value = python.definition(expr)
    return value !== expr && isFixed(python, value, depth + 1)
  }
  // What another step gives has an address of its own in each run.
  if (expr.type === 'attribute') return false
  if (expr.type === 'call') {
    const otherwise = parameterDefault(python, expr)
    if (otherwise !== null) return isFixed(python, otherwise, depth + 1)
    // What each run is given may be the same folder every time.
    if (expr.callee.type === 'name' && expr.callee.id === 'ParameterString') return true
    return expr.args.some(
      ({ name, value }) =>
        !/^(destination|output|s3_output_location)/.test(name ?? '') && isFixed(python, value, depth + 1),
    )
  }
  if (expr.type === 'dict') return expr.entries.some(({ value }) => isFixed(python, value, depth + 1))
  return childrenOf(expr).some((child) => isFixed(python, child, depth + 1))
}

/** The variable by which a script is told of a place that it reads or writes by itself; null: there is none. */
export function storageOfScript(python: PythonModule, calls: readonly Call[]): string | null {
  for (const call of calls) {
    const given =
      passedExpression(python.argument(call, 'env')) ?? passedExpression(python.argument(call, 'environment'))
    const value = given === null ? null : python.definition(given)
    if (value?.type !== 'dict') continue
    for (const { key } of value.entries)
      if (key?.type === 'constant' && typeof key.value === 'string' && ownStorage.test(key.value))
        return key.value
  }
  return null
}
