/** Where a program lowers the number format of its arithmetic, and on which switch that depends. */

import type { Call, Condition, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf, expressionsOf } from '../../syntax/python-children.js'
import { fixedValue, passedExpression } from '../../values/argument.js'
import type { Keyed } from '../../values/operations.js'
import { absent, unreadable } from '../../values/operations.js'
import type { Locator } from '../../values/source.js'
import type { Value } from '../../values/value.js'
import type { Place } from '../../workload/builder.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { once } from './once.js'

/** Where what is known of a precision is said, and what a change of it would edit. */
export interface Spot {
  locator: Locator
  place: Place
  site: Place
}

interface Lowering {
  /** An option that would have switched it on, which is left out. */
  leftOut: string | null
  /** What it depends on; null: nothing that could be named. */
  switched: { condition: Condition; holds: boolean } | null
  /** Somewhere, as far as can be seen whatever is passed. */
  always: boolean
}

/**
 * What the program lowers its arithmetic to, `lowered` where it does. Absent: nothing does; the key is then the option
 * that is left out and would have.
 */
export function loweringOf(
  python: PythonModule,
  { locator, place, site }: Spot,
  lowered: Precision,
): Keyed<Precision> {
  const key = 'torch.autocast'
  const origin = locator.origin(place, { site })
  const { leftOut, switched, always } = once(python, 'lowering', () => find(python))
  if (always) return { key, value: unreadable(origin, 'precision is lowered elsewhere in the program') }
  if (switched === null) return { key: leftOut ?? key, value: absent(origin) }
  const { condition, holds } = switched
  const [on, off] = holds ? [condition.holds, condition.fails] : [condition.fails, condition.holds]
  const usually = condition.byDefault
  const value: Value<Precision> = {
    ...origin,
    state: 'choice',
    options: [
      { value: { ...origin, state: 'known', value: lowered }, when: on, byDefault: usually === holds },
      { value: { ...origin, state: 'default', value: 'fp32' }, when: off, byDefault: usually === !holds },
    ],
  }
  return { key, value }
}

/** Something in the module lowers the format, calls of `except` aside. */
export function lowersHere(python: PythonModule, except: readonly string[] = []): boolean {
  return offsets(python, except).length > 0
}

function find(python: PythonModule): Lowering {
  let leftOut: string | null = null
  let switched: Lowering['switched'] = null
  const always: Lowering = { leftOut: null, switched: null, always: true }
  for (const { start, end, condition } of python.dead)
    if (inDeadCode.test(python.text.slice(start, end))) leftOut ??= optionOf(condition)
  for (const offset of offsets(python)) {
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
    const only = own === null || own.value === true ? open.at(-1) : { condition: own, holds: true }
    if (only === undefined) return always
    switched ??= only
    if (switched.condition.holds !== only.condition.holds || switched.holds !== only.holds) return always
  }
  // What only speaks of a format under a condition is no switch of it.
  if (switched !== null && !python.calls.some(setsFormat)) return always
  return { leftOut, switched, always: false }
}

/** A call that sets the format of what follows, or of a model. */
function setsFormat({ method, name }: Call): boolean {
  return /^(autocast|GradScaler|half|bfloat16)$/.test(method) || name?.startsWith('apex.') === true
}

/** The option that would make it true, as it is passed; only a switch can be passed without a value. */
function optionOf({ option, negated, value }: Condition): string | null {
  return value === false && !negated && option?.kind === 'store true' ? `--${option.flags.at(-1)}` : null
}

/** Calls in code that never runs are not listed; its text says enough to name the option. */
const inDeadCode = /\b(autocast|GradScaler|bfloat16|bf16|fp16|float16|amp|apex)\b|\.half\(/

const shortFormats =
  /^torch\.(float16|half|bfloat16|float64|double|float8\w*|(cuda\.)?(Half|BFloat16|Double)Tensor)$/
const loweringCalls =
  /^(torch\.(autocast|amp\..*|set_default_(dtype|tensor_type)|cuda\.amp\..*|distributed\.fsdp\.(\w+\.)*MixedPrecision\w*)|apex\..*|transformer_engine\..*|bitsandbytes\..*|transformers\.BitsAndBytesConfig)$/
const loweringMethods = /^(autocast|GradScaler|half|bfloat16|set_policy|set_default_dtype)$/
/** What projects call functions and switches that lower the format. */
const loweringNames = /(^|_)(amp|fp16|bf16|fp8|half|mixed_?precision)($|_)|autocast|MixedPrecision/i
const loweringKeywords = /^(load_in_[48]bit|amp|use_amp|fp16|bf16|mixed_precision|precision|amp_\w+)$/
/** Their functions of such names compute scores and levels, and their `dtype` is that of arrays on the host. */
const plainLibraries =
  /^(numpy|pandas|cupy|tensorflow|jax|cv2|polars|scipy|sklearn|librosa|torchaudio|torchmetrics)\./
const off = new Set<unknown>([false, null, 'no', 'none', 'off', 'fp32', '32', 32, '32-true', 'float32', 0])

/** Where the code lowers a format: short formats by name, and calls that do it or may. */
function offsets(python: PythonModule, except: readonly string[] = []): number[] {
  return once(python, `lowering offsets ${except.join(' ')}`, () => {
    const found: number[] = []
    const visit = (expr: Expr): void => {
      // A format that is compared with is asked for.
      if (expr.type === 'binary' && /^(==|!=|in|not in|is|is not)$/.test(expr.op)) return
      if (expr.type === 'name' || expr.type === 'attribute') {
        if (shortFormats.test(python.nameOf(expr) ?? '')) found.push(expr.start)
        return
      }
      if (expr.type === 'call') {
        const call = python.callAt(expr)
        if (call !== null) found.push(...loweredBy(python, call, except))
        if (expr.callee.type === 'attribute') visit(expr.callee.value)
        for (const { value } of expr.args) visit(value)
        return
      }
      for (const child of childrenOf(expr)) visit(child)
    }
    for (const statement of python.statements) {
      if (statement.type === 'import' || statement.type === 'class') continue
      if (statement.type === 'function') {
        statement.decorators.forEach(visit)
        for (const { default: otherwise } of statement.params) if (otherwise !== null) visit(otherwise)
      } else for (const expr of expressionsOf(statement)) visit(expr)
    }
    return [...new Set(found)].sort((a, b) => a - b)
  })
}

function loweredBy(python: PythonModule, call: Call, except: readonly string[]): number[] {
  const { name, method, expr } = call
  if (name !== null && except.includes(name)) return []
  const at = [expr.callee.end]
  if (name !== null && loweringCalls.test(name)) return at
  if (expr.callee.type === 'attribute' && loweringMethods.test(method)) return at
  if (expr.callee.type === 'attribute' && method === 'double' && !isCount(python, call)) return at
  // `getattr(torch, args.dtype)`.
  if (expr.callee.type === 'name' && method === 'getattr' && python.nameOf(expr.args[0]!.value) === 'torch')
    return at
  // `network_to_half(model)` of a module that is not here.
  if (loweringNames.test(method) && !plainLibraries.test(name ?? '') && !isFollowed(python, call)) return at
  const arrays = plainLibraries.test(name ?? '')
  return expr.args.flatMap(({ name: keyword, value }) => {
    if (keyword === null) return method === 'to' && isOpenFormat(python, value) ? [value.start] : []
    if (/^(torch_)?dtype$/.test(keyword)) return !arrays && isOpenFormat(python, value) ? [value.start] : []
    if (!loweringKeywords.test(keyword) || isFollowed(python, call)) return []
    const fixed = fixedValue(python.fold(value))
    return fixed !== undefined && off.has(fixed) ? [] : [value.start]
  })
}

/** `(predicted == y).double().mean()`: a count of hits that is divided by their number. */
function isCount(python: PythonModule, { expr }: Call): boolean {
  return /^[\s)]*([/*]|\.(mean|sum|item|div|cpu|numpy)\b)/.test(python.text.slice(expr.end, expr.end + 20))
}

/** What the call does is seen where its function stands. */
function isFollowed(python: PythonModule, { expr: { callee } }: Call): boolean {
  return (
    python.functionOf(callee) !== null ||
    python.classOf(callee) !== null ||
    python.importedFunction(callee) !== null ||
    python.importedClass(callee) !== null ||
    isWrittenOut(python, python.definition(callee))
  )
}

/** `(lambda: torch.autocast("cuda")) if args.amp else nullcontext`: what it may stand for is written here. */
function isWrittenOut(python: PythonModule, value: Expr): boolean {
  if (value.type === 'conditional')
    return isWrittenOut(python, value.then) && isWrittenOut(python, value.otherwise)
  return value.type === 'lambda' || python.nameOf(value) === 'contextlib.nullcontext'
}

const ofNetwork = /^(self|cls|args|cfg|config|opt|hparams|params|model|unet)$/

/** A format that nobody can tell: an option, a field of the configuration, the format of a network. */
function isOpenFormat(python: PythonModule, expr: Expr): boolean {
  const value = python.definition(expr)
  if (value.type === 'conditional')
    return isOpenFormat(python, value.then) || isOpenFormat(python, value.otherwise)
  const folded = fixedValue(python.fold(value))
  if (folded !== undefined)
    return typeof folded === 'string' && /^(torch\.)?(float|bfloat|fp|bf)(8|16|64)|half|auto/.test(folded)
  const { type } = value
  if (type === 'subscript' || type === 'call') return /dtype|precision/i.test(textOf(python, value))
  if (type !== 'name' && type !== 'attribute') return false
  const name = python.nameOf(value)
  if (name !== null && !/dtype$/i.test(name)) return false
  if (type === 'name') return /dtype|precision|format/i.test(value.id)
  if (!/dtype|precision|format/i.test(value.attr)) return false
  // The format of another tensor takes nothing away.
  return value.value.type !== 'name' || value.attr !== 'dtype' || ofNetwork.test(value.value.id)
}

function textOf({ text }: PythonModule, { start, end }: Expr): string {
  return text.slice(start, end)
}

/** The switch of an `autocast` or `GradScaler` that holds the offset; null: it has none. */
function switchAt(python: PythonModule, offset: number): Condition | null {
  const around = python.calls.filter(
    ({ method, expr }) =>
      /^(autocast|GradScaler)$/.test(method) && expr.start <= offset && offset <= expr.end,
  )
  const call = around.at(-1)
  const enabled = call === undefined ? null : passedExpression(python.argument(call, 'enabled'))
  return enabled === null ? null : python.condition(enabled)
}
