/**
 * Recipes of LLaMA-Factory. Keys and defaults: hparams/{parser,data_args,finetuning_args}.py, model/adapter.py,
 * model/patcher.py. Without `bf16` and `fp16`, weights that are trained in full are raised to fp32; adapters leave the
 * frozen weights in the format that they are stored in.
 */
import type { Change, Refusal } from '../../edit/write.js'
import { both, convert, firstGiven, orDefault, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { Value } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { TrainingSettings } from '../../workload/words.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { changeRecipe } from './change.js'
import { isOn, Recipe, RecipeClaims } from './recipe.js'
import {
  changeMemory,
  claimAttention,
  claimMemory,
  claimSharding,
  optimizerWord,
  positive,
} from './recipe-memory.js'

const anchor = 'model_name_or_path'

/** Activations are recomputed unless that is switched off. */
const trainingSettings = settingTable('Training', {
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
  settings: [trainingSettings],
  languages: ['yaml', 'json'],
  triggers: ['finetuning_type'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const recipe = Recipe.of(facts, document)
      if (recipe !== null && isLlamaFactory(recipe)) read(recipe, claims)
    }
  },
  change,
})

function isLlamaFactory(recipe: Recipe): boolean {
  const training = recipe.switch('do_train') === true
  return (
    recipe.has(anchor) &&
    recipe.has('finetuning_type') &&
    training &&
    (recipe.has('stage') || recipe.has('template'))
  )
}

function read(recipe: Recipe, claims: ClaimBuilder): void {
  const evidence = recipe.evidence(/(^|[/_-])(ascend|npu)([/_.-]|$)/.test(recipe.facts.path) ? 'none' : 'gpu')
  const training = RecipeClaims.subject('Training', recipe, claims, anchor, evidence)
  readPrecision(recipe, training)
  readRun(recipe, training)
  readMemory(recipe, training)
  readPadding(recipe, RecipeClaims.subject('InputPipeline', recipe, claims, anchor, evidence))
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

function readPrecision(recipe: Recipe, training: RecipeClaims<'Training'>): void {
  const key = ['bf16']
  const on = (name: string) => recipe.switch(name) === true
  if ([...storedFormat, 'bf16', 'fp16', 'pure_bf16'].some((name) => recipe.isUnreadable(name)))
    training.unknown('precision', key, 'a template')
  else if (on('bf16') || on('pure_bf16')) training.known('precision', key, 'bf16-mixed')
  else if (on('fp16')) training.known('precision', ['fp16'], 'fp16-mixed')
  else if (!/^(full|freeze)$/.test(String(recipe.value('finetuning_type'))))
    training.unknown('precision', key, 'the format in which the weights are stored')
  else if (storedFormat.some((name) => recipe.given(name)))
    training.unknown('precision', key, 'the format in which the weights are stored')
  else if (recipe.has('bf16') || recipe.has('fp16'))
    training.known('precision', recipe.has('bf16') ? key : ['fp16'], 'fp32')
  else training.default('precision', key, 'fp32')
}

function readRun(recipe: Recipe, training: RecipeClaims<'Training'>): void {
  training.known('managed', [anchor], true)
  training.known('fineTuning', [anchor], true)
  trainingSettings.claim(training.subject, training)
  const held = (recipe.number('val_size') ?? 0) > 0 || recipe.has('eval_dataset')
  const strategy = firstGiven(training.text('eval_strategy'), training.text('evaluation_strategy'))
  const validates = convert(strategy, (word) => held && word !== 'no')
  training.say('validation', ['eval_strategy'], orDefault(validates, false))
  training.known('monitor', ['eval_loss'], { name: 'eval_loss', lowerIsBetter: true })
  const schedule = recipe.value('lr_scheduler_type')
  if (typeof schedule !== 'string' || !/^constant/.test(schedule))
    training.known('fullHorizonSchedule', ['lr_scheduler_type'], true)
  if (/^(ppo|grpo)$/.test(String(recipe.value('stage'))))
    training.known('openEnded', ['stage'], 'policy optimisation')
}

/** Trained weights are kept in fp32 (model/adapter.py). */
function readMemory(recipe: Recipe, training: RecipeClaims<'Training'>): void {
  const pairs = !/^(pt|sft)$/.test(String(recipe.value('stage')))
  const images = ['image_max_pixels', 'video_max_pixels', 'freeze_vision_tower'].some((key) =>
    recipe.has(key),
  )
  claimMemory(recipe, training, {
    model: anchor,
    batch: 'per_device_train_batch_size',
    batchOf: recipe.open || pairs || images ? 'other' : 'texts',
    fusedLoss: recipe.switch('enable_liger_kernel') === true,
  })
  if (otherOptimizers.some((key) => recipe.given(key)))
    training.unknown('optimizer', ['optim'], 'an optimiser of another kind')
  claimWeights(recipe, training)
  training.say('adapters', ['finetuning_type'], adaptersOf(recipe, training))
  claimSharding(
    training,
    'deepspeed',
    ['deepspeed', 'fsdp', 'fsdp_config'].find((key) => recipe.given(key)),
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

function claimWeights(recipe: Recipe, training: RecipeClaims<'Training'>): void {
  const bits = convert(training.number('quantization_bit'), (count) =>
    count === 4 || count === 8 ? count : undefined,
  )
  const set = (key: string, value: TrainingSettings['weightBits']) =>
    training.known('weightBits', [key], value)
  if (training.has('quantization_bit')) training.say('weightBits', ['quantization_bit'], bits)
  else if (['fp8', 'use_kt', 'quantization_method'].some((key) => recipe.given(key)))
    training.unknown('weightBits', ['fp8'], 'the quantisation')
  else if (recipe.switch('pure_bf16') === true) set('pure_bf16', 16)
  else if (recipe.value('finetuning_type') === 'full') set('finetuning_type', 32)
  else if (recipe.switch('bf16') === true) set('bf16', 16)
  else if (recipe.switch('fp16') === true) set('fp16', 16)
  else training.unknown('weightBits', ['bf16'], 'the format in which the weights are stored')
}

function adaptersOf(recipe: Recipe, training: RecipeClaims<'Training'>): Value<TrainingSettings['adapters']> {
  const at = training.at('finetuning_type')
  const kind = recipe.value('finetuning_type')
  if (kind === 'full') return stated(at, null)
  if (kind !== 'lora' || recipe.given('additional_target')) return unreadable(at, 'which weights are trained')
  const named = String(recipe.value('lora_target') ?? 'all')
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
function readPadding(recipe: Recipe, pipeline: RecipeClaims<'InputPipeline'>): void {
  pipeline.known('feeds', ['dataset'], 'training')
  if (recipe.open || recipe.value('stage') !== 'sft') return
  if (recipe.has('image_max_pixels') || recipe.has('video_max_pixels') || recipe.has('freeze_vision_tower'))
    return
  const packing = recipe.switch('packing')
  const neat = recipe.switch('neat_packing')
  if (packing === true || neat === true) {
    pipeline.known('packed', ['packing'], true)
    return
  }
  // One text at a time, the default, needs no padding.
  if ((recipe.number('per_device_train_batch_size') ?? 8) < 2 || recipe.isUnreadable('packing')) return
  if (packing === false) pipeline.known('packed', ['packing'], false)
  else pipeline.default('packed', ['packing'], false)
}

function change(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  switch (claim.setting) {
    case 'precision':
      if (value !== 'bf16-mixed' && value !== 'fp16-mixed')
        return { reason: 'only 16-bit formats are offered' }
      return changeRecipe(claim, true, facts, { keys: [value === 'bf16-mixed' ? 'bf16' : 'fp16'] })
    case 'packed':
      return changeRecipe(claim, true, facts, { after: 'cutoff_len' })
    case 'earlyStopping':
      return changeRecipe(claim, (value as { patience: number }).patience, facts, { safety: 'display' })
    default:
      return changeMemory(claim, value, facts)
  }
}
