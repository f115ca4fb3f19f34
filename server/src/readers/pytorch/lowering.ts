/** Where a program lowers the number format of its arithmetic, and on which switch that depends. */

import type { Call, Condition, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../../syntax/python-children.js'
import { sameLocation } from '../../text/location.js'
import { once } from '../../text/once.js'
import type { Origin } from '../../text/origin.js'
import { fixedValue, passedExpression } from '../../values/argument.js'
import { foldedValue } from '../../values/folded-value.js'
import type { Keyed } from '../../values/operations.js'
import { absent, originOf, unreadable } from '../../values/operations.js'
import type { Locator } from '../../values/source.js'
import type { Settled, Value } from '../../values/value.js'
import type { Place } from '../../workload/builder.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { autocastFormats } from './autocast-format.js'
import { conditionsOfArms } from './conditional-arms.js'
import { codeMatches } from './evidence.js'
import { followsEngine } from './lowering-engine.js'

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
  switched: Switch | null
  /** Somewhere, as far as can be seen whatever is passed. */
  always: boolean
}

/** What lowers it, as clauses, and what leaves it as it is. */
export interface Switch {
  on: string[]
  off: string[]
  /** It lowers it unless somebody decides otherwise; null: not known. */
  byDefault: boolean | null
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
  return { key, value: switchedValue(switched, { ...origin, state: 'known', value: lowered }, origin) }
}

/** What is lowered by a switch, and fp32 without it. */
export function switchedValue(
  { on, off, byDefault }: Switch,
  lowered: Settled<Precision>,
  origin: Origin,
): Value<Precision> {
  const full = { ...originOf(origin), state: 'default' as const, value: 'fp32' as const }
  return {
    ...originOf(origin),
    state: 'choice',
    options: [
      { value: lowered, when: on.join(' or '), byDefault: byDefault === true },
      { value: full, when: off.join(' and '), byDefault: byDefault === false },
    ],
  }
}

/** What switches a lowering of the module on, as a clause; null: nothing does, or not everywhere. */
export function switchOfLowering(python: PythonModule): string | null {
  return once(python, 'lowering', () => find(python)).switched?.on.join(' or ') ?? null
}

/** What would have to hold for a lowering of the module to run, which never does; null: there is none. */
export function switchedOffLowering(python: PythonModule): string | null {
  const dead = python.dead.find(({ start, end }) => inDeadCode.test(python.text.slice(start, end)))
  if (dead === undefined) return null
  const { holds, fails, value } = dead.condition
  return value === true ? fails : holds
}

/**
 * What a file of the project says of the precision, where its no is all that keeps code from running whose text matches: fp32, at
 * the place of that no. Null: something else decides.
 */
export function switchedOffByFile(
  python: PythonModule,
  locator: Locator,
  text: RegExp = inDeadCode,
): Keyed<Precision> | null {
  const dead = python.dead.filter(({ start, end }) => text.test(python.text.slice(start, end)))
  const chosen = conditionsOfArms(python, text)
  // A condition that lets it through, or that nobody can tell.
  if (chosen.some(({ value }) => value !== false)) return null
  const all = [...dead.map(({ condition }) => condition), ...chosen].map((condition) =>
    noOfFile(python, locator, condition),
  )
  const [first] = all
  const same = (one: Keyed<Precision> | null): boolean =>
    first != null && one !== null && sameLocation(one.value.location, first.value.location)
  return first !== undefined && all.every(same) ? first : null
}

function noOfFile(
  python: PythonModule,
  locator: Locator,
  { test, value, negated }: Condition,
): Keyed<Precision> | null {
  if (test === null || value !== false || negated) return null
  const place = { start: test.start, end: test.end }
  const said = foldedValue(python.fold(test), place, place, locator)
  if (said.state !== 'known' || said.channel !== 'named file' || said.value === true) return null
  return { key: lastKey(test) ?? 'precision', value: { ...said, value: 'fp32' } }
}

/** 'amp' of `config['train']['amp']`, `config.train.amp`, `config.get('amp')`. */
export function lastKey(test: Expr): string | null {
  const key =
    test.type === 'subscript' ? test.index : test.type === 'call' ? (test.args[0]?.value ?? null) : null
  if (test.type === 'attribute') return test.attr
  if (test.type === 'name') return test.id
  return key?.type === 'constant' && typeof key.value === 'string' ? key.value : null
}

/** Something in the module lowers the format, calls of `except` aside. */
export function lowersHere(python: PythonModule, except: readonly string[] = []): boolean {
  return offsets(python, except).some((offset) => !followsEngine(python, offset))
}

function find(python: PythonModule): Lowering {
  let leftOut = optionLeftOut(python, inDeadCode)
  const switches: Switch[] = []
  const always: Lowering = { leftOut: null, switched: null, always: true }
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
    const open = [
      ...conditionsAround(python, offset),
      ...(own === null ? [] : [{ condition: own, holds: true }]),
    ]
    const decided = switchOf(open)
    if (decided === null) return always
    switches.push(decided)
  }
  const switched = together(switches)
  if (switches.length > 0 && switched === null) return always
  // What only speaks of a format under a condition is no switch of it.
  if (switched !== null && switched.byDefault !== false && !python.calls.some(setsFormat)) return always
  return { leftOut, switched, always: false }
}

/** The switch that decides among conditions; null: none of them is open. */
function switchOf(open: readonly Test[]): Switch | null {
  const usual = open.filter(({ condition }) => condition.value === null)
  // What one condition keeps from running stays off, whatever the others say.
  const only =
    [...usual].reverse().find(({ condition, holds }) => condition.byDefault === !holds) ?? usual.at(-1)
  if (only === undefined) return null
  const { condition, holds } = only
  const [on, off] = holds ? [condition.holds, condition.fails] : [condition.fails, condition.holds]
  const byDefault = condition.byDefault === null ? null : condition.byDefault === holds
  return { on: [on], off: [off], byDefault }
}

/** What switches code at an offset on; null: nothing that could be named. */
export function switchAround(python: PythonModule, offset: number): Switch | null {
  return switchOf(conditionsAround(python, offset))
}

/** The option that would have had code run which never does, and whose text matches; null: there is none. */
export function optionLeftOut(python: PythonModule, text: RegExp): string | null {
  for (const { start, end, condition } of python.dead)
    if (text.test(python.text.slice(start, end))) {
      const option = optionOf(condition)
      if (option !== null) return option
    }
  return null
}

/** Switches of which each lowers it: off by default where all of them are; null where they do not agree. */
function together(switches: readonly Switch[]): Switch | null {
  const [first] = switches
  if (first === undefined) return null
  const on = [...new Set(switches.flatMap((one) => one.on))]
  const off = [...new Set(switches.flatMap((one) => one.off))]
  if (on.length > 1 && switches.some(({ byDefault }) => byDefault !== false)) return null
  return on.length > mostClauses
    ? { on: ['an option asks for it'], off: ['no option asks for it'], byDefault: false }
    : { on, off, byDefault: first.byDefault }
}

const mostClauses = 3

type Test = { condition: Condition; holds: boolean }

/** The open conditions around a place, and around all calls of the function that it stands in where they agree. */
function conditionsAround(python: PythonModule, offset: number, depth = 0): Test[] {
  const reach = python.reach(offset)
  const open = reach.state === 'sometimes' ? reach.conditions : []
  const holding = python.functions.filter(({ node }) => node.start <= offset && offset < node.end)
  const func = depth > 2 ? undefined : holding.at(-1)
  if (func === undefined || open.some(({ condition, holds }) => condition.byDefault === !holds)) return open
  if (func.class !== null || python.outsideCalls(func).length > 0) return open
  const sites = python.callSites(func)
  if (sites === null || sites.length === 0) return open
  const around = sites.map(({ expr }) => conditionsAround(python, expr.start, depth + 1))
  // Each call is kept from running, by what may differ from the others.
  const keeping = around.map((tests) => tests.find(({ condition, holds }) => condition.byDefault === !holds))
  if (keeping.some((one) => one === undefined)) return open
  return [...keeping.filter((one) => one !== undefined).slice(0, 1), ...open]
}

/** A call that sets the format of what follows, or of a model. */
function setsFormat({ method, name }: Call): boolean {
  return /^(autocast|GradScaler|half|bfloat16)$/.test(method) || apexFormats.test(name ?? '')
}

/** Its optimisers, layers and distribution leave the format alone. */
const apexFormats = /^apex\.(amp|fp16_utils)\./

/** What only goes with a format that another call sets: scaling the loss of `amp.initialize`, of an autocast. */
function onlyAccompanies(python: PythonModule, { name, method }: Call): boolean {
  if (/^apex\.amp\.(scale_loss|master_params|(load_)?state_dict)$/.test(name ?? ''))
    return once(python, 'apex initialises', () => python.callsTo('apex.amp.initialize').length > 0)
  // Without an autocast it scales losses in fp32. Where its name is not known, it may be more.
  return method === 'GradScaler' && (scaler.test(name ?? '') || codeMatches(python, /\bautocast\b/))
}

const scaler = /^torch\.(cuda\.)?amp\.(\w+\.)*GradScaler$/

/** The option that would make it true, as it is passed; only a switch can be passed without a value. */
function optionOf({ option, negated, value }: Condition): string | null {
  return value === false && !negated && option?.kind === 'store true' ? `--${option.flags.at(-1)}` : null
}

/** Calls in code that never runs are not listed; its text says enough to name the option. */
const inDeadCode = /\b(autocast|GradScaler|bfloat16|bf16|fp16|float16|amp|apex)\b|\.half\(/

const shortFormats =
  /^torch\.(float16|half|bfloat16|float64|double|float8\w*|(cuda\.)?(Half|BFloat16|Double)Tensor)$/
const loweringCalls =
  /^(torch\.(autocast|amp\..*|set_default_(dtype|tensor_type)|cuda\.amp\..*|distributed\.fsdp\.(\w+\.)*MixedPrecision\w*)|apex\.(amp|fp16_utils)\..*|transformer_engine\..*|torchao\.(float8|prototype)\..*|bitsandbytes\..*|transformers\.BitsAndBytesConfig)$/
const loweringMethods = /^(autocast|GradScaler|half|bfloat16|set_policy|set_default_dtype)$/
/** What projects call functions and switches that lower the format. */
const loweringNames = /(^|_)(amp|fp16|bf16|fp8|half|mixed_?precision)($|_)|autocast|MixedPrecision/i
const loweringKeywords = /^(load_in_[48]bit|amp|use_amp|fp16|bf16|mixed_precision|precision|amp_\w+)$/
/** Their functions of such names compute scores and levels, and their `dtype` is that of arrays on the host. */
const plainLibraries =
  /^(numpy|pandas|cupy|tensorflow|jax|cv2|polars|scipy|sklearn|librosa|torchaudio|torchmetrics)\./
const off = new Set<unknown>([false, null, 'no', 'none', 'off', 'fp32', '32', 32, '32-true', 'float32', 0])

/** Where the code lowers a format: short formats by name, and calls that do it or may. */
export function offsets(python: PythonModule, except: readonly string[] = []): number[] {
  return once(python, `lowering offsets ${except.join(' ')}`, () => {
    const found: number[] = []
    const visit = (expr: Expr): void => {
      // A format that is compared with is asked for.
      if (expr.type === 'binary' && /^(==|!=|in|not in|is|is not)$/.test(expr.op)) return
      if (expr.type === 'name' || expr.type === 'attribute') {
        if (shortFormats.test(python.nameOf(expr) ?? '')) found.push(expr.start)
        return
      }
      // `opener = torch.autocast if args.amp else nullcontext`: the one that is taken decides.
      if (expr.type === 'conditional')
        for (const side of [expr.then, expr.otherwise])
          if (/^(name|attribute)$/.test(side.type) && loweringCalls.test(python.nameOf(side) ?? ''))
            found.push(side.start)
      if (expr.type === 'call') {
        const call = python.callAt(expr)
        if (call !== null) found.push(...loweredBy(python, call, except))
        if (expr.callee.type === 'attribute') visit(expr.callee.value)
        for (const { value } of expr.args) visit(value)
        return
      }
      forEachChild(expr, visit)
    }
    for (const statement of python.statements) {
      if (statement.type === 'import' || statement.type === 'class') continue
      if (statement.type === 'function') {
        statement.decorators.forEach(visit)
        for (const { default: otherwise } of statement.params) if (otherwise !== null) visit(otherwise)
      } else forEachExpression(statement, visit)
    }
    return [...new Set(found)].sort((a, b) => a - b)
  })
}

export const defaultFormat = 'torch.set_default_dtype'

/** `torch.set_default_dtype(torch.float32)`: what it is anyway. */
export function keepsFp32(python: PythonModule, call: Call): boolean {
  const format = passedExpression(python.argument(call, 'd', 0))
  return (
    call.name === defaultFormat && format !== null && /^torch\.float(32)?$/.test(python.nameOf(format) ?? '')
  )
}

function loweredBy(python: PythonModule, call: Call, except: readonly string[]): number[] {
  const { name, method, expr } = call
  if ((name !== null && except.includes(name)) || keepsFp32(python, call)) return []
  if (onlyAccompanies(python, call) || isChosen(python, call) || isOfResult(python, call)) return []
  if (isOfInference(python, call)) return []
  const at = [expr.callee.end]
  // Each of its formats stands in the file, with what decides about it.
  if (name === 'torch.autocast' && autocastFormats(python, call)?.has('fp32') === true) return []
  if (name !== null && loweringCalls.test(name)) return at
  if (expr.callee.type === 'attribute' && loweringMethods.test(method)) return at
  if (expr.callee.type === 'attribute' && method === 'double' && !isCount(python, call)) return at
  // `getattr(torch, args.dtype)`.
  if (expr.callee.type === 'name' && method === 'getattr' && python.nameOf(expr.args[0]!.value) === 'torch')
    return at
  // `network_to_half(model)` of a module that is not here.
  if (loweringNames.test(method) && !plainLibraries.test(name ?? '') && !isFollowed(python, call)) return at
  const arrays = plainLibraries.test(name ?? '') || makesTensor.test(name ?? '')
  return expr.args.flatMap(({ name: keyword, value }) => {
    if (keyword === null) return method === 'to' && isOpenFormat(python, value) ? [value.start] : []
    if (/^(torch_)?dtype$/.test(keyword)) return !arrays && isOpenFormat(python, value) ? [value.start] : []
    if (!loweringKeywords.test(keyword) || isFollowed(python, call)) return []
    const fixed = fixedValue(python.fold(value))
    return fixed !== undefined && off.has(fixed) ? [] : [value.start]
  })
}

/** The format of one tensor that is made says nothing of the network's. */
export const makesTensor =
  /^torch\.(zeros|ones|full|empty|eye|arange|range|linspace|logspace|tensor|as_tensor|scalar_tensor|rand(n|int|perm)?|\w+_like)$/

/** An autocast around what a function for validation computes, which says nothing of the training beside it. */
export function isOfInference(python: PythonModule, { name, method, function: func }: Call): boolean {
  if (func === null || (name !== 'torch.autocast' && method !== 'autocast') || !infers.test(func.name))
    return false
  const { backward, optimizerStep, trains } = python.effectsOfFunction(func)
  return !backward && !optimizerStep && !trains
}

const infers = /valid|eval|infer|predict|(^|_)test(_|$)|generate_(images|samples)|log_(images|samples)/i

/** What is called is one of two, and seen where that is decided. */
export function isChosen(python: PythonModule, { expr: { callee } }: Call): boolean {
  return callee.type === 'name' && python.definition(callee).type === 'conditional'
}

/** `(predicted == y).double().mean()`: a count of hits that is divided by their number. */
function isCount(python: PythonModule, { expr }: Call): boolean {
  return /^[\s)]*([/*]|\.(mean|sum|item|div|cpu|numpy)\b)/.test(python.text.slice(expr.end, expr.end + 20))
}

/** `return logits.double()`, `loss.half()`: the format of what comes out says nothing of the training. */
function isOfResult(python: PythonModule, { method, statement, expr }: Call): boolean {
  if (!/^(double|half|bfloat16)$/.test(method) || expr.callee.type !== 'attribute') return false
  let receiver = expr.callee.value
  while (
    receiver.type === 'call' &&
    receiver.callee.type === 'attribute' &&
    /^(squeeze|unsqueeze|float|view|reshape|detach|cpu|mean|sum|item)$/.test(receiver.callee.attr)
  ) {
    // No gradient comes back through it.
    if (receiver.callee.attr === 'detach') return true
    receiver = receiver.callee.value
  }
  if (receiver.type === 'call') {
    const { callee, args } = receiver
    // What a layer of the class gives for an input, not what one of its methods makes.
    const layer = callee.type === 'attribute' && callee.value.type === 'name' && callee.value.id === 'self'
    return layer && args.length > 0 && python.functionOf(callee) === null
  }
  if (receiver.type !== 'name') return false
  return results.test(receiver.id) || (statement.type === 'return' && passedOn.test(receiver.id))
}

const passedOn = /^([xyzhpq]|out\w*)(_\w+)?$/
const results =
  /(^|_)(y_?hat|x_?hat|pred\w*|out|outputs?|logits?|loss(es)?|metrics?|acc(uracy)?|scores?|prob\w*|correct|hits|errors?|dist(ance)?s?|labels?|targets?)$/i

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
