/** Pretrained models and the format that their weights are loaded in. */

import { model as known } from '../../catalog/models.js'
import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { mayBePassed, passedExpression, passedPlace, textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { claimOperation } from '../operation-claims.js'
import { codeText, trainingEvidence, trainsAnywhere } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { sizeOfModel } from './model-sizes.js'
import { isOnlySaved } from './only-saved.js'
import { transformersVersion } from './weights.js'

export const huggingfaceModelsReader = defineReader({
  name: 'huggingface-models',
  languages: ['python'],
  triggers: ['from_pretrained', 'AttnProcessor', 'SentenceTransformer', 'pipeline('],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined) return
    for (const call of python.calls) {
      if (call.method === 'from_pretrained' && call.name !== null) readModel(python, call, context, claims)
      else if (loadsByItself(call)) readWeights(python, call, false, context, claims)
      else if (call.name === 'diffusers.models.attention_processor.AttnProcessor')
        readProcessor(python, call, claims)
    }
  },
  change: changeModel,
})

const notModels =
  /(Tokenizer|TokenizerFast|Config|Processor|FeatureExtractor|Scheduler|ImageProcessor|LoraConfig|GenerationConfig)\.from_pretrained$/
const model = /^transformers\.(\w+\.)*(Auto)?(Model\w*|\w+(Model|LMHeadModel|For[A-Z]\w+))\.from_pretrained$/
const pipeline = /^diffusers\.(\w+\.)*(\w*Pipeline\w*|AutoPipeline\w*)\.from_pretrained$/

const embedder = /^sentence_transformers\.(\w+\.)*(SentenceTransformer|CrossEncoder|SparseEncoder)$/

/** `pipeline('text-generation', model='…')`, `SentenceTransformer('…')`. */
function loadsByItself({ name }: Call): boolean {
  return name === 'transformers.pipeline' || embedder.test(name ?? '')
}

function readModel(python: PythonModule, call: Call, context: ReaderContext, claims: ClaimBuilder): void {
  const name = call.name!
  if (notModels.test(name)) return
  const isPipeline = pipeline.test(name)
  if (!isPipeline && !model.test(name)) return
  readAttention(python, call, claims)
  readWeights(python, call, isPipeline, context, claims)
}

// Attention.

/** Models whose scores are capped, or weighed in a way that the fused kernels did not know for long. */
const softCapped = /gemma-?[23]|gpt-?oss|nemotron/i

function readAttention(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const key = 'attn_implementation'
  const source = new CallSource(python, call, claims)
  const given = source.get(key)
  const at = passedPlace(source.argument(key))
  if (at === null || effective(given) !== 'eager' || isOnlySaved(python, call)) return
  const id = idOf(python, call)
  claimOperation(claims, {
    kind: 'eager attention',
    place: 'step',
    key: `${key}="eager"`,
    at,
    site: callSite(call, { kind: 'argument', name: key }),
    scope: call.function?.qualified ?? '',
    evidence: evidenceOf(python),
    from: given,
    weight: 'ordinary',
    subject: id,
    wantedFor: eagerWantedFor(python, id),
  })
}

/** What reads the scores of attention, which only this form of it hands out; also where another module does so. */
const scores =
  /output_attentions|attentions\b|attention_mask_4d|bertviz|head_view|head_scores|reasoning_heads|(?<![a-z])attn_?(weights?|models?|maps?|scores?|patterns?|rollout|matri(x|ces)|probs)(?![a-z])|(?<![a-z])attention_?(weights?|models?|maps?|scores?|patterns?|rollout|matri(x|ces)|extract\w*|analy\w*|visuali\w*)(?![a-z])/i
const looksAtHeads = /attention[_-](based|analy|map|weight|viz|rollout|heads?)/i

/** What a program needs the eager attention of this model for; null: nothing that can be seen. */
export function eagerWantedFor(python: PythonModule, id: string | null): string | null {
  // Where nobody can tell which model it is, a word of it in a help text or a comment is enough.
  if (softCapped.test(id ?? python.text)) return 'soft-capped attention'
  return scores.test(codeText(python)) || looksAtHeads.test(python.path) ? 'the attention weights' : null
}

function readProcessor(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  claimOperation(claims, {
    kind: 'eager attention',
    place: 'step',
    key: 'AttnProcessor',
    at: calleePlace(call),
    site: callSite(call),
    scope: call.function?.qualified ?? '',
    evidence: evidenceOf(python),
    weight: 'slight',
  })
}

/** Models of these libraries go to the accelerator that is there. */
export function evidenceOf(python: PythonModule) {
  const evidence = trainingEvidence(python)
  if (evidence.accelerator === 'none') evidence.accelerator = 'maybe'
  return evidence
}

function idOf(python: PythonModule, call: Call): string | null {
  if (call.name === 'transformers.pipeline') return textArgument(python.argument(call, 'model', 1))
  const keyword = embedder.test(call.name ?? '') ? 'model_name_or_path' : 'pretrained_model_name_or_path'
  return textArgument(python.argument(call, keyword, 0))
}

// Weights.

const formatKeys = [
  'torch_dtype',
  'dtype',
  'quantization_config',
  'load_in_8bit',
  'load_in_4bit',
  'variant',
  'config',
  'model_kwargs',
]
/** What is loaded in full to be changed, or written in another format. */
const converts = /merge_and_unload|\.push_to_hub|onnx|export|convert|quantiz|\.save_pretrained/i
const shortened =
  /\.(half|bfloat16)\s*\(\)|\.to\([^()]*\b(torch\.)?(bfloat16|float16|half)\b|set_default_dtype|\.to\([^()]*dtype|prepare_model_for_kbit|unsloth|init_inference|\.quantize/

function readWeights(
  python: PythonModule,
  call: Call,
  isPipeline: boolean,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  // Version 5 keeps the format of the checkpoint; only what is surely older comes out in fp32.
  const pinned = context.versions['transformers==']
  const version = transformersVersion(python, pinned === undefined ? {} : { transformers: pinned })
  const full = isPipeline ? null : writtenInFull(python, call)
  const id = idOf(python, call)
  const onRecord = id !== null && embedder.test(call.name ?? '') ? known(id) : undefined
  // Later versions load what was saved.
  const asSaved = onRecord?.shape?.stored === 32
  if (!isPipeline && full === null && !asSaved && (version === null || version.major >= 5)) return
  const parameters = id === null ? null : (onRecord?.parameters ?? sizeOfModel(id))
  if (id === null || parameters === null) return
  const place = calleePlace(call)
  const site = callSite(call)
  const loaded = claims.subject('Model', place, call.function?.qualified ?? '', evidenceOf(python))
  loaded.known('id', 'from_pretrained', id, place, { site })
  loaded.known('parameters', 'from_pretrained', parameters, place, { site })
  const open = formatKeys.some((key) => mayBePassed(python.argument(call, key)))
  const key = 'torch_dtype'
  if (full !== null && !shortened.test(codeText(python)) && !converts.test(codeText(python)))
    loaded.known('weights', full.key, 'fp32', full.place, { site })
  else if (open || shortened.test(codeText(python)) || python.uses('torch.set_default_dtype'))
    loaded.unknown('weights', key, 'its format is given', place, { site })
  else loaded.default('weights', key, 'fp32', place, { site })
  const frozen =
    python.uses('peft.') ||
    /peft_config\s*=|requires_grad_\(\s*False|requires_grad\s*=\s*False/.test(codeText(python))
  const use = frozen ? 'frozen' : trainsAnywhere(python) ? 'trained' : 'inference'
  loaded.known('use', 'from_pretrained', use, place, { site })
  if (embedder.test(call.name ?? '') && encodesMany(python)) loaded.known('over', 'encode', 'encode()', place)
}

/** `model.encode(texts, batch_size=256)`: nobody sizes batches, or watches the progress, for a few sentences. */
function encodesMany(python: PythonModule): boolean {
  return python.calls.some(
    (call) =>
      /^(encode|predict|rank)$/.test(call.method) &&
      ['batch_size', 'show_progress_bar'].some((name) => mayBePassed(python.argument(call, name))),
  )
}

/** `torch_dtype=torch.float32`. */
function writtenInFull(python: PythonModule, call: Call): { key: string; place: Place } | null {
  for (const key of ['torch_dtype', 'dtype']) {
    const given = python.argument(call, key)
    const expr = passedExpression(given)
    if (expr === null) continue
    return isFullFormat(python, given) ? { key, place: { start: expr.start, end: expr.end } } : null
  }
  return null
}

/** `torch.float32`, or its name as text. */
export function isFullFormat(python: PythonModule, given: ArgumentValue): boolean {
  const expr = passedExpression(given)
  const text = (expr === null ? null : python.nameOf(python.definition(expr))) ?? textArgument(given)
  return text !== null && /^(torch\.)?float(32)?$/.test(text)
}

function changeModel(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  if (claim.site.target?.kind === 'argument') return fuseAttention(python, call, facts)
  if (claim.setting !== 'weights') return { reason: 'remove the processor: the default is fused' }
  const use = { path, fragment: fragment.index, offset: call.expr.start }
  const format = nameFor(python.tree, 'torch', value === 'fp16' ? 'float16' : 'bfloat16', use)
  const imports =
    format.import === null ? [] : [{ path, fragment: fragment.index, module: 'torch', name: null }]
  const code = format.import === null ? format.text : `torch.${value === 'fp16' ? 'float16' : 'bfloat16'}`
  return {
    title: `Load the weights in ${value === 'fp16' ? 'fp16' : 'bf16'} (${claim.key})`,
    safety: 'unsafe',
    writes: [
      embedder.test(call.name ?? '')
        ? { kind: 'set keyword', path, call: range, name: 'model_kwargs', value: `{"torch_dtype": ${code}}` }
        : { kind: 'set keyword', path, call: range, name: claim.key, value: code },
    ],
    imports,
  }
}

/** A warning of transformers says so (modeling_gemma2.py, modeling_gemma3.py), of all but the first models of that name. */
const trainedEagerly = /gemma(?![-_](1\.1|[27]b))/i

/** `attn_implementation="sdpa"`, where a call says something else. */
export function fuseAttention(python: PythonModule, call: Call, facts: FragmentFacts): Change | Refusal {
  const key = 'attn_implementation'
  if (!call.expr.args.some((one) => one.name === key)) return { reason: 'it is set elsewhere' }
  if (trainedEagerly.test(facts.path) || trainedEagerly.test(python.text))
    return { reason: 'transformers advises eager attention for training Gemma' }
  const written = writeArgument(facts, call, key, python.argument(call, key), '"sdpa"', 'eager')
  if ('reason' in written) return written
  return {
    title: 'Use the fused attention of PyTorch (attn_implementation="sdpa")',
    safety: 'unsafe',
    writes: [written],
    imports: [],
  }
}
