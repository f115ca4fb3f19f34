/** The number format that a hand-written PyTorch loop computes in. */

import { classAt } from '../../python/definition-places.js'
import { holdsAny, usesOf } from '../../python/library-uses.js'
import type { ArgumentValue, Call, Loop, PythonModule } from '../../python/module.js'
import { isBackward } from '../../python/training-calls.js'
import type { CallExpr, Name } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import type { ProgramSwitch } from '../../text/origin.js'
import {
  fixedArgument,
  knownArgument,
  mayBePassed,
  passedExpression,
  whyUnreadable,
} from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { absent, convert, type Keyed, orDefault, stated, unreadable } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Given } from '../../values/value.js'
import type { Binding } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { onLaunchLine } from '../launch-flag.js'
import { isBefore } from '../versions.js'
import { autocastFormats } from './autocast-format.js'
import { trainedNetwork } from './defined-network.js'
import { launchedOff } from './launched-switch.js'
import { usesAny, usesAround } from './library-uses.js'
import { lowersOnlyBeside } from './lowered-beside.js'
import {
  isChosen,
  isOfInference,
  loweringOf,
  lowersHere,
  type Spot,
  switchAround,
  switchedOffByFile,
  switchedValue,
} from './lowering.js'

const key = 'torch.autocast'

const firstAutocast = '1.6'
const tooOld = `torch has no autocast before ${firstAutocast}`

/** The same as canonical names that other modules of the program use. */
const loweringUses = [
  'torch.autocast',
  'torch.amp.',
  'apex.amp.initialize',
  'apex.fp16_utils.',
  '.half',
  '.bfloat16',
  'torch.bfloat16',
  'torch.float16',
  'torch.half',
  'torch.set_default_dtype',
  'torch.set_default_tensor_type',
  'torch.distributed.fsdp.MixedPrecision',
  // Its `mixed_precision` may come from anywhere.
  'torch.distributed.fsdp.FullyShardedDataParallel',
  'transformer_engine.',
  'torchao.float8.',
  'bitsandbytes.',
  'transformers.BitsAndBytesConfig',
]

/** Engines around a loop whose own readers claim the precision. */
const loopEngines = ['accelerate.Accelerator', 'lightning.fabric.Fabric']

const engines = [
  'deepspeed.',
  'colossalai.',
  'megatron.',
  'fairscale.',
  'composer.',
  'torch.distributed.rpc.',
  'torch.distributed.autograd.',
]

/**
 * Language models are mostly stored in 16 bits. Version 5 of transformers loads them as they are stored; before, they
 * came out in fp32.
 */
const storedShort =
  /^transformers\.(AutoModelFor(CausalLM|ImageTextToText|Vision2Seq|MultimodalLM)|(Llama|Mistral|Mixtral|Qwen|Gemma|Phi|Falcon|DeepSeek|Olmo|Bloom|Mamba|Llava|Paligemma|Idefics)\w*)\.from_pretrained$/

/** Absent: an engine around the loop decides, and its own reader speaks. */
export function precisionOf(
  python: PythonModule,
  loop: Loop,
  versions: Record<string, string>,
  spot: Spot,
  binding: Binding | null,
): Keyed<Precision> {
  const unknown = (because: string): Keyed<Precision> => ({ key, value: unreadable(originAt(spot), because) })
  for (const engine of engines)
    if (usesAny(python, [engine])) return unknown(`${engine.slice(0, -1)} decides`)
  if (isBefore(versions, ['torch'], firstAutocast)) return unknown(tooOld)
  const autocasts = once(python, 'autocasts', () =>
    python
      .callsTo('torch.autocast')
      .filter((call) => !isChosen(python, call) && !isOfInference(python, call)),
  )
  const apart = !loop.effects.calls.has('torch.autocast') && lowersOnlyBeside(python, loop)
  const lowered: Keyed<Precision> = apart
    ? { key, value: absent(originAt(spot)) }
    : loweringOf(python, spot, formatOf(python, autocasts))
  const nowhere = lowered.value.state === 'absent'
  const said = autocasts.length > 0 && !apart ? fromAutocasts(python, loop, autocasts, spot) : null
  const own = autocastsOf(python, loop, autocasts)
  const unguarded = own.every((call) => python.reach(call.expr.start).state === 'always')
  if (said?.state === 'known' && lowered.key === key && unguarded) return { key, value: said }
  if (said !== null && lowered.value.state === 'unknown') return { key, value: said }
  if (once(python, 'loop engines', () => python.usesHere(...loopEngines)))
    return lowersHere(python, loopEngines)
      ? unknown('precision is lowered elsewhere in the file')
      : { key, value: absent(originAt(spot)) }
  if (usesAny(python, [...loopEngines, 'lightning.fabric.']))
    return unknown('an engine that another module makes')
  if (lowered.value.state === 'choice' && !usesAround(python, loweringUses)) return lowered
  const taken = takesLoss(python, loop)
  const beside = taken === null ? null : besideOwn(python, loop, taken.call, spot)
  const leftToTaker = beside === null && !loop.effects.calls.has('torch.autograd.backward')
  if (taken !== null && leftToTaker) return unknown(`${taken.taker} decides`)
  if (!nowhere || isLoweredAround(python)) return unknown('precision is lowered elsewhere in the program')
  if (namesNetworks(python)) return unknown(named)
  if (hasDoubleLayers(python)) return unknown('layers of the network are made in float64')
  const major = Number.parseInt(versions.transformers ?? '5', 10)
  if (major >= 5 && loadsStored(python)) return unknown('the weights come in the format they are stored in')
  if (beside !== null) return beside
  const off = switchedOffByFile(python, spot.locator)
  if (off !== null) return off
  return lowered.key === key || binding === null
    ? { key, value: orDefault(absent(originAt(spot)), 'fp32', false) }
    : leftOut(spot, lowered.key, binding)
}

function originAt({ locator, place, site }: Spot): ReturnType<Spot['locator']['origin']> {
  return locator.origin(place, { site })
}

/** The launch leaves out the option that would lower it: the finding stands there. */
function leftOut({ locator, place }: Spot, option: string, binding: Binding): Keyed<Precision> {
  const origin = locator.origin(place, onLaunchLine(binding))
  return { key: option, value: orDefault(absent(origin), 'fp32', false) }
}

/** `fabric.backward(loss)` or `engine.backward(loss)`: whoever takes the loss may also choose the format. */
function takesLoss(python: PythonModule, loop: Loop): { taker: string; call: Call } | null {
  const foreign = handedLosses(python).get(loop)
  if (foreign === undefined || foreign.receiver === 'torch.Tensor') return null
  const { callee } = foreign.expr
  // What a class of the project does with it is seen there.
  if (python.inheritedStep(callee) !== null) return null
  const named = callee.type === 'attribute' ? python.text.slice(callee.value.start, callee.value.end) : ''
  return /accelerator|fabric|engine|scaler|trainer|optimizer|^self$|lite/i.test(named)
    ? { taker: named, call: foreign }
    : null
}

/** `if args.fp16: optimizer.backward(loss)`, and `loss.backward()` where it is off: the switch decides. */
function besideOwn(python: PythonModule, loop: Loop, taking: Call, spot: Spot): Keyed<Precision> | null {
  const own = python.calls.some(
    (call) => call.loops.at(-1) === loop && isBackward(call) && call.expr.args.length === 0,
  )
  const switched = own ? switchAround(python, taking.expr.start) : null
  if (switched === null) return null
  const origin = originAt(spot)
  return { key, value: switchedValue(switched, { ...origin, state: 'known', value: 'fp16-mixed' }, origin) }
}

/** What the autocasts of a program lower it to, where they are switched on. */
function formatOf(python: PythonModule, autocasts: Call[]): Precision {
  for (const call of autocasts) {
    const dtype = passedExpression(python.argument(call, 'dtype', 1))
    if (dtype !== null && /bfloat16$/.test(python.nameOf(python.definition(dtype)) ?? '')) return 'bf16-mixed'
  }
  return 'fp16-mixed'
}

/** The format of a function that a loop in another module calls for each batch. */
export function precisionOfStep(
  python: PythonModule,
  versions: Record<string, string>,
  spot: Spot,
): Keyed<Precision> {
  const major = Number.parseInt(versions.transformers ?? '5', 10)
  const because =
    (isBefore(versions, ['torch'], firstAutocast) ? tooOld : null) ??
    loweredElsewhere(python, spot) ??
    (namesNetworks(python) ? named : null) ??
    (major >= 5 && loadsStored(python) ? 'the weights come in the format they are stored in' : null)
  const origin = originAt(spot)
  return {
    key,
    value: because === null ? orDefault(absent(origin), 'fp32', false) : unreadable(origin, because),
  }
}

/** Why the precision of a step cannot be told from the code of the step; null: nothing in the program lowers it. */
export function loweredElsewhere(python: PythonModule, spot: Spot): string | null {
  for (const engine of engines) if (usesAny(python, [engine])) return `${engine.slice(0, -1)} decides`
  if (usesAny(python, loopEngines)) return 'an engine decides'
  const here = loweringOf(python, spot, 'fp16-mixed').value.state !== 'absent'
  return here || isLoweredAround(python) ? 'precision is lowered elsewhere in the program' : null
}

/** Modules around this one lower it; `.double()` there is a metric, or what comes out of the network. */
function isLoweredAround(python: PythonModule): boolean {
  const around = [...python.importers, ...python.imported, ...python.programs]
  return (
    usesAround(python, loweringUses) ||
    around.some(({ autocasts, shortWeights }) => autocasts === true || shortWeights === true)
  )
}

const named = 'a text names the class of the network'

/** `cls = load_model_class(config.arch.name)`, where that imports a module by its name: what `cls(config)` computes in is not seen. */
function namesNetworks(python: PythonModule): boolean {
  return once(python, 'names networks', () =>
    python.calls.some(({ expr: { callee } }) => {
      const made = callee.type === 'name' ? python.definition(callee) : callee
      return made.type === 'call' && importsByName(python, made)
    }),
  )
}

/** `nn.Linear(…, dtype=torch.float64)`: autocast leaves such a layer as it is. */
function hasDoubleLayers(python: PythonModule): boolean {
  return once(python, 'double layers', () => {
    const made = trainedNetwork(python)
    const found = made === null ? null : classAt(python, made.callee)
    if (found === null) return false
    const { klass, python: there } = found
    return there.calls.some((call) => {
      if (call.expr.start < klass.node.start || call.expr.end > klass.node.end) return false
      const dtype = passedExpression(there.argument(call, 'dtype'))
      const name = dtype === null ? null : there.nameOf(there.definition(dtype))
      return /^torch\.nn\.[A-Z]/.test(call.name ?? '') && /^torch\.(float64|double)$/.test(name ?? '')
    })
  })
}

const importing = /^(importlib\.import_module|__import__|hydra\.utils\.get_class|pydoc\.locate)$/

function importsByName(python: PythonModule, { callee }: CallExpr): boolean {
  const own = python.functionOf(callee)
  const calls =
    own === null ? (python.importedFunction(callee)?.calls ?? []) : python.effectsOfFunction(own).calls
  const name = python.nameOf(callee)
  return [...calls, ...(name === null ? [] : [name])].some((one) => importing.test(one))
}

/** Backward calls that are handed the loss, by the loop that they stand in. */
function handedLosses(python: PythonModule): Map<Loop, Call> {
  return once(python, 'handed losses', () => {
    const found = new Map<Loop, Call>()
    for (const call of python.calls) {
      const loop = call.loops.at(-1)
      if (loop === undefined || found.has(loop) || !isBackward(call)) continue
      if (call.expr.args.some((one) => one.name === null && one.value.type === 'name')) found.set(loop, call)
    }
    return found
  })
}

function loadsStored(python: PythonModule): boolean {
  return once(python, 'loads stored', () => storedUse(python))
}

function storedUse(python: PythonModule): boolean {
  const modules = [...python.importers, ...python.imported, ...python.programs]
  const around = modules.flatMap(({ pretrained = [] }) => pretrained)
  return [...python.calls.map((call) => call.name ?? ''), ...around].some((name) => storedShort.test(name))
}

/** The autocasts that a loop enters, in functions that it calls as well; all of them where none can be told apart. */
function autocastsOf(python: PythonModule, loop: Loop, autocasts: Call[]): Call[] {
  const entered = new Set(loop.calls)
  const waiting = [...loop.calls]
  for (let call = waiting.pop(); call !== undefined; call = waiting.pop()) {
    for (const inner of python.functionOf(call.expr.callee)?.calls ?? []) {
      if (entered.has(inner)) continue
      entered.add(inner)
      waiting.push(inner)
    }
  }
  const own = autocasts.filter((call) => entered.has(call))
  return own.length > 0 ? own : autocasts
}

function fromAutocasts(python: PythonModule, loop: Loop, autocasts: Call[], spot: Spot): Given<Precision> {
  if (loop.effects.calls.has('torch.autocast'))
    return agreement(python, autocastsOf(python, loop, autocasts), spot)
  const named = enteredByName(python, loop, autocasts)
  return named.length > 0
    ? agreement(python, named, spot)
    : unreadable(originAt(spot), 'autocast is used elsewhere in the file')
}

/** `with ctx:` in a loop, of the autocasts that `ctx` was given before: `ctx = nullcontext() if … else torch.autocast(…)`. */
function enteredByName(python: PythonModule, { node }: Loop, autocasts: Call[]): Call[] {
  const given = namedContexts(python)
    .filter(({ start, end }) => node.start <= start && end <= node.end)
    .flatMap((name) => python.bindingsOf(name).flatMap(({ value }) => value ?? []))
  return autocasts.filter(({ expr }) =>
    given.some((value) => value.start <= expr.start && expr.end <= value.end),
  )
}

function namedContexts(python: PythonModule): Name[] {
  return once(python, 'named contexts', () =>
    python.statements.flatMap((one) =>
      one.type === 'with' ? one.items.flatMap(({ value }) => (value.type === 'name' ? [value] : [])) : [],
    ),
  )
}

/** What all these autocast blocks say. */
function agreement(python: PythonModule, autocasts: Call[], spot: Spot): Given<Precision> {
  let found: Given<Precision> | null = null
  for (const call of autocasts) {
    const one = fromAutocast(python, call, spot)
    if (one.state !== 'known') return one
    if (found?.state === 'known' && found.value !== one.value)
      return unreadable(originAt(spot), 'several autocast blocks disagree')
    found ??= one
  }
  return found ?? unreadable(originAt(spot), 'autocast')
}

/** `autocast(args.amp)`: an option whose value is not known here switches it. */
const switchNames = /amp|fp16|bf16|half|mixed|enable|(^|[._])use_/i

function fromAutocast(python: PythonModule, call: Call, spot: Spot): Given<Precision> {
  const unknown = (because: string): Given<Precision> => unreadable(originAt(spot), because)
  // `with autocast(...) if use_amp else nullcontext():` is as unknown as its condition.
  if (call.statement.type === 'with' && !call.statement.items.some((item) => item.value === call.expr))
    return unknown('autocast under a condition')
  let enabled = python.argument(call, 'enabled')
  let first = python.argument(call, 'device_type', 0)
  // `torch.cuda.amp.autocast(enabled)` takes the switch where `torch.autocast` takes the device.
  const given = knownArgument(first)
  const written = passedExpression(first)
  const isSwitch =
    given === undefined
      ? written !== null && switchNames.test(python.text.slice(written.start, written.end))
      : typeof given !== 'string'
  if (!mayBePassed(enabled) && isSwitch) {
    enabled = first
    first = { state: 'absent' }
  }
  if ([first, enabled].some((one) => passedExpression(one) === null && mayBePassed(one)))
    return unknown('autocast(*args)')
  const because = whyUnreadable(enabled)
  if (because !== null) return unknown(because)
  const literal = passedExpression(enabled)?.type === 'constant'
  const offBySwitch = mayBePassed(enabled) && !knownArgument(enabled)
  const open = mayBePassed(enabled) && fixedArgument(enabled) === undefined
  const origin = spot.locator.origin(calleePlace(call), {
    site: callSite(call, { kind: 'call', role: 'autocast' }),
    overridable: open || (offBySwitch && !literal && mayBeSetOutside(python)),
    ...switchOf(enabled),
  })
  if (offBySwitch) {
    const off = argumentValue(enabled, calleePlace(call), origin.site, spot.locator)
    // The switch stands in a file that the program reads: that is the place to turn it on.
    if (off.state === 'known' && off.site.keys !== undefined) return convert(off, (): Precision => 'fp32')
    const launched = launchedOff(off, passedExpression(enabled))
    if (launched !== null) return convert(launched, (): Precision => 'fp32')
    return stated(origin, 'fp32')
  }
  const dtype = python.argument(call, 'dtype', 1)
  const format = passedExpression(dtype)
  if (format === null && mayBePassed(dtype)) return unknown(whyUnreadable(dtype) ?? 'the dtype of autocast')
  if (format === null) return stated(origin, knownArgument(first) === 'cpu' ? 'bf16-mixed' : 'fp16-mixed')
  const formats = autocastFormats(python, call)
  const [only] = formats ?? []
  if (formats?.size !== 1 || only === undefined) return unknown('the dtype of autocast')
  if (only !== 'fp32') return stated(origin, only)
  const off = switchedOffByFile(python, spot.locator)?.value
  return off?.state === 'known' ? off : stated(chosenOrigin(python, call, spot), only)
}

/** An autocast that is given fp32: what is written at its place is no switch. */
function chosenOrigin(
  python: PythonModule,
  call: Call,
  { locator }: Spot,
): ReturnType<typeof locator.origin> {
  const dtype = passedExpression(python.argument(call, 'dtype', 1))
  return locator.origin(calleePlace(call), {
    site: callSite(call, { kind: 'refused', reason: 'the program chooses the format' }),
    overridable: dtype !== null && /^(subscript|call)$/.test(python.definition(dtype).type),
  })
}

/** What fills the settings of a program from its command line, or by name. */
const fillers = [
  ...['argparse.', 'click.', 'typer.', 'fire.', 'absl.', 'tap.', 'sacred.', 'gin.', 'ml_collections.'],
  ...['tyro.', 'simple_parsing.', 'draccus.', 'pyrallis.', 'jsonargparse.', 'chz.', 'hydra.', 'omegaconf.'],
  ...['dacite.', 'cattrs.', 'cattr.', 'pydantic_settings.', 'transformers.HfArgumentParser', 'trl.TrlParser'],
  ...['.parse_args', '.from_dict', 'setattr', 'optuna.', 'ray.', 'wandb.sweep', 'wandb.agent'],
]

/** Somebody could give a switch of the code another value without a change of the code; not so where the whole program is here. */
function mayBeSetOutside(python: PythonModule): boolean {
  return once(python, 'set outside', () => {
    const around = [...python.importers, ...python.programs]
    if (!python.isEntry && !around.some(({ isEntry }) => isEntry)) return true
    return usesAny(python, fillers) || python.programs.some((program) => holdsAny(usesOf(program), fillers))
  })
}

/** The switch of the command line that an argument is, as it is by default. */
function switchOf(argument: ArgumentValue): { option?: ProgramSwitch } {
  const option =
    argument.state === 'given' && argument.folded.state === 'known' ? argument.folded.option : undefined
  return option === undefined ? {} : { option }
}
