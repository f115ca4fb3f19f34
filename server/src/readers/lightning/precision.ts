/** The `precision` of a Lightning `Trainer` or `Fabric`. */

import type { Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { ChangeTarget } from '../../text/change-target.js'
import type { Json } from '../../text/json.js'
import { knownArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { convert, firstKeyed, orDefault, unreadable } from '../../values/operations.js'
import { takesWord } from '../../values/option-value.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, type Given } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { LaunchValue } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { overflowsInHalf } from '../huggingface/weights.js'
import { isSetByLaunch } from '../launch-flag.js'
import { environmentValue, launchedValue } from '../launched-value.js'
import { codeText } from '../pytorch/evidence.js'
import { usesAround } from '../pytorch/library-uses.js'
import { solvers, sparseRefusal } from '../pytorch/loop-facts.js'
import { defaultFormat, keepsFp32 } from '../pytorch/lowering.js'
import { refusedBecause, refusedLossOfFit } from '../pytorch/refused-losses.js'
import { isModel } from '../pytorch/switches.js'
import type { ReaderContext } from '../reader.js'
import { precisionFrom, trainerSettings } from './settings.js'

export interface PrecisionSource {
  /** Before version 2, whose words for precision are others. */
  older: boolean
  /** The variable that carries the argument where it is left out, and the launcher's flag. */
  variable: string
}

export function readPrecision(
  python: PythonModule,
  call: Call,
  source: PrecisionSource,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const key = 'precision'
  const place = calleePlace(call)
  const target: ChangeTarget = { kind: 'call', role: 'trainer', ...(source.older ? { older: true } : {}) }
  const site = callSite(call, target)
  const elsewhere = decidedElsewhere(python, call)
  if (elsewhere !== null) {
    training.unknown(key, key, elsewhere, place, { site })
    return
  }
  const { locator } = training
  const given = trainerSettings.argumentsOf(python, call, locator, target).get(key)
  const written = isSetByLaunch(given) ? changedAtLaunch(python, call, given, source.older) : given
  const { variable } = source
  const { key: word, value } = firstKeyed(
    { key, value: written },
    { key: '--precision', value: launchedValue(launcherFlag(context), 'launch flag', written) },
    { key: variable, value: environmentValue(python, variable, context.binding, written, locator) },
  )
  claimPrecision(python, training, word, convert(value, precisionFrom))
}

/** The word that makes it fp16 there, where the launch gives the trainer its word as it is. */
function changedAtLaunch(python: PythonModule, call: Call, given: Given<Json>, older: boolean): Given<Json> {
  const word = older ? '16' : '16-mixed'
  const passed = passedExpression(python.argument(call, 'precision'))
  const name = passed === null ? null : optionNamed(python, python.definition(passed))
  const [option, another] = python.programArguments.filter((one) => one.name === name)
  if (option === undefined || another !== undefined || !takesWord(python, option, word)) return given
  if (whyNotHalf(python) !== null) return given
  return { ...given, site: { ...given.site, target: { kind: 'launch value', text: word } } }
}

/** `args.precision`, or the parameter of a command; what is looked up or put together is another word. */
function optionNamed(python: PythonModule, value: Expr): string | null {
  if (value.type === 'attribute') return value.attr
  return value.type === 'name' && python.bindingsOf(value).every(({ kind }) => kind === 'param')
    ? value.id
    : null
}

/** Why its arithmetic does not fit into fp16. Null: it may. */
export function whyNotHalf(python: PythonModule): Refusal | null {
  if (overflowsInHalf(python)) return { reason: 'T5 and Gemma models overflow in fp16; they need bf16' }
  if (python.usesHere('pytorch_forecasting.'))
    return {
      reason:
        'attention of PyTorch Forecasting is masked with -1e9, which fp16 does not hold: set mask_bias first',
    }
  const refused = refusedLossOfFit(python)
  if (refused !== null) return { reason: refusedBecause(refused.loss, refused.maybe) }
  const sparse = sparseRefusal(python)
  return sparse === null ? null : { reason: sparse }
}

/** Full precision says nothing where the code computes in another format by itself. */
export function claimPrecision(
  python: PythonModule,
  training: SubjectBuilder<'Training'>,
  word: string,
  given: Given<Precision>,
): void {
  const value = orDefault(given, 'fp32')
  const short = effective(value) !== undefined && effective(value) !== 'fp32'
  const lowered = short ? null : lowersByHand(python)
  training.say('precision', word, lowered === null ? value : unreadable(value, lowered))
}

/** Plugins and strategy objects may bring a format of their own. */
function decidedElsewhere(python: PythonModule, call: Call): string | null {
  const plugins = python.argument(call, 'plugins')
  const plugged = passedExpression(plugins)
  if (plugged === null ? mayBePassed(plugins) : !plainPlugins(python, plugged)) return 'a plugin'
  const strategy = python.argument(call, 'strategy')
  const passed = passedExpression(strategy)
  if (passed === null) return mayBePassed(strategy) ? 'the strategy' : null
  const made = python.definition(passed)
  if (made.type === 'call' && !plainStrategy(python, made)) return 'the strategy'
  return /colossal|bagua/.test(String(knownArgument(strategy))) ? 'the strategy' : null
}

function plainPlugins(python: PythonModule, expr: Expr): boolean {
  const value = python.definition(expr)
  if (value.type === 'constant') return value.value === null || typeof value.value === 'string'
  const items = value.type === 'list' || value.type === 'tuple' ? value.items : [value]
  return items.every((item) => {
    const one = python.definition(item)
    if (one.type !== 'call') return false
    return /(Environment|CheckpointIO|BatchNorm\w*|Plugin_)$/.test(
      python.text.slice(one.callee.start, one.callee.end),
    )
  })
}

function plainStrategy(python: PythonModule, made: Expr & { type: 'call' }): boolean {
  const name = python.nameOf(made.callee)
  if (name === null || !name.startsWith('lightning.')) return false
  return made.args.every(
    (one) => one.star === 0 && !/precision|^config$|dtype|fp16|bf16|^accelerator$/.test(one.name ?? ''),
  )
}

/** `fabric run --precision bf16-mixed script.py` */
function launcherFlag({ binding }: ReaderContext): LaunchValue | undefined {
  const launch = binding?.launch
  return /^(fabric|lightning)/.test(launch?.launcher ?? '') ? launch?.launcherFlags.precision : undefined
}

const shortening =
  /\bautocast\b|\.(half|bfloat16)\s*\(\)|torch\.(bfloat16|float16|half)\b|load_in_[48]bit|BitsAndBytesConfig|torch\.(float64|double)\b/

/** Weights or arithmetic that the module itself shortens, or that a short format would spoil. */
function lowersByHand(python: PythonModule): string | null {
  // Their step control compares errors that short formats drown.
  if (python.uses(...solvers)) return 'a solver of differential equations'
  if (
    shortening.test(codeText(python)) ||
    python.calls.some((call) => doublesNetwork(python, call)) ||
    python.callsTo(defaultFormat).some((call) => !keepsFp32(python, call))
  )
    return 'a format that the code sets itself'
  const uses = ['torch.autocast', '.half', '.bfloat16', 'torch.bfloat16', 'torch.float16', 'torch.half']
  return python.uses(...uses) || usesAround(python, [defaultFormat])
    ? 'a format that another module sets'
    : null
}

/** `self.double()`, `resnet50().double()`; a metric or an output may be one for itself. */
function doublesNetwork(python: PythonModule, { expr: { callee } }: Call): boolean {
  if (callee.type !== 'attribute' || callee.attr !== 'double') return false
  const { value } = callee
  return (value.type === 'name' && value.id === 'self') || isModel(python, value)
}
