/**
 * Framework configs of Axolotl. Keys and defaults: axolotl/utils/schemas/{config,training,model}.py, utils/config/__init__.py
 * (`resolve_dtype`), core/builders. Without `bf16` it takes the 16-bit format that the GPU has.
 */
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import { both, convert, orDefault, orUnknown, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective, type Value } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { TrainingSettings } from '../../workload/resource-kinds.js'
import { byEngine } from '../huggingface/generation.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { changeFrameworkConfig } from './change.js'
import { claimDatasets, pathsOf } from './data.js'
import { FrameworkConfig, FrameworkConfigClaims, isOn } from './framework-config.js'
import {
  changeMemory,
  claimAttention,
  claimMemory,
  claimSharding,
  engineSharing,
  optimizerWord,
  positive,
} from './memory.js'
import { changeRhythm, claimRhythms } from './rhythm.js'

const anchor = 'base_model'

const trainingSettings = settingTable('Training', {
  epochs: { keys: ['num_epochs'], parse: asQuotedNumber, otherwise: 1 },
  maxSteps: { keys: ['max_steps'], parse: (value) => positive(value) ?? null, otherwise: null },
  batchSize: { keys: ['micro_batch_size'], parse: positive, otherwise: 1 },
  accumulation: { keys: ['gradient_accumulation_steps'], parse: positive, otherwise: 1 },
  sequenceLength: { keys: ['sequence_len'], parse: positive, otherwise: 512 },
  optimizer: { keys: ['optimizer'], parse: optimizerWord, otherwise: 'adamw fused' },
  earlyStopping: { keys: ['early_stopping_patience'], parse: () => true, otherwise: false },
})

/** Of reinforcement learning, where the model writes texts. */
const generationSettings = settingTable('Training', {
  generation: { keys: [['trl', 'use_vllm']], parse: byEngine, otherwise: 'training' },
})

export const axolotlReader = defineReader({
  name: 'axolotl',
  title: 'Axolotl',
  settings: [trainingSettings, generationSettings],
  languages: ['yaml'],
  triggers: ['base_model:'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const frameworkConfig = FrameworkConfig.of(facts, document, context.binding)
      if (frameworkConfig === null || !isAxolotl(frameworkConfig)) continue
      claims.frameworkConfig('axolotl', false)
      read(frameworkConfig, claims)
    }
  },
  change,
})

const own = [
  'adapter',
  'micro_batch_size',
  'sequence_len',
  'sample_packing',
  'num_epochs',
  'dataset_prepared_path',
  'val_set_size',
]

function isAxolotl(frameworkConfig: FrameworkConfig): boolean {
  return (
    frameworkConfig.has(anchor) &&
    frameworkConfig.has('datasets') &&
    own.filter((key) => frameworkConfig.has(key)).length >= 2
  )
}

function acceleratorOf(frameworkConfig: FrameworkConfig): Evidence['accelerator'] {
  const device = frameworkConfig.value('device')
  if (device === 'cpu' || device === 'mps') return device
  return /(^|[/_-])mps([/_.-]|$)/.test(frameworkConfig.facts.path) ? 'mps' : 'gpu'
}

function read(frameworkConfig: FrameworkConfig, claims: ClaimBuilder): void {
  const evidence = frameworkConfig.evidence(acceleratorOf(frameworkConfig))
  const training = FrameworkConfigClaims.subject('Training', frameworkConfig, claims, anchor, evidence)
  readPrecision(frameworkConfig, training)
  readRun(frameworkConfig, training)
  readMemory(frameworkConfig, training, claims)
  claimDatasets(frameworkConfig, claims, evidence, 'datasets', pathsOf)
  const steps = frameworkConfig.number('max_steps') ?? null
  const validates = (frameworkConfig.number('val_set_size') ?? 0) > 0 || frameworkConfig.has('test_datasets')
  claimRhythms(frameworkConfig, claims, evidence, {
    ...(validates ? { evaluate: 'eval_steps' } : {}),
    // An adapter is written in a moment.
    ...(frameworkConfig.given('adapter') ? {} : { save: 'save_steps' }),
    steps,
  })
  readPadding(
    frameworkConfig,
    FrameworkConfigClaims.subject('InputPipeline', frameworkConfig, claims, anchor, evidence),
  )
}

function readPrecision(frameworkConfig: FrameworkConfig, training: FrameworkConfigClaims<'Training'>): void {
  const on = (key: string) => frameworkConfig.switch(key) === true
  const off = (key: string) => frameworkConfig.switch(key) === false
  const formats = ['bf16', 'bfloat16', 'fp16', 'float16', 'fp8', 'float32', 'load_in_8bit', 'load_in_4bit']
  if (formats.some((key) => frameworkConfig.isUnreadable(key)))
    training.unknown('precision', ['bf16'], 'a template')
  else if (on('fp8')) training.known('precision', ['fp8'], 'fp8')
  else if (on('bf16') || on('bfloat16')) training.known('precision', ['bf16'], 'bf16-mixed')
  else if (on('fp16') || on('float16')) training.known('precision', ['fp16'], 'fp16-mixed')
  else if (!off('bf16')) training.default('precision', ['bf16'], 'bf16-mixed')
  // Quantised weights come with a 16-bit format for the arithmetic.
  else if (on('load_in_8bit') || on('load_in_4bit') || frameworkConfig.switch('gptq') === true || off('gptq'))
    training.unknown('precision', ['bf16'], 'quantised weights')
  else training.known('precision', ['bf16'], 'fp32')
}

function readRun(frameworkConfig: FrameworkConfig, training: FrameworkConfigClaims<'Training'>): void {
  training.known('managed', [anchor], true)
  training.known('fineTuning', [anchor], true)
  trainingSettings.claim(training.subject, training)
  if (frameworkConfig.value('rl') === 'grpo') claimGeneration(frameworkConfig, training)
  const held = frameworkConfig.number('val_set_size') ?? 0
  if (frameworkConfig.open || frameworkConfig.has('rl'))
    training.unknown('validation', ['val_set_size'], 'the recipe')
  else if (held > 0 || frameworkConfig.has('test_datasets'))
    training.known('validation', ['val_set_size'], true)
  else training.default('validation', ['val_set_size'], false)
  training.known('monitor', ['eval_loss'], { name: 'eval_loss', lowerIsBetter: true })
  if (frameworkConfig.value('lr_scheduler') !== 'constant')
    training.known('fullHorizonSchedule', ['lr_scheduler'], true)
}

function claimGeneration(
  frameworkConfig: FrameworkConfig,
  training: FrameworkConfigClaims<'Training'>,
): void {
  // A plugin may play the episodes by itself.
  if (frameworkConfig.given('plugins') || frameworkConfig.given('trl', 'rollout_func'))
    training.unknown('generation', ['trl', 'use_vllm'], 'a plugin')
  else generationSettings.claim(training.subject, training)
}

/** Without `adapter` all weights are trained, in the format of the arithmetic (loaders/model.py: `torch_dtype`). */
function readMemory(
  frameworkConfig: FrameworkConfig,
  training: FrameworkConfigClaims<'Training'>,
  claims: ClaimBuilder,
): void {
  claimMemory(frameworkConfig, training, {
    model: anchor,
    batch: 'micro_batch_size',
    batchOf:
      frameworkConfig.open || unpackable.some((key) => frameworkConfig.given(key) && key !== 'torch_compile')
        ? 'other'
        : 'texts',
    fusedLoss: losesLogits(frameworkConfig),
  })
  claimWeights(frameworkConfig, training)
  training.say('adapters', ['adapter'], adaptersOf(frameworkConfig, training))
  training.say('checkpointing', ['gradient_checkpointing'], checkpointingOf(frameworkConfig, training))
  const sharding = shards.find((key) => frameworkConfig.given(key) && frameworkConfig.value(key) !== 1)
  claimSharding(training, 'deepspeed', sharding, engineSharing(frameworkConfig, claims))
  claimAttention(
    training,
    'attn_implementation',
    'flash_attention',
    'eager_attention',
    'xformers_attention',
    'sdp_attention',
  )
}

const shards = [
  'deepspeed',
  'fsdp',
  'fsdp_config',
  'tensor_parallel_size',
  'context_parallel_size',
  'sequence_parallel_degree',
]

/** A loss that never holds all logits: a plugin that does so by itself, or one that is asked to. */
function losesLogits(frameworkConfig: FrameworkConfig): boolean {
  const plugins = frameworkConfig.node('plugins')
  const cut =
    plugins?.kind === 'list' &&
    plugins.items.some((one) => one.kind === 'scalar' && /CutCrossEntropyPlugin$/.test(String(one.value)))
  if (cut && frameworkConfig.switch('cut_cross_entropy') !== false) return true
  return ['liger_fused_linear_cross_entropy', 'cut_cross_entropy', 'chunked_cross_entropy'].some((key) =>
    frameworkConfig.given(key),
  )
}

function claimWeights(frameworkConfig: FrameworkConfig, training: FrameworkConfigClaims<'Training'>): void {
  const on = (key: string) => frameworkConfig.switch(key) === true
  const bits = (key: string, value: TrainingSettings['weightBits']) =>
    training.known('weightBits', [key], value)
  const full =
    on('float32') ||
    (frameworkConfig.switch('bf16') === false && !on('fp16') && !on('float16') && !on('bfloat16'))
  if (frameworkConfig.given('quantization') || frameworkConfig.given('gptq') || on('fp8'))
    training.unknown('weightBits', ['quantization'], 'the quantisation')
  else if (frameworkConfig.value('adapter') === 'qlora' && !on('load_in_8bit')) bits('adapter', 4)
  else if (on('load_in_4bit')) bits('load_in_4bit', 4)
  else if (on('load_in_8bit')) bits('load_in_8bit', 8)
  else if (full) bits('bf16', 32)
  // With fp16, weights that are trained stay in fp32.
  else if (on('fp16') && !frameworkConfig.given('adapter'))
    training.unknown('weightBits', ['fp16'], 'the format that they are loaded in')
  else bits('bf16', 16)
}

const partly = [
  'unfrozen_parameters',
  'peft_layers_to_transform',
  'lora_modules_to_save',
  'relora',
  'lisa_n_layers',
]

function adaptersOf(
  frameworkConfig: FrameworkConfig,
  training: FrameworkConfigClaims<'Training'>,
): Value<TrainingSettings['adapters']> {
  const at = training.at('adapter')
  if (partly.some((key) => frameworkConfig.given(key))) return unreadable(at, 'which weights are trained')
  const adapter = training.text('adapter')
  if (!training.has('adapter') || effective(adapter) === '') return stated(at, null)
  const targets = frameworkConfig.node('lora_target_modules')
  const named =
    targets?.kind === 'list'
      ? targets.items.map((one) => (one.kind === 'scalar' ? String(one.value) : ''))
      : []
  const all =
    frameworkConfig.switch('lora_target_linear') === true || named.some((name) => feedForward.test(name))
  const rank = orUnknown(training.number('lora_r'), 'the rank of the adapters')
  const low = orUnknown(adapter, 'the kind of the adapters')
  return both(rank, low, (size, kind) =>
    kind === 'lora' || kind === 'qlora' ? { rank: size, targets: all ? 'all' : 'attention' } : undefined,
  )
}

/** Names of products outside attention. */
const feedForward = /gate|up_proj|down_proj|mlp|fc|w[123]$/

function checkpointingOf(
  frameworkConfig: FrameworkConfig,
  training: FrameworkConfigClaims<'Training'>,
): Value<boolean> {
  const key = 'gradient_checkpointing'
  const elsewhere = 'activations are kept elsewhere'
  if (frameworkConfig.given('activation_offloading')) return unreadable(training.at(key), elsewhere)
  const kept = (value: Json) =>
    typeof value === 'string' && !/^(true|false)$/i.test(value) ? undefined : isOn(value)
  return orDefault(convert(training.get(key), kept, elsewhere), false)
}

/** Images, preferences and rewards, and steps of a fixed shape. */
const unpackable =
  'processor_type is_multimodal image_size skip_prepare_dataset rl reward_model process_reward_model torch_compile'.split(
    ' ',
  )

/** Kernels under which the texts of one row do not see each other (axolotl, schemas/validation.py). */
function keepsTextsApart(frameworkConfig: FrameworkConfig): boolean {
  if (
    ['flash_attention', 'xformers_attention', 'flex_attention', 'sage_attention'].some((key) =>
      frameworkConfig.given(key),
    )
  )
    return true
  return /flash|xformers|flex|sage/.test(String(frameworkConfig.value('attn_implementation')))
}

/** Sequences of one batch of texts; images, preferences and rewards are batched in other ways. */
function readPadding(
  frameworkConfig: FrameworkConfig,
  pipeline: FrameworkConfigClaims<'InputPipeline'>,
): void {
  pipeline.known('feeds', ['datasets'], 'training')
  const packing = frameworkConfig.switch('sample_packing')
  if (
    frameworkConfig.open ||
    frameworkConfig.isUnreadable('sample_packing') ||
    unpackable.some((key) => frameworkConfig.given(key))
  )
    return
  if (packing === true) {
    pipeline.known('packed', ['sample_packing'], true)
    return
  }
  const length = frameworkConfig.number('sequence_len')
  if (frameworkConfig.switch('pad_to_sequence_len') === true) {
    if (length !== undefined) pipeline.known('paddedTo', ['pad_to_sequence_len'], length)
    return
  }
  if (!keepsTextsApart(frameworkConfig)) return
  const batch = frameworkConfig.number('micro_batch_size')
  // One text at a time needs no padding.
  if (batch === undefined || batch < 2 || frameworkConfig.given('batch_flattening')) return
  if (packing === false) pipeline.known('packed', ['sample_packing'], false)
  else pipeline.default('packed', ['sample_packing'], false)
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  switch (claim.setting) {
    case 'precision':
      if (value === 'bf16-mixed') return changeFrameworkConfig(claim, 'auto', facts, { keys: ['bf16'] })
      return value === 'fp16-mixed'
        ? changeFrameworkConfig(claim, true, facts, { keys: ['fp16'] })
        : { reason: 'only 16-bit formats are offered' }
    // Rows of a fixed length stay as they are; they are filled.
    case 'packed':
    case 'paddedTo':
      return changeFrameworkConfig(claim, true, facts, { keys: ['sample_packing'], after: 'sequence_len' })
    case 'earlyStopping': {
      const { patience } = value as { patience: number }
      // It needs evaluation and saving in step.
      return changeFrameworkConfig(claim, patience, facts, { after: 'num_epochs', safety: 'display' })
    }
    case 'kind':
      return changeRhythm(claim, value, facts)
    default:
      return changeMemory(claim, value, facts)
  }
}
