/** The number format that the weights of a pretrained model are loaded in. */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { isLeftOut, knownArgument, passedExpression, textArgument, textIn } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { Place } from '../../workload/builder.js'
import { codeText } from '../pytorch/evidence.js'
import { isTrainer } from './trainer-names.js'

/** 16 bit or fewer, and what says so; null: 32 bit. */
export type Weights =
  | { value: 'fp16' | 'bf16'; key: string; place: Place; byCard?: true }
  | { because: string }
  | null

const shortNames = new Set([
  'torch.bfloat16',
  'torch.float16',
  'torch.half',
  'bfloat16',
  'float16',
  'bf16',
  'fp16',
])

/** Words of code that shorten weights or arithmetic in a way that no argument of the Trainer shows. */
const shortening =
  /\b(load_in_[48]bit|BitsAndBytesConfig|quantization_config|prepare_model_for_kbit_training|GPTQConfig|AwqConfig|FastLanguageModel|unsloth|autocast|HQQConfig)\b|\.(half|bfloat16)\s*\(\)|\.to\(\s*(dtype\s*=\s*)?torch\.(bfloat16|float16|half)\b/

/** Unsloth computes in bf16, in fp16 where the card has none, whatever the switches of the Trainer say (unsloth/models/loader.py). */
const fastModel = /^unsloth\.(\w+\.)*Fast\w*Model\.from_pretrained$/

const loaders = /^(from_pretrained|from_config|pipeline)$/

export function weightsOf(python: PythonModule, version: number | null): Weights {
  let causal = false
  for (const call of python.calls) {
    if (!loaders.test(call.method) || isAfterTraining(python, call)) continue
    for (const key of ['torch_dtype', 'dtype']) {
      const given = python.argument(call, key)
      const expr = passedExpression(given)
      if (expr === null) continue
      const text = python.nameOf(python.definition(expr)) ?? textArgument(given)
      if (
        knownArgument(given) === null ||
        text === 'torch.float32' ||
        text === 'float32' ||
        text === 'torch.float'
      )
        continue
      if (text !== null && shortNames.has(text))
        return {
          value: /bf/.test(text) ? 'bf16' : 'fp16',
          key,
          place: { start: expr.start, end: expr.end },
          ...(fastModel.test(call.name ?? '') ? { byCard: true } : {}),
        }
      return { because: text === 'auto' ? `${key}="auto"` : `the value of ${key}` }
    }
    if (fastModel.test(call.name ?? ''))
      return { value: 'bf16', key: 'dtype', place: calleePlace(call), byCard: true }
    if (call.method === 'from_pretrained' && /ForCausalLM\.from_pretrained$/.test(call.name ?? ''))
      causal ||= !savedInFull(python, call)
  }
  if (multipliesInFull(python)) return null
  const found = shortening.exec(codeText(python))
  if (found !== null) {
    const key = found[0].replace(/[.()]/g, '')
    const value = /bfloat16/.test(key) ? 'bf16' : /half|float16/.test(key) ? 'fp16' : null
    // Weights in few bits are widened to a format that is chosen in yet another place.
    if (value === null) return { because: key }
    const at = python.text.indexOf(found[0])
    const call = python.calls.find((one) => one.expr.start <= at && at < one.expr.end)
    const place = call === undefined ? { start: at, end: at + found[0].length } : calleePlace(call)
    return { value, key, place }
  }
  const elsewhere = [
    'torch.bfloat16',
    'torch.float16',
    'transformers.BitsAndBytesConfig',
    'unsloth.',
    'torch.autocast',
  ]
  if (python.uses(...elsewhere)) return { because: 'a short format elsewhere in the program' }
  // Since version 5 the checkpoint's own format is kept, and those of language models are mostly 16 bit.
  if (causal && (version === null || version >= 5)) return { because: 'the format of the checkpoint' }
  return null
}

const quantization =
  /\b(load_in_4bit|BitsAndBytesConfig|quantization_config|prepare_model_for_kbit_training)\b/g

/**
 * Weights in 4 bits are widened to fp32 for each product where nothing else is said, and nothing shortens what they are
 * multiplied with. Source: transformers 4.46, utils/quantization_config.py; bitsandbytes 0.44, nn/modules.py.
 */
function multipliesInFull(python: PythonModule): boolean {
  const configurations = python.callsTo('transformers.BitsAndBytesConfig')
  if (
    configurations.length === 0 ||
    python.uses('torch.bfloat16', 'torch.float16', 'unsloth.', 'torch.autocast')
  )
    return false
  if (shortening.test(codeText(python).replace(quantization, ''))) return false
  // That makes fp32 of what the library has loaded in fp16 beside them.
  const prepared = python.calls.some(({ method }) => method === 'prepare_model_for_kbit_training')
  return configurations.every((call) => {
    const format = python.argument(call, 'bnb_4bit_compute_dtype')
    return (
      knownArgument(python.argument(call, 'load_in_4bit')) === true &&
      (isLeftOut(format) ? prepared : isFull(python, format))
    )
  })
}

/** `torch.float32`, `'float32'`, `getattr(torch, 'float32')` */
function isFull(python: PythonModule, given: ArgumentValue): boolean {
  const expr = passedExpression(given)
  if (expr === null) return false
  const value = python.definition(expr)
  const [owner, name] = value.type === 'call' ? value.args : []
  const looksUp = value.type === 'call' && value.callee.type === 'name' && value.callee.id === 'getattr'
  const text =
    looksUp && owner !== undefined && name !== undefined && python.nameOf(owner.value) === 'torch'
      ? textIn(python.fold(name.value))
      : (python.nameOf(value) ?? textArgument(given))
  return text !== null && /^(torch\.)?float(32)?$/.test(text)
}

/** `base = AutoModelForCausalLM.from_pretrained(…)` behind `trainer.train()`, which adapters are merged into. */
function isAfterTraining(python: PythonModule, load: Call): boolean {
  return python
    .methodCalls('train')
    .some(
      ({ receiver, function: func, expr, conditional }) =>
        receiver !== null &&
        isTrainer(receiver) &&
        func === load.function &&
        expr.end <= load.expr.start &&
        !conditional &&
        load.loops.length === 0,
    )
}

/** True for T5, Gemma 2 and 3, and their kin: their activations exceed the range of fp16, and the loss becomes NaN. */
export function overflowsInHalf(python: PythonModule): boolean {
  return /\b(m|flan-|u|by|code|long-?)?t5\b|T5For|MT5|gemma-?[23]|medgemma|Gemma[23]/i.test(codeText(python))
}

/** Arguments that version 5 has no more. */
const removed = /^(evaluation_strategy|no_cuda|per_gpu_train_batch_size|evaluate_during_training)$/

/** Small old language models whose checkpoints are in fp32. */
const fullCheckpoint =
  /^(openai-community\/)?(gpt2(-medium|-large|-xl)?|distilgpt2|openai-gpt)$|^distilbert\/distilgpt2$|^EleutherAI\/gpt-neo-/

function savedInFull(python: PythonModule, call: Call): boolean {
  return fullCheckpoint.test(textArgument(python.argument(call, 'pretrained_model_name_or_path', 0)) ?? '')
}

/** Major version of transformers: as pinned, else as the spelling of the arguments tells. */
export function transformersVersion(
  python: PythonModule,
  versions: Record<string, string>,
): { major: number; minor: number } | null {
  const pinned = /^(\d+)(?:\.(\d+))?/.exec(versions.transformers ?? '')
  if (pinned !== null) return { major: Number(pinned[1]), minor: Number(pinned[2] ?? 0) }
  const old = python.calls.some((call) => call.expr.args.some((one) => removed.test(one.name ?? '')))
  return old ? { major: 4, minor: 40 } : null
}
