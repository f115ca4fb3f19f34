/** The number format that an autocast is given, where the program chooses it. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression, textIn } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Precision } from '../../workload/resource-kinds.js'

const formats = new Map<string, Precision>([
  ['torch.float32', 'fp32'],
  ['torch.float', 'fp32'],
  ['torch.float16', 'fp16-mixed'],
  ['torch.half', 'fp16-mixed'],
  ['torch.bfloat16', 'bf16-mixed'],
])

/** Definitions that lead to each other. */
const mostSteps = 4

/** Formats that the `dtype` of an autocast may be, without those of code that never runs; null: not all of them are seen here. */
export function autocastFormats(python: PythonModule, call: Call): ReadonlySet<Precision> | null {
  const dtype = passedExpression(python.argument(call, 'dtype', 1))
  const found = new Set<Precision>()
  return dtype !== null && collect(python, dtype, found, mostSteps) ? found : null
}

function collect(python: PythonModule, expr: Expr, into: Set<Precision>, left: number): boolean {
  if (left === 0) return false
  const next = (one: Expr): boolean => collect(python, one, into, left - 1)
  const format = formats.get(python.nameOf(expr) ?? namedAs(python, expr) ?? '')
  if (format !== undefined) {
    if (python.reach(expr.start).state !== 'never') into.add(format)
    return true
  }
  if (expr.type === 'conditional') return next(expr.then) && next(expr.otherwise)
  if (expr.type === 'subscript') {
    const entry = entryOf(python, expr)
    return entry !== null && next(entry)
  }
  if (expr.type !== 'name') return false
  const bindings = python.bindingsOf(expr)
  return (
    bindings.length > 0 &&
    bindings.every(({ kind, value }) => kind === 'assign' && value !== null && next(value))
  )
}

/** 'torch.float32' of `getattr(torch, args.dtype)`, as far as that is known. */
function namedAs(python: PythonModule, expr: Expr): string | null {
  if (expr.type !== 'call' || python.nameOf(expr.callee) !== 'getattr') return null
  const [from, name] = expr.args
  if (from === undefined || name === undefined || python.nameOf(from.value) !== 'torch') return null
  const text = textIn(python.fold(name.value))
  return text === null ? null : `torch.${text}`
}

/** What a dictionary of formats holds under a key that is known. */
function entryOf(python: PythonModule, expr: Expr & { type: 'subscript' }): Expr | null {
  const table = python.definition(expr.value)
  const key = effective(python.fold(expr.index))
  if (table.type !== 'dict' || key === undefined) return null
  const entry = table.entries.find((one) => one.key !== null && effective(python.fold(one.key)) === key)
  return entry?.value ?? null
}
