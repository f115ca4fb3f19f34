/** Functions of the project around `add_argument`: `def add_arguments(name, type, default, help, argparser)`. */
import type { Argument, CallExpr, Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import { define } from '../text/records.js'
import type { Analysis } from './analysis.js'
import type { Call, Func, ModuleSummary, OptionFunction } from './module.js'

const passed = new Set(['default', 'type', 'action', 'nargs'])

/** Null: it adds no option that it is given the name of. */
export function optionFunction(func: Func): OptionFunction | null {
  const params = func.node.params.filter(({ star }) => star === 0).map(({ name }) => name)
  for (const { method, expr } of func.calls) {
    const [first, second] = expr.args
    if (method !== 'add_argument' || first === undefined) continue
    // A short spelling beside it is one more that nobody passes on.
    const flag = flagOf(first.value) ?? (second === undefined ? null : flagOf(second.value))
    if (flag === null || !params.includes(flag.name)) continue
    const keywords: Record<string, string> = {}
    for (const { name, value } of expr.args) {
      if (name === null || !passed.has(name)) continue
      if (value.type !== 'name' || !params.includes(value.id)) return null
      define(keywords, name, value.id)
    }
    return { params, prefix: flag.prefix, name: flag.name, keywords }
  }
  return null
}

/** `"--" + name`, `f"--{name}"`. */
function flagOf(expr: Expr): { prefix: string; name: string } | null {
  const [prefix, name] =
    expr.type === 'binary' && expr.op === '+'
      ? [expr.left.type === 'constant' ? expr.left.value : null, expr.right]
      : expr.type === 'fstring' && expr.parts.length === 2
        ? expr.parts
        : []
  if (typeof prefix !== 'string' || !/^--?$/.test(prefix)) return null
  return name !== undefined && typeof name !== 'string' && name?.type === 'name'
    ? { prefix, name: name.id }
    : null
}

/** Whether there is such a function, here or in a module that is imported. */
export function hasOptionFunctions({ functions, importedByName }: Analysis): boolean {
  return (
    functions.some((func) => optionFunction(func) !== null) || [...importedByName.values()].some(addsOptions)
  )
}

function addsOptions(summary: ModuleSummary): boolean {
  return once(summary, 'adds options', () =>
    Object.values(summary.functions).some(({ addsOption }) => addsOption !== undefined),
  )
}

/** What a call of such a function, or of a `partial` of it, adds: as `add_argument` would be called. */
export function optionCall(analysis: Analysis, call: Call): CallExpr | null {
  const { callee, args } = call.expr
  if (callee.type !== 'name' && callee.type !== 'attribute') return null
  const [first] = args
  if (first === undefined || args.some(({ star }) => star > 0)) return null
  const made = analysis.definition(callee)
  const partial =
    made.type === 'call' && analysis.nameOf(made.callee) === 'functools.partial' ? made.args : null
  const named = partial?.[0]?.value ?? callee
  const own = analysis.functionOf(named)
  const adds = own === null ? analysis.importedFunction(named)?.addsOption : optionFunction(own)
  if (adds === undefined || adds === null) return null
  const given = [...(partial?.slice(1) ?? []), ...args]
  const positional = given.filter(({ name }) => name === null)
  const passedFor = (param: string): Expr | undefined =>
    given.find(({ name }) => name === param)?.value ?? positional[adds.params.indexOf(param)]?.value
  const option = passedFor(adds.name)
  if (option?.type !== 'constant' || typeof option.value !== 'string') return null
  const keywords = Object.entries(adds.keywords).flatMap(([name, param]): Argument[] => {
    const value = passedFor(param)
    return value === undefined ? [] : [{ ...first, name, value }]
  })
  const others = given.filter(({ name }) => name !== null && !adds.params.includes(name))
  const flag: Argument = { ...first, name: null, value: { ...option, value: adds.prefix + option.value } }
  return { ...call.expr, args: [flag, ...keywords, ...others] }
}
