/**
 * Framework configs of LLaMA-Factory. Keys and defaults: hparams/{parser,data_args,finetuning_args}.py, model/adapter.py,
 * model/patcher.py. Without `bf16` and `fp16`, weights that are trained in full are raised to fp32; adapters leave the
 * frozen weights in the format that they are stored in.
 */
import type { Change, Refusal } from '../../edit/write.js'
import { both, convert, firstGiven, orDefault, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { Value } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { TrainingSettings } from '../../workload/resource-kinds.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { changeFrameworkConfig } from './change.js'
import { claimDatasets, listedNames } from './data.js'
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

const anchor = 'model_name_or_path'

/** Activations are recomputed unless that is switched off. */
export const llamafactorySettings = settingTable('Training', {
  epochs: { keys: ['num_train_epochs'], parse: asQuotedNumber, otherwise: 3 },
  maxSteps: { keys: ['max_steps'], parse: (value) => positive(value) ?? null, otherwise: null },
  batchSize: { keys: ['per_device_train_batch_size'], parse: positive, otherwise: 8 },
  accumulation: { keys: ['gradient_accumulation_steps'], parse: positive, otherwise: 1 },
  sequenceLength: { keys: ['cutoff_len'], parse: positive, otherwise: 2048 },
  optimizer: { keys: ['optim'], parse: optimizerWord, otherwise: 'adamw' },
  checkpointing: {
    keys: ['disable_gradient_checkpointing'],
    parse: (value) => !isOn(value),
    otherwise: true,
  },
  earlyStopping: { keys: ['early_stopping_steps'], parse: () => true, otherwise: false },
})

export const llamafactoryReader = defineReader({
  name: 'llamafactory',
  title: 'LLaMA-Factory',
  settings: [llamafactorySettings],
  languages: ['yaml', 'json'],
  triggers: ['finetuning_type'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const frameworkConfig = FrameworkConfig.of(facts, document, context.binding)
      if (frameworkConfig === null || !isLlamaFactory(frameworkConfig)) continue
      claims.frameworkConfig('llamafactory', false)
      read(frameworkConfig, claims)
    }
  },
  change,
})

function isLlamaFactory(frameworkConfig: FrameworkConfig): boolean {
  const training = frameworkConfig.switch('do_train') === true
  return (
    frameworkConfig.has(anchor) &&
    frameworkConfig.has('finetuning_type') &&
    training &&
    (frameworkConfig.has('stage') || frameworkConfig.has('template'))
  )
}

function read(frameworkConfig: FrameworkConfig, claims: ClaimBuilder): void {
  const evidence = frameworkConfig.evidence(
    /(^|[/_-])(ascend|npu)([/_.-]|$)/.test(frameworkConfig.facts.path) ? 'none' : 'gpu',
  )
  const training = FrameworkConfigClaims.subject('Training', frameworkConfig, claims, anchor, evidence)
  readPrecision(frameworkConfig, training)
  readRun(frameworkConfig, training)
  readMemory(frameworkConfig, training, claims)
  claimDatasets(frameworkConfig, claims, evidence, 'dataset', listedNames, 'max_samples')
  const validates =
    ((frameworkConfig.number('val_size') ?? 0) > 0 || frameworkConfig.has('eval_dataset')) &&
    ['eval_strategy', 'evaluation_strategy'].some((key) => frameworkConfig.value(key) === 'steps')
  const strategy = frameworkConfig.value('save_strategy') ?? 'steps'
  // An adapter is written in a moment.
  const writesAll = frameworkConfig.value('finetuning_type') === 'full'
  claimRhythms(frameworkConfig, claims, evidence, {
    ...(validates ? { evaluate: 'eval_steps' } : {}),
    ...(strategy === 'steps' && writesAll ? { save: 'save_steps' } : {}),
    steps: frameworkConfig.number('max_steps') ?? null,
  })
  readPadding(
    frameworkConfig,
    FrameworkConfigClaims.subject('InputPipeline', frameworkConfig, claims, anchor, evidence),
  )
}

/** Ways to train that keep weights in the format in which they are stored. */
const storedFormat = [
  'use_badam',
  'use_galore',
  'use_apollo',
  'deepspeed',
  'fsdp',
  'quantization_bit',
  'use_unsloth',
  'fp8',
  'use_kt',
]

function readPrecision(frameworkConfig: FrameworkConfig, training: FrameworkConfigClaims<'Training'>): void {
  const key = ['bf16']
  const on = (name: string) => frameworkConfig.switch(name) === true
  if ([...storedFormat, 'bf16', 'fp16', 'pure_bf16'].some((name) => frameworkConfig.isUnreadable(name)))
    training.unknown('precision', key, 'a template')
  else if (on('bf16') || on('pure_bf16')) training.known('precision', key, 'bf16-mixed')
  else if (on('fp16')) training.known('precision', ['fp16'], 'fp16-mixed')
  else if (!/^(full|freeze)$/.test(String(frameworkConfig.value('finetuning_type'))))
    training.unknown('precision', key, 'the format in which the weights are stored')
  else if (storedFormat.some((name) => frameworkConfig.given(name)))
    training.unknown('precision', key, 'the format in which the weights are stored')
  else if (frameworkConfig.has('bf16') || frameworkConfig.has('fp16'))
    training.known('precision', frameworkConfig.has('bf16') ? key : ['fp16'], 'fp32')
  else training.default('precision', key, 'fp32')
}

function readRun(frameworkConfig: FrameworkConfig, training: FrameworkConfigClaims<'Training'>): void {
  training.known('managed', [anchor], true)
  training.known('fineTuning', [anchor], true)
  llamafactorySettings.claim(training.subject, training)
  const held = (frameworkConfig.number('val_size') ?? 0) > 0 || frameworkConfig.has('eval_dataset')
  const strategy = firstGiven(training.text('eval_strategy'), training.text('evaluation_strategy'))
  const validates = convert(strategy, (word) => held && word !== 'no')
  training.say('validation', ['eval_strategy'], orDefault(validates, false))
  training.known('monitor', ['eval_loss'], { name: 'eval_loss', lowerIsBetter: true })
  const schedule = frameworkConfig.value('lr_scheduler_type')
  if (typeof schedule !== 'string' || !/^constant/.test(schedule))
    training.known('fullHorizonSchedule', ['lr_scheduler_type'], true)
  if (/^(ppo|grpo)$/.test(String(frameworkConfig.value('stage'))))
    training.known('openEnded', ['stage'], 'policy optimisation')
}

/** Trained weights are kept in fp32 (model/adapter.py). */
function readMemory(
  frameworkConfig: FrameworkConfig,
  training: FrameworkConfigClaims<'Training'>,
  claims: ClaimBuilder,
): void {
  const pairs = !/^(pt|sft)$/.test(String(frameworkConfig.value('stage')))
  const images = ['image_max_pixels', 'video_max_pixels', 'freeze_vision_tower'].some((key) =>
    frameworkConfig.has(key),
  )
  claimMemory(frameworkConfig, training, {
    model: anchor,
    batch: 'per_device_train_batch_size',
    batchOf: frameworkConfig.open || pairs || images ? 'other' : 'texts',
    fusedLoss: frameworkConfig.switch('enable_liger_kernel') === true,
  })
  if (otherOptimizers.some((key) => frameworkConfig.given(key)))
    training.unknown('optimizer', ['optim'], 'an optimiser of another kind')
  claimWeights(frameworkConfig, training)
  training.say('adapters', ['finetuning_type'], adaptersOf(frameworkConfig, training))
  claimSharding(
    training,
    'deepspeed',
    ['deepspeed', 'fsdp', 'fsdp_config'].find((key) => frameworkConfig.given(key)),
    engineSharing(frameworkConfig, claims),
  )
  claimAttention(training, 'flash_attn')
}

const otherOptimizers = [
  'use_badam',
  'use_galore',
  'use_apollo',
  'use_adam_mini',
  'use_muon',
  'loraplus_lr_ratio',
]

function claimWeights(frameworkConfig: FrameworkConfig, training: FrameworkConfigClaims<'Training'>): void {
  const bits = convert(training.number('quantization_bit'), (count) =>
    count === 4 || count === 8 ? count : undefined,
  )
  const set = (key: string, value: TrainingSettings['weightBits']) =>
    training.known('weightBits', [key], value)
  if (training.has('quantization_bit')) training.say('weightBits', ['quantization_bit'], bits)
  else if (['fp8', 'use_kt', 'quantization_method'].some((key) => frameworkConfig.given(key)))
    training.unknown('weightBits', ['fp8'], 'the quantisation')
  else if (frameworkConfig.switch('pure_bf16') === true) set('pure_bf16', 16)
  else if (frameworkConfig.value('finetuning_type') === 'full') set('finetuning_type', 32)
  else if (frameworkConfig.switch('bf16') === true) set('bf16', 16)
  else if (frameworkConfig.switch('fp16') === true) set('fp16', 16)
  else training.unknown('weightBits', ['bf16'], 'the format in which the weights are stored')
}

function adaptersOf(
  frameworkConfig: FrameworkConfig,
  training: FrameworkConfigClaims<'Training'>,
): Value<TrainingSettings['adapters']> {
  const at = training.at('finetuning_type')
  const kind = frameworkConfig.value('finetuning_type')
  if (kind === 'full') return stated(at, null)
  if (kind !== 'lora' || frameworkConfig.given('additional_target'))
    return unreadable(at, 'which weights are trained')
  const named = String(frameworkConfig.value('lora_target') ?? 'all')
  const all = /all|gate|up_proj|down_proj|mlp|fc|w[123]\b/.test(named)
  // That there are adapters is written; how large they are may be left to the tool.
  return both(
    stated(at, all ? ('all' as const) : ('attention' as const)),
    orDefault(training.number('lora_rank'), 8),
    (targets, rank) => ({
      rank,
      targets,
    }),
  )
}

/** Pre-training packs by itself, preferences cannot be packed. */
function readPadding(
  frameworkConfig: FrameworkConfig,
  pipeline: FrameworkConfigClaims<'InputPipeline'>,
): void {
  pipeline.known('feeds', ['dataset'], 'training')
  if (frameworkConfig.open || frameworkConfig.value('stage') !== 'sft') return
  if (
    frameworkConfig.has('image_max_pixels') ||
    frameworkConfig.has('video_max_pixels') ||
    frameworkConfig.has('freeze_vision_tower')
  )
    return
  const packing = frameworkConfig.switch('packing')
  const neat = frameworkConfig.switch('neat_packing')
  if (packing === true || neat === true) {
    pipeline.known('packed', ['packing'], true)
    return
  }
  // One text at a time, the default, needs no padding.
  if (
    (frameworkConfig.number('per_device_train_batch_size') ?? 8) < 2 ||
    frameworkConfig.isUnreadable('packing')
  )
    return
  if (packing === false) pipeline.known('packed', ['packing'], false)
  else pipeline.default('packed', ['packing'], false)
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  switch (claim.setting) {
    case 'precision':
      if (value !== 'bf16-mixed' && value !== 'fp16-mixed')
        return { reason: 'only 16-bit formats are offered' }
      return changeFrameworkConfig(claim, true, facts, { keys: [value === 'bf16-mixed' ? 'bf16' : 'fp16'] })
    case 'packed':
      return changeFrameworkConfig(claim, true, facts, { after: 'cutoff_len' })
    case 'earlyStopping':
      return changeFrameworkConfig(claim, (value as { patience: number }).patience, facts, {
        safety: 'display',
      })
    case 'kind':
      return changeRhythm(claim, value, facts)
    default:
      return changeMemory(claim, value, facts)
  }
}
