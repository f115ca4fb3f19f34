/** The number format that a hand-written PyTorch loop computes in. */
import { isBackward } from '../../python/effects.js'
import type { Call, Condition, Loop, PythonModule } from '../../python/module.js'
import {
  fixedArgument,
  knownArgument,
  mayBePassed,
  passedExpression,
  whyUnreadable,
} from '../../values/argument.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { codeMatches } from './evidence.js'
import { lowering, loweringOf } from './lowering.js'
import { once, usesAny, usesAround } from './once.js'

export type LoopPrecision =
  /** `leftOut`: an option that the launch does not pass would have lowered it. */
  | { state: 'default'; leftOut: string | null }
  /** Lowered where the condition is as `holds` says. */
  | { state: 'switched'; condition: Condition; holds: boolean; lowered: Precision }
  /** An autocast in the loop says so. `off`: it is there, but its switch is off. */
  | { state: 'known'; value: Precision; call: Call; overridable: boolean; off: boolean }
  | { state: 'unknown'; because: string }
  /** An engine around the loop decides; its own reader speaks. */
  | { state: 'engine' }

/** The same without the argument that an engine takes by itself. */
const loweringElsewhere = new RegExp(lowering.source.replace('|mixed_precision', ''))

/** The same as canonical names that other modules of the program use. */
const loweringUses = [
  'torch.autocast',
  'torch.amp.',
  'apex.',
  '.half',
  '.bfloat16',
  'torch.bfloat16',
  'torch.float16',
  'torch.half',
  'torch.set_default_dtype',
  'torch.set_default_tensor_type',
  'torch.distributed.fsdp.MixedPrecision',
  'transformer_engine.',
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

export function precisionOf(
  python: PythonModule,
  loop: Loop,
  versions: Record<string, string>,
): LoopPrecision {
  const { calls } = loop.effects
  for (const engine of engines) {
    if (usesAny(python, [engine])) return { state: 'unknown', because: `${engine.slice(0, -1)} decides` }
  }
  const autocasts = once(python, 'autocasts', () => python.callsTo('torch.autocast'))
  const lowered = loweringOf(python)
  const leftOut = lowered.state === 'nowhere' ? lowered.leftOut : null
  const said = autocasts.length > 0 ? fromAutocasts(python, loop, autocasts) : null
  const unguarded = autocasts.every((call) => python.reach(call.expr.start).state === 'always')
  if (said?.state === 'known' && leftOut === null && unguarded) return said
  if (said !== null && lowered.state === 'somewhere') return said
  if (once(python, 'loop engines', () => python.usesHere(...loopEngines))) {
    return codeMatches(python, loweringElsewhere)
      ? { state: 'unknown', because: 'precision is lowered elsewhere in the file' }
      : { state: 'engine' }
  }
  if (usesAny(python, [...loopEngines, 'lightning.fabric.'])) {
    return { state: 'unknown', because: 'an engine that another module makes' }
  }
  if (lowered.state === 'switched' && !usesAround(python, loweringUses))
    return { ...lowered, lowered: formatOf(python, autocasts) }
  // `fabric.backward(loss)` or `engine.backward(loss)`: whoever takes the loss may also choose the format.
  const foreign = handedLosses(python).get(loop)
  if (foreign !== undefined && foreign.receiver !== 'torch.Tensor' && !calls.has('torch.autograd.backward')) {
    const receiver = foreign.expr.callee.type === 'attribute' ? foreign.expr.callee.value : null
    const named = receiver === null ? '' : python.text.slice(receiver.start, receiver.end)
    if (/accelerator|fabric|engine|scaler|trainer|optimizer|^self$|lite/i.test(named)) {
      return { state: 'unknown', because: `${named} decides` }
    }
  }
  if (isLowered(python)) return { state: 'unknown', because: 'precision is lowered elsewhere in the program' }
  const major = Number.parseInt(versions.transformers ?? '5', 10)
  if (major >= 5 && loadsStored(python)) {
    return { state: 'unknown', because: 'the weights come in the format they are stored in' }
  }
  return { state: 'default', leftOut }
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
export function precisionOfStep(python: PythonModule, versions: Record<string, string>): LoopPrecision {
  const because = loweredElsewhere(python)
  if (because !== null) return { state: 'unknown', because }
  const major = Number.parseInt(versions.transformers ?? '5', 10)
  if (major >= 5 && loadsStored(python))
    return { state: 'unknown', because: 'the weights come in the format they are stored in' }
  return { state: 'default', leftOut: null }
}

/** Why the precision of a step cannot be told from the code of the step; null: nothing in the program lowers it. */
export function loweredElsewhere(python: PythonModule): string | null {
  for (const engine of engines) if (usesAny(python, [engine])) return `${engine.slice(0, -1)} decides`
  if (usesAny(python, loopEngines)) return 'an engine decides'
  return isLowered(python) ? 'precision is lowered elsewhere in the program' : null
}

function isLowered(python: PythonModule): boolean {
  if (usesAround(python, loweringUses) || loweringOf(python).state !== 'nowhere') return true
  return [...python.importers, ...python.imported].some((module) => module.uses.includes('.double'))
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
  const around = [...python.importers, ...python.imported].flatMap((module) => module.uses)
  return [...python.calls.map((call) => call.name ?? ''), ...around].some((name) => storedShort.test(name))
}

function fromAutocasts(python: PythonModule, loop: Loop, autocasts: Call[]): LoopPrecision {
  if (!loop.effects.calls.has('torch.autocast')) {
    return { state: 'unknown', because: 'autocast is used elsewhere in the file' }
  }
  return once(python, 'autocast blocks', () => agreement(python, autocasts))
}

/** What all autocast blocks of the module say. */
function agreement(python: PythonModule, autocasts: Call[]): LoopPrecision {
  let found: (LoopPrecision & { state: 'known' }) | null = null
  for (const call of autocasts) {
    const one = fromAutocast(python, call)
    if (one.state !== 'known') return one
    if (found !== null && found.value !== one.value) {
      return { state: 'unknown', because: 'several autocast blocks disagree' }
    }
    found ??= one
  }
  return found ?? { state: 'unknown', because: 'autocast' }
}

function fromAutocast(python: PythonModule, call: Call): LoopPrecision {
  // `with autocast(...) if use_amp else nullcontext():` is as unknown as its condition.
  if (call.statement.type === 'with' && !call.statement.items.some((item) => item.value === call.expr)) {
    return { state: 'unknown', because: 'autocast under a condition' }
  }
  let enabled = python.argument(call, 'enabled')
  let first = python.argument(call, 'device_type', 0)
  // `torch.cuda.amp.autocast(enabled)` takes the switch where `torch.autocast` takes the device.
  const given = knownArgument(first)
  if (!mayBePassed(enabled) && given !== undefined && typeof given !== 'string') {
    enabled = first
    first = { state: 'absent' }
  }
  if ([first, enabled].some((one) => passedExpression(one) === null && mayBePassed(one)))
    return { state: 'unknown', because: 'autocast(*args)' }
  const because = whyUnreadable(enabled)
  if (because !== null) return { state: 'unknown', because }
  const overridable = mayBePassed(enabled) && fixedArgument(enabled) === undefined
  if (mayBePassed(enabled) && !knownArgument(enabled)) {
    const literal = passedExpression(enabled)?.type === 'constant'
    return { state: 'known', value: 'fp32', call, overridable: overridable || !literal, off: true }
  }
  const device = knownArgument(first) ?? null
  const dtype = python.argument(call, 'dtype', 1)
  const format = passedExpression(dtype)
  if (format === null && mayBePassed(dtype))
    return { state: 'unknown', because: whyUnreadable(dtype) ?? 'the dtype of autocast' }
  if (format === null) {
    return {
      state: 'known',
      value: device === 'cpu' ? 'bf16-mixed' : 'fp16-mixed',
      call,
      overridable,
      off: false,
    }
  }
  const name = python.nameOf(python.definition(format))
  const value: Precision | undefined =
    name === 'torch.bfloat16'
      ? 'bf16-mixed'
      : name === 'torch.float16' || name === 'torch.half'
        ? 'fp16-mixed'
        : undefined
  return value === undefined
    ? { state: 'unknown', because: 'the dtype of autocast' }
    : { state: 'known', value, call, overridable, off: false }
}
