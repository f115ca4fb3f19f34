/**
 * Recipes of LLaMA-Factory. Keys and defaults: hparams/{parser,data_args,finetuning_args}.py, model/adapter.py,
 * model/patcher.py. Without `bf16` and `fp16`, weights that are trained in full are raised to fp32; adapters leave the
 * frozen weights in the format that they are stored in.
 */
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { TrainingSettings } from '../../workload/words.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { changeRecipe } from './change.js'
import { Recipe, RecipeClaims } from './recipe.js'
import { attentionOf, changeMemory, optimizerOf, readRecipeMemory, type Said } from './recipe-memory.js'

const anchor = 'model_name_or_path'

export const llamafactoryReader = defineReader({
  name: 'llamafactory',
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
  const state = (name: string) => recipe.switch(name)
  if ([...storedFormat, 'bf16', 'fp16', 'pure_bf16'].some((name) => state(name) === 'unreadable'))
    training.unknown('precision', key, 'a template')
  else if (state('bf16') === true || state('pure_bf16') === true)
    training.known('precision', key, 'bf16-mixed')
  else if (state('fp16') === true) training.known('precision', ['fp16'], 'fp16-mixed')
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
  const epochs = recipe.number('num_train_epochs')
  if (epochs !== undefined) training.known('epochs', ['num_train_epochs'], epochs)
  else if (recipe.value('num_train_epochs') === undefined) training.default('epochs', ['num_train_epochs'], 3)
  const steps = recipe.number('max_steps')
  training.known('maxSteps', ['max_steps'], steps !== undefined && steps > 0 ? steps : null)
  const strategy = recipe.value('eval_strategy') ?? recipe.value('evaluation_strategy')
  const held = (recipe.number('val_size') ?? 0) > 0 || recipe.has('eval_dataset')
  const validates = held && typeof strategy === 'string' && strategy !== 'no'
  if (recipe.open) training.unknown('validation', ['eval_strategy'], 'a template')
  else if (validates) training.known('validation', ['eval_strategy'], true)
  else training.default('validation', ['eval_strategy'], false)
  const patience = recipe.value('early_stopping_steps')
  if (patience === undefined || patience === null)
    training.default('earlyStopping', ['early_stopping_steps'], false)
  else training.known('earlyStopping', ['early_stopping_steps'], true)
  training.known('monitor', ['eval_loss'], { name: 'eval_loss', lowerIsBetter: true })
  const schedule = recipe.value('lr_scheduler_type')
  if (typeof schedule !== 'string' || !/^constant/.test(schedule))
    training.known('fullHorizonSchedule', ['lr_scheduler_type'], true)
  if (/^(ppo|grpo)$/.test(String(recipe.value('stage'))))
    training.known('openEnded', ['stage'], 'policy optimisation')
}

/** Activations are recomputed unless that is switched off; trained weights are kept in fp32 (model/adapter.py). */
function readMemory(recipe: Recipe, training: RecipeClaims<'Training'>): void {
  const off = recipe.switch('disable_gradient_checkpointing')
  const pairs = !/^(pt|sft)$/.test(String(recipe.value('stage')))
  const images = ['image_max_pixels', 'video_max_pixels', 'freeze_vision_tower'].some((key) =>
    recipe.has(key),
  )
  readRecipeMemory(recipe, training, {
    model: anchor,
    numbers: {
      batchSize: ['per_device_train_batch_size', 8],
      accumulation: ['gradient_accumulation_steps', 1],
      sequenceLength: ['cutoff_len', 2048],
    },
    batchOf: recipe.open || pairs || images ? 'other' : 'texts',
    optimizer: [...otherOptimizers].some((key) => recipe.given(key))
      ? { because: 'an optimiser of another kind', keys: ['optim'] }
      : optimizerOf(recipe, 'optim', 'adamw'),
    weightBits: weightsOf(recipe),
    adapters: adaptersOf(recipe),
    checkpointing:
      off === undefined
        ? { value: true, keys: ['disable_gradient_checkpointing'], byItself: true }
        : off === 'unreadable'
          ? { because: 'a template', keys: ['disable_gradient_checkpointing'] }
          : { value: !off, keys: ['disable_gradient_checkpointing'] },
    sharding: shardingOf(recipe),
    attention: attentionOf(recipe, 'flash_attn'),
    fusedLoss: recipe.switch('enable_liger_kernel') === true,
  })
}

const otherOptimizers = [
  'use_badam',
  'use_galore',
  'use_apollo',
  'use_adam_mini',
  'use_muon',
  'loraplus_lr_ratio',
]

function weightsOf(recipe: Recipe): Said<TrainingSettings['weightBits']> {
  const bits = recipe.number('quantization_bit')
  if (bits !== undefined)
    return bits === 4 || bits === 8
      ? { value: bits, keys: ['quantization_bit'] }
      : { because: 'the quantisation', keys: ['quantization_bit'] }
  if (['fp8', 'use_kt', 'quantization_method'].some((key) => recipe.given(key)))
    return { because: 'the quantisation', keys: ['fp8'] }
  const short = recipe.switch('bf16') === true || recipe.switch('fp16') === true
  if (recipe.switch('pure_bf16') === true) return { value: 16, keys: ['pure_bf16'] }
  if (recipe.value('finetuning_type') === 'full') return { value: 32, keys: ['finetuning_type'] }
  return short
    ? { value: 16, keys: [recipe.switch('bf16') === true ? 'bf16' : 'fp16'] }
    : { because: 'the format in which the weights are stored', keys: ['bf16'] }
}

function adaptersOf(recipe: Recipe): Said<TrainingSettings['adapters']> {
  const keys = ['finetuning_type']
  const kind = recipe.value(...keys)
  if (kind === 'full') return { value: null, keys }
  if (kind !== 'lora' || recipe.given('additional_target'))
    return { because: 'which weights are trained', keys }
  const targets = String(recipe.value('lora_target') ?? 'all')
  const all = /all|gate|up_proj|down_proj|mlp|fc|w[123]\b/.test(targets)
  return {
    value: { rank: recipe.number('lora_rank') ?? 8, targets: all ? 'all' : 'attention' },
    keys: recipe.has('lora_rank') ? ['lora_rank'] : keys,
  }
}

function shardingOf(recipe: Recipe): Said<TrainingSettings['sharding']> {
  const by = ['deepspeed', 'fsdp', 'fsdp_config'].find((key) => recipe.given(key))
  return by === undefined
    ? { value: null, keys: ['deepspeed'], byItself: true }
    : { because: `what \`${by}\` says`, keys: [by] }
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
  if ((recipe.number('per_device_train_batch_size') ?? 8) < 2 || packing === 'unreadable') return
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
