/** Where a program may lower the number format of its arithmetic, and on which switch that depends. */

import type { Call, Condition, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'
import { once } from './once.js'

/** Formats that take nothing away: full precision, whole numbers, what NumPy or a text names, and that of another tensor. */
const fullFormat = String.raw`\s*(torch\.(float32|float|int|int32|int64|long|bool|uint8)\b|(np|numpy|pd|cp|tf|jnp)\.|[{['"]|int\b|float\b|bool\b|object\b|str\b|(?!(self|cls|args|cfg|config|opt|hparams|params|model|unet)\b)\w+\.dtype\b)`

/** Words of code that change the precision somewhere: then the loop's own precision cannot be told from the loop. */
export const lowering = new RegExp(
  [
    String.raw`\b(autocast|GradScaler|bfloat16|bf16|fp16|float8|fp8|amp|use_amp|apex|mixed_precision|MixedPrecision|AMP|FP16|BF16|transformer_engine)\b`,
    // Arrays and tables on the host have formats of their own.
    String.raw`(?<!\b(np|numpy|pd|cp)\.|astype\(\s*['"])\bfloat(16|64)\b`,
    // A count of hits that is divided by their number is no model.
    String.raw`\.double\s*\((?!\s*\)[\s)]*([/*]|\.(mean|sum|item|div|cpu|numpy)\b))`,
    String.raw`\.half\s*\(|torch\.(half|double)\b|load_in_[48]bit|set_default_(dtype|tensor_type)|set_policy`,
    String.raw`getattr\(\s*torch\s*,`,
    String.raw`\.to\([^()]*(?<!\b(?!(self|cls|args|cfg|config|opt|hparams|params|model|unet)\b)\w+\.)\bdtype\b(?!\s*=${fullFormat})`,
    String.raw`\b(torch_)?dtype\s*=(?!${fullFormat})`,
  ].join('|'),
)

export type Lowering =
  /** Nowhere. `leftOut`: an option that the launch does not pass would have switched it on. */
  | { state: 'nowhere'; leftOut: string | null }
  /** Only where one condition holds. */
  | { state: 'switched'; condition: Condition; holds: boolean }
  /** Somewhere, as far as can be seen whatever is passed. */
  | { state: 'somewhere' }

export function loweringOf(python: PythonModule): Lowering {
  return once(python, 'lowering', () => find(python))
}

function find(python: PythonModule): Lowering {
  let leftOut: string | null = null
  let switched: (Lowering & { state: 'switched' }) | null = null
  const note = (condition: Condition, holds: boolean): boolean => {
    const same = switched === null || switched.condition.holds === condition.holds
    if (switched === null) switched = { state: 'switched', condition, holds }
    return same && switched.holds === holds
  }
  for (const { start, end, condition } of python.dead)
    if (lowering.test(python.text.slice(start, end))) leftOut ??= optionOf(condition)
  for (const offset of mentions(python)) {
    const reach = python.reach(offset)
    if (reach.state === 'never') {
      leftOut ??= optionOf(reach.condition)
      continue
    }
    const own = switchAt(python, offset)
    if (own !== null && own.value === false) {
      leftOut ??= optionOf(own)
      continue
    }
    const open = reach.state === 'sometimes' ? reach.conditions : []
    const all = own === null || own.value === true ? open : [...open, { condition: own, holds: true }]
    const only = all.at(-1)
    if (only === undefined || !note(only.condition, only.holds)) return { state: 'somewhere' }
  }
  // What only speaks of a format under a condition is no switch of it.
  if (switched !== null && !lowers(python)) return { state: 'somewhere' }
  return switched ?? { state: 'nowhere', leftOut }
}

/** A call that sets the format of what follows, or of a model. */
function lowers(python: PythonModule): boolean {
  return python.calls.some(
    ({ method, name }) =>
      /^(autocast|GradScaler|half|bfloat16)$/.test(method) || name?.startsWith('apex.') === true,
  )
}

/** The option that would make it true, as it is passed; only a switch can be passed without a value. */
function optionOf({ option, negated, value }: Condition): string | null {
  return value === false && !negated && option?.kind === 'store true' ? `--${option.flags.at(-1)}` : null
}

/** Offsets at which the code speaks of a lower format, other than in what only declares or asks for a switch. */
function mentions(python: PythonModule): number[] {
  const found: number[] = []
  for (const match of masked(python).matchAll(new RegExp(lowering, 'g')))
    if (!isSwitch(python, match.index)) found.push(match.index)
  return found
}

/** The text with comments and what never runs blanked out, so that offsets stay. */
function masked(python: PythonModule): string {
  let text = ''
  let at = 0
  const blank = [...python.tree.comments, ...python.dead].sort((a, b) => a.start - b.start)
  for (const { start, end } of blank) {
    if (start < at) continue
    text += python.text.slice(at, start) + ' '.repeat(end - start)
    at = end
  }
  return text + python.text.slice(at)
}

/** `add_argument('--amp')`, `if args.amp`, `use_amp = args.amp and cuda`, an import. */
function isSwitch(python: PythonModule, offset: number): boolean {
  if (python.programArguments.some(({ span }) => span.start <= offset && offset < span.end)) return true
  const statement = python.statementAt(offset)
  if (statement === null) return false
  if (statement.type === 'import') return true
  if (statement.type === 'if' || statement.type === 'while') return holds(statement.test, offset)
  if (statement.type !== 'assign' || statement.value === null) return false
  if (statement.value.type === 'conditional') return holds(statement.value.test, offset)
  return isAnswer(statement.value)
}

const holds = (expr: Expr, offset: number): boolean => expr.start <= offset && offset < expr.end

/** Yes or no, as far as the expression tells: `args.amp and torch.cuda.is_available()`. */
function isAnswer(expr: Expr): boolean {
  if (expr.type === 'constant') return typeof expr.value === 'boolean'
  if (expr.type === 'unary') return expr.op === 'not'
  if (expr.type === 'binary')
    return /^(and|or)$/.test(expr.op)
      ? isAnswer(expr.left) && isAnswer(expr.right)
      : /^(==|!=|in|not in|is|is not|<|>|<=|>=)$/.test(expr.op)
  if (expr.type === 'call') return expr.callee.type === 'attribute' && /^is_\w+$/.test(expr.callee.attr)
  return (
    expr.type === 'attribute' && expr.value.type === 'name' && /^(use_?)?(amp|fp16|bf16)$/i.test(expr.attr)
  )
}

/** The switch of an `autocast` or `GradScaler` that holds the offset; null: it has none. */
function switchAt(python: PythonModule, offset: number): Condition | null {
  const around = python.calls.filter(
    (call) => /^(autocast|GradScaler)$/.test(call.method) && holds(call.expr, offset),
  )
  const call: Call | undefined = around.at(-1)
  const enabled = call === undefined ? null : passedExpression(python.argument(call, 'enabled'))
  return enabled === null ? null : python.condition(enabled)
}
