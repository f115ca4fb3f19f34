/** What else of a program has to follow where it no longer makes its tensors in double precision: the arrays that it reads. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'
import { passedExpression } from '../../values/argument.js'

/** These take the format of the array that they are given. */
const converters = /^torch\.(from_numpy|as_tensor|tensor)$/
/** Called on what they give, these choose a format. */
const casts = /^(float|long|int|bool|half|bfloat16|type|type_as|to|double)$/
/** Labels of classes are whole numbers, and have to stay so. */
const wholeNumbers =
  /cross_?entropy|nll_?loss|NLLLoss|CTCLoss|ctc_loss|Embedding|embedding|one_hot|bincount|gather/i
/** Formats that something else chooses. */
const otherDoubles = /(?<!\b(np|numpy)\.)\b(float64|[dD]ouble|DoubleTensor)\b/g

/**
 * The calls whose tensors have to be made single, so that the program runs without the double default; null: what it trains on
 * comes from where that cannot be told. `statement`: what sets the default.
 */
export function doubleInputs(python: PythonModule, statement: Span): Call[] | null {
  const { code } = python
  // A model of another module may have its own.
  if (python.imported.length > 0) return null
  if (wholeNumbers.test(code) || /\btorch\.load\(/.test(code)) return null
  const without = code.slice(0, statement.start) + code.slice(statement.end)
  if (without.match(otherDoubles) !== null) return null
  const sets = python.calls.filter(({ name }) => name === 'torch.utils.data.TensorDataset')
  const loaders = python.calls.filter(({ name }) => name === 'torch.utils.data.DataLoader')
  // Nothing else hands out samples.
  if (sets.length === 0 || loaders.length === 0) return null
  if (
    !loaders.every((loader) =>
      fromTensors(python, passedExpression(python.argument(loader, 'dataset', 0)), 0),
    )
  )
    return null
  const made = sets.flatMap(({ expr }) =>
    expr.args.map((one) => (one.star > 0 ? null : sourceOf(python, one.value, 0))),
  )
  const open = python.calls.filter(
    (call) => converters.test(call.name ?? '') && takesArrays(python, call) && !isCast(python, call),
  )
  // What is made of other arrays may be an index.
  return made.every((one) => one !== null) && open.every(({ expr }) => made.includes(expr)) ? open : null
}

/** A `TensorDataset`, or a part of one. */
function fromTensors(python: PythonModule, expr: Expr | null, depth: number): boolean {
  if (expr === null || depth > 4) return false
  const value = python.definition(expr)
  if (value.type !== 'call') return false
  const name = python.nameOf(value.callee)
  if (name === 'torch.utils.data.TensorDataset') return true
  return name === 'torch.utils.data.Subset' && fromTensors(python, value.args[0]?.value ?? null, depth + 1)
}

/** The call that makes a tensor of an array, through names, parts and methods; null: something else makes it. */
function sourceOf(python: PythonModule, expr: Expr, depth: number): Expr | null {
  if (depth > 8) return null
  const value = python.definition(expr)
  if (value.type === 'subscript') return sourceOf(python, value.value, depth + 1)
  if (value.type !== 'call') return null
  if (converters.test(python.nameOf(value.callee) ?? '')) return value
  return value.callee.type === 'attribute' ? sourceOf(python, value.callee.value, depth + 1) : null
}

/** `torch.tensor([0.1, 0.2])` has the default format, `torch.tensor(x, dtype=…)` its own. */
function takesArrays(python: PythonModule, { expr }: Call): boolean {
  const [first] = expr.args
  if (first === undefined || expr.args.some(({ name }) => name === 'dtype')) return false
  const value = python.definition(first.value)
  return value.type !== 'list' && value.type !== 'tuple' && value.type !== 'constant'
}

/** `torch.from_numpy(x).float()`, `torch.from_numpy(x.astype('float32'))` */
function isCast(python: PythonModule, { expr, statement }: Call): boolean {
  const behind = python.code.slice(expr.end, statement.end)
  const method = /^\s*\.(\w+)\(/.exec(behind)?.[1]
  return (
    (method !== undefined && casts.test(method)) ||
    /(float32|int64|int32|single)['"]?\)+$/.test(python.code.slice(expr.start, expr.end))
  )
}
