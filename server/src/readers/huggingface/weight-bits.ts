/** In how many bits the weights of a model are loaded, and whether all of them are trained. */
import { model as known } from '../../catalog/models.js'
import { mayFreeze } from '../../python/frozen-modules.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import {
  isLeftOut,
  knownArgument,
  mayBePassed,
  numberArgument,
  passedCall,
  passedExpression,
  textArgument,
  whyUnreadable,
} from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { TrainingSettings } from '../../workload/resource-kinds.js'
import { codeText } from '../pytorch/evidence.js'

type Bits = TrainingSettings['weightBits']
export type BitsResult = { bits: Bits; key: string; call: Call } | { because: string }

/** Code that changes the format after loading. */
const converted =
  /\.(half|bfloat16|float)\s*\(\s*\)|\.to\([^()]*\b(dtype|torch\.(bfloat16|float16|half|float32))\b|set_default_dtype/

const formats: Record<string, Bits> = {
  bfloat16: 16,
  float16: 16,
  half: 16,
  bf16: 16,
  fp16: 16,
  float32: 32,
  float: 32,
  fp32: 32,
}

/** `major`: of transformers; null: not known. */
export function weightBits(python: PythonModule, load: Call, id: string, major: number | null): BitsResult {
  if (converted.test(codeText(python))) return { because: 'weights that are converted later' }
  const quantized = quantization(python, load)
  if (quantized !== null) return quantized
  for (const key of ['torch_dtype', 'dtype']) {
    const given = python.argument(load, key)
    if (!mayBePassed(given)) continue
    return fromFormat(python, load, id, key, given)
  }
  if (/-bnb-4bit$/i.test(id)) return { bits: 4, key: 'from_pretrained', call: load }
  // Unsloth loads in the 16-bit format of the card.
  if (load.name?.startsWith('unsloth.') === true) return { bits: 16, key: 'dtype', call: load }
  const stored = known(id)?.shape?.stored ?? (known(id) === undefined ? null : 32)
  // Version 5 keeps the format of the checkpoint, version 4 widens it.
  if (major !== null && major < 5) return { bits: 32, key: 'torch_dtype', call: load }
  if (stored === 32 || (major !== null && stored !== null)) return { bits: stored!, key: 'dtype', call: load }
  return { because: 'the version of transformers' }
}

function fromFormat(
  python: PythonModule,
  load: Call,
  id: string,
  key: string,
  given: ArgumentValue,
): BitsResult {
  const expr = passedExpression(given)
  if (expr === null) return { because: whyUnreadable(given) ?? key }
  const name = python.nameOf(python.definition(expr))
  const word = name?.startsWith('torch.') === true ? name.slice(6) : textArgument(given)
  if (word === 'auto') {
    const stored = known(id)?.shape?.stored
    return stored === undefined
      ? { because: 'the format of the checkpoint' }
      : { bits: stored, key, call: load }
  }
  const bits = word === null ? undefined : lookUp(formats, word)
  return bits === undefined ? { because: `the value of ${key}` } : { bits, key, call: load }
}

/** Null: the call asks for no quantisation. */
function quantization(python: PythonModule, load: Call): BitsResult | null {
  for (const [key, bits] of [
    ['load_in_4bit', 4],
    ['load_in_8bit', 8],
  ] as const) {
    const given = python.argument(load, key)
    if (!mayBePassed(given)) {
      // Unsloth loads in 4 bits unless it is told otherwise.
      if (bits === 4 && load.name?.startsWith('unsloth.') === true) return { bits: 4, key, call: load }
      continue
    }
    const value = truth(given)
    if (value === null) return { because: key }
    if (value) return { bits, key, call: load }
  }
  const given = python.argument(load, 'quantization_config')
  if (isLeftOut(given)) return null
  const made = passedCall(python, given)
  if (made === null || !/\bBitsAndBytesConfig$/.test(made.name ?? '')) return { because: 'the quantisation' }
  for (const [key, position, bits] of [
    ['load_in_4bit', 1, 4],
    ['load_in_8bit', 0, 8],
  ] as const) {
    const value = truth(python.argument(made, key, position))
    if (value === true) return { bits, key, call: made }
    if (value === null && mayBePassed(python.argument(made, key, position))) return { because: key }
  }
  return { because: 'the quantisation' }
}

function truth(given: ArgumentValue): boolean | null {
  const value = knownArgument(given)
  return value === undefined ? null : Boolean(value)
}

// Adapters.

export type AdaptersResult =
  | {
      adapters: TrainingSettings['adapters']
      key: string
      call: Call | null
      /** An option of the program puts them on. */
      overridable?: true
    }
  | { because: string }

const feedForward = /gate|up_proj|down_proj|fc|mlp|dense_|w[123]$|wi|wo$|c_fc|all-linear|^\.\*/

/** Calls that put adapters on a model: PEFT's own, and unsloth's. */
const wrappers = /^(peft\.(\w+\.)*get_peft_model|unsloth\.(\w+\.)*Fast\w*Model\.get_peft_model)$/

/** `PeftModel.from_pretrained(model, folder, is_trainable=True)` */
const goesOnWith = (python: PythonModule, call: Call): boolean =>
  /^peft\.(\w+\.)*\w*PeftModel\w*\.from_pretrained$/.test(call.name ?? '') &&
  mayBePassed(python.argument(call, 'is_trainable', 3))

/** `handed`: what a Trainer is given as its `peft_config`. */
export function adaptersOf(python: PythonModule, handed: ArgumentValue): AdaptersResult {
  if (!isLeftOut(handed)) {
    const made = passedCall(python, handed)
    return made === null ? { because: 'the configuration of the adapters' } : fromConfiguration(python, made)
  }
  const wrapper = python.calls.find((call) => call.name !== null && wrappers.test(call.name))
  if (wrapper !== undefined) {
    const reach = python.reach(wrapper.expr.start)
    // Where it puts no new ones on, it may go on with old ones.
    if (reach.state !== 'always' && python.calls.some((call) => goesOnWith(python, call)))
      return { because: 'adapters that are trained further' }
    if (reach.state === 'sometimes' && reach.byDefault === false)
      return { adapters: null, key: 'peft_config', call: null, overridable: true }
    if (wrapper.conditional && reach.state !== 'always') return { because: 'adapters under a condition' }
    if (wrapper.name!.startsWith('unsloth.')) return fromConfiguration(python, wrapper)
    const given = python.argument(wrapper, 'peft_config', 1)
    const made = passedCall(python, given)
    return made === null ? { because: 'the configuration of the adapters' } : fromConfiguration(python, made)
  }
  const text = codeText(python)
  if (
    mayFreeze(text) ||
    python.calls.some(({ expr }) => python.importedFunction(expr.callee)?.freezes === true)
  )
    return { because: 'frozen weights' }
  if (onlyUnusedConfigs(python, text)) return { adapters: null, key: 'peft_config', call: null }
  if (
    python.uses('peft.', 'unsloth.', '.add_adapter', 'adapters.') ||
    /\bpeft_config\b|(?<!(cfg|config|conf|_C)\.)\bfreeze\w*\(/.test(text)
  )
    return { because: 'adapters elsewhere in the program' }
  return { adapters: null, key: 'peft_config', call: null }
}

/** `config = LoraConfig(…)` is left over: nothing takes it, and nothing else of PEFT is called; or all that is never runs. */
function onlyUnusedConfigs(python: PythonModule, text: string): boolean {
  const ofPeft = (name: string | null) => name?.startsWith('peft.') === true
  const own = python.calls.filter(({ name }) => ofPeft(name))
  const { text: whole, dead } = python
  const left = dead.some(({ start, end }) => /get_peft_model/.test(whole.slice(start, end)))
  if (
    (own.length === 0 && !left && !isOnlyImported(python, text)) ||
    python.usesHere('unsloth.', '.add_adapter', 'adapters.')
  )
    return false
  if ([...python.imported, ...python.importers].some(({ uses }) => uses.some(ofPeft))) return false
  return own.every(({ name, assignedTo }) => {
    if (assignedTo === null || !/^\w+$/.test(assignedTo) || !/Config$/.test(name ?? '')) return false
    return text.match(new RegExp(`\\b${assignedTo}\\b(?!\\s*=[^=])`, 'g')) === null
  })
}

/** `from peft import LoraConfig`, and nothing of it is named again. */
function isOnlyImported(python: PythonModule, text: string): boolean {
  const end = python.text.length
  const names = [...python.moduleBindings].flatMap(([id, bindings]) => {
    if (!bindings.some(({ kind }) => kind === 'import')) return []
    return /^peft(\.|$)/.test(python.nameOf({ type: 'name', id, start: end, end }) ?? '') ? [id] : []
  })
  const rest = text.replace(/^[ \t]*(from\s+peft\b[^\n(]*(\([^)]*\))?|import\s+peft\b[^\n]*)/gm, '')
  return names.length > 0 && names.every((name) => !new RegExp(`\\b${name}\\b`).test(rest))
}

/** `get_peft_config(model_args)` of TRL: what its arguments ask for. */
function fromModelArguments(python: PythonModule, made: Call): AdaptersResult {
  const given = made.expr.args[0]?.value
  const field = (attr: string): Json | undefined => {
    if (given === undefined) return undefined
    const { start, end } = given
    const folded = python.fold({ type: 'attribute', value: given, attr, start, end })
    // Any launch may ask for adapters.
    return folded.state === 'known' && folded.overridable ? undefined : effective(folded)
  }
  const used = field('use_peft')
  if (used === false) return { adapters: null, key: 'use_peft', call: null }
  const rank = field('lora_r')
  if (used !== true || typeof rank !== 'number') return { because: 'the configuration of the adapters' }
  const named = field('lora_target_modules') ?? []
  const all = [named].flat().some((one: Json) => feedForward.test(String(one)) || one === 'all-linear')
  return { adapters: { rank, targets: all ? 'all' : 'attention' }, key: 'lora_r', call: made }
}

function fromConfiguration(python: PythonModule, made: Call): AdaptersResult {
  if (/(^|\.)get_peft_config$/.test(made.name ?? '')) return fromModelArguments(python, made)
  if (!/\b(LoraConfig|get_peft_model)$/.test(made.name ?? made.method))
    return { adapters: { rank: 8, targets: 'attention' }, key: made.method, call: made }
  const given = python.argument(made, 'r', 1)
  const rank = mayBePassed(given) ? numberArgument(given) : 8
  if (rank === null) return { because: 'the rank of the adapters' }
  const targets = python.argument(made, 'target_modules')
  const named = knownArgument(targets) ?? null
  const all = mayBePassed(targets)
    ? named === null || [named].flat().some((one: Json) => feedForward.test(String(one)))
    : made.method === 'get_peft_model'
  return { adapters: { rank, targets: all ? 'all' : 'attention' }, key: 'r', call: made }
}
