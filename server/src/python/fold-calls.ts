/** What calls give: a few library functions, and methods of values that are known. */
import type { CallExpr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import { define } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { functionOf } from './callables.js'
import { mayReadVariables, readVariable } from './environment-readers.js'
import { foldLookup } from './fold-lookups.js'
import { foldFunction, mapNumbers } from './fold-numeric.js'
import { acceleratorAvailable, configuredValue, environmentValue } from './fold-outside.js'
import { pathMethod } from './fold-paths.js'
import { combine, type Fold, known, unknown } from './folded.js'
import type { Folded } from './module.js'
import { nameOf } from './names.js'
import { isDict } from './operators.js'
import { certainReturn } from './returns.js'
import { writtenOut } from './written-out.js'

/** Library functions, the environment, methods of folded values. */
export function foldCall(analysis: Analysis, fold: Fold, expr: CallExpr): Folded {
  const call = analysis.callByExpr.get(expr)
  const name = call?.name ?? nameOf(analysis, expr.callee)
  if (name === 'os.environ.get' || name === 'os.getenv') {
    const [variable, fallback] = expr.args
    if (variable === undefined) return unknown('the environment')
    return environmentValue(
      analysis,
      fold(variable.value),
      fallback === undefined ? known(null) : fold(fallback.value),
    )
  }
  if (name === 'torch.cuda.is_available') return acceleratorAvailable(analysis)
  const variable = mayReadVariables(analysis) ? readVariable(analysis, fold, expr) : null
  if (variable !== null) return variable
  const found = foldLookup(analysis, fold, expr)
  if (found !== null) return found
  if (name === null || name === undefined) return foldMethod(analysis, fold, expr)
  const fields = writtenOut(analysis, expr)
  if (fields !== null) return fold(fields)
  if (name === 'itertools.product') return unknown('a product')
  const positional: Json[] = []
  const keywords: Record<string, Json> = {}
  const parts: Folded[] = []
  for (const argument of expr.args) {
    if (argument.name === 'dtype') {
      // Types do not fold; whole numbers are the only ones that change a value here.
      const type = nameOf(analysis, argument.value)
      if (type !== null && /(^|\.)u?int\d*$/.test(type)) keywords.dtype = 'int'
      continue
    }
    const value = fold(argument.value.type === 'starred' ? argument.value.value : argument.value)
    if (value.state === 'unknown') return value
    parts.push(value)
    if (argument.star === 1 && Array.isArray(value.value)) positional.push(...value.value)
    else if (argument.star > 0) return unknown('unpacked arguments')
    else if (argument.name === null) positional.push(value.value)
    else define(keywords, argument.name, value.value)
  }
  const value = foldFunction(name, positional, keywords)
  if (value === undefined) return unknown(`${name}()`)
  const [only] = parts
  // `int(cfg['epochs'])` stands where the file has it.
  const same = parts.length === 1 && only?.state === 'known' && only.value === value
  return same ? only : combine(value, parts)
}

/** `.tolist()`, `.copy()`, `.get(key, fallback)` on folded values; project functions are not evaluated. */
function foldMethod(analysis: Analysis, fold: Fold, expr: CallExpr): Folded {
  const func = functionOf(analysis, expr.callee)
  const made = writtenOut(analysis, expr)
  if (made !== null) return fold(made)
  if (func !== null) {
    // Its parameters are what all calls of it agree on.
    const only = certainReturn(func)
    return only === null ? unknown(`${func.name}()`) : fold(only)
  }
  if (expr.callee.type !== 'attribute') return unknown('a call')
  const own = fold(expr.callee.value)
  // `settings.items()` of all that a file holds.
  const receiver = own.state === 'unknown' ? (configuredValue(analysis, expr.callee.value) ?? own) : own
  if (receiver.state === 'unknown') return unknown(`.${expr.callee.attr}()`)
  const { value } = receiver
  switch (expr.callee.attr) {
    case 'astype': {
      if (!Array.isArray(value)) return unknown('.astype()')
      const type = expr.args[0] === undefined ? null : nameOf(analysis, expr.args[0].value)
      const whole = type !== null && /(^|\.)u?int\d*$/.test(type)
      return whole ? combine(mapNumbers(value, Math.trunc), [receiver]) : receiver
    }
    case 'copy':
      return receiver
    case 'tolist':
    case 'flatten':
    case 'round':
      return Array.isArray(value) ? receiver : unknown(`.${expr.callee.attr}()`)
    case 'items':
      return isDict(value) ? combine(Object.entries(value), [receiver]) : unknown('a call')
    case 'keys':
    case 'values':
      if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
        return combine(expr.callee.attr === 'keys' ? Object.keys(value) : Object.values(value), [receiver])
      }
      return unknown('a call')
    case 'lower':
      return typeof value === 'string' ? combine(value.toLowerCase(), [receiver]) : unknown('a call')
    case 'split':
      if (typeof value === 'string' && expr.args.length <= 1) {
        const separator = expr.args[0] === undefined ? known(' ') : fold(expr.args[0].value)
        if (separator.state === 'known' && typeof separator.value === 'string') {
          return combine(value.split(separator.value), [receiver])
        }
      }
      return unknown('a call')
    default:
      return pathOf(fold, expr, expr.callee.attr, receiver)
  }
}

/** A method of a path. */
function pathOf(fold: Fold, { args }: CallExpr, method: string, path: Folded & { state: 'known' }): Folded {
  const given = args.map(({ name, star, value }) => (name === null && star === 0 ? fold(value) : unknown('')))
  const known = given.filter((one) => one.state === 'known')
  const value =
    known.length < given.length
      ? undefined
      : pathMethod(
          path.value,
          method,
          known.map((one) => one.value),
        )
  return value === undefined ? unknown(`.${method}()`) : combine(value, [path, ...known])
}
