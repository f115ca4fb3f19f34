/**
 * Recipes of Axolotl. Keys and defaults: axolotl/utils/schemas/{config,training,model}.py, utils/config/__init__.py
 * (`resolve_dtype`), core/builders. Without `bf16` it takes the 16-bit format that the GPU has.
 */
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { TrainingSettings } from '../../workload/words.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { changeRecipe } from './change.js'
import { Recipe, RecipeClaims } from './recipe.js'
import { attentionOf, changeMemory, optimizerOf, readRecipeMemory, type Said } from './recipe-memory.js'

const anchor = 'base_model'

export const axolotlReader = defineReader({
  name: 'axolotl',
  languages: ['yaml'],
  triggers: ['base_model:'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const recipe = Recipe.of(facts, document)
      if (recipe !== null && isAxolotl(recipe)) read(recipe, claims)
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

function isAxolotl(recipe: Recipe): boolean {
  return recipe.has(anchor) && recipe.has('datasets') && own.filter((key) => recipe.has(key)).length >= 2
}

function acceleratorOf(recipe: Recipe): Evidence['accelerator'] {
  const device = recipe.value('device')
  if (device === 'cpu' || device === 'mps') return device
  return /(^|[/_-])mps([/_.-]|$)/.test(recipe.facts.path) ? 'mps' : 'gpu'
}

function read(recipe: Recipe, claims: ClaimBuilder): void {
  const evidence = recipe.evidence(acceleratorOf(recipe))
  const training = RecipeClaims.subject('Training', recipe, claims, anchor, evidence)
  readPrecision(recipe, training)
  readRun(recipe, training)
  readMemory(recipe, training)
  readPadding(recipe, RecipeClaims.subject('InputPipeline', recipe, claims, anchor, evidence))
}

function readPrecision(recipe: Recipe, training: RecipeClaims<'Training'>): void {
  const on = (key: string) => recipe.switch(key) === true
  const off = (key: string) => recipe.switch(key) === false
  const formats = ['bf16', 'bfloat16', 'fp16', 'float16', 'fp8', 'float32', 'load_in_8bit', 'load_in_4bit']
  if (formats.some((key) => recipe.switch(key) === 'unreadable'))
    training.unknown('precision', ['bf16'], 'a template')
  else if (on('fp8')) training.known('precision', ['fp8'], 'fp8')
  else if (on('bf16') || on('bfloat16')) training.known('precision', ['bf16'], 'bf16-mixed')
  else if (on('fp16') || on('float16')) training.known('precision', ['fp16'], 'fp16-mixed')
  else if (!off('bf16')) training.default('precision', ['bf16'], 'bf16-mixed')
  // Quantised weights come with a 16-bit format for the arithmetic.
  else if (on('load_in_8bit') || on('load_in_4bit') || recipe.switch('gptq') === true || off('gptq'))
    training.unknown('precision', ['bf16'], 'quantised weights')
  else training.known('precision', ['bf16'], 'fp32')
}

function readRun(recipe: Recipe, training: RecipeClaims<'Training'>): void {
  training.known('managed', [anchor], true)
  training.known('fineTuning', [anchor], true)
  const epochs = recipe.number('num_epochs')
  if (epochs !== undefined) training.known('epochs', ['num_epochs'], epochs)
  else if (recipe.value('num_epochs') === undefined) training.default('epochs', ['num_epochs'], 1)
  const steps = recipe.number('max_steps')
  training.known('maxSteps', ['max_steps'], steps !== undefined && steps > 0 ? steps : null)
  const held = recipe.number('val_set_size') ?? 0
  if (recipe.open || recipe.value('rl') !== undefined)
    training.unknown('validation', ['val_set_size'], 'the recipe')
  else if (held > 0 || recipe.has('test_datasets')) training.known('validation', ['val_set_size'], true)
  else training.default('validation', ['val_set_size'], false)
  const patience = recipe.value('early_stopping_patience')
  if (patience === undefined || patience === null)
    training.default('earlyStopping', ['early_stopping_patience'], false)
  else training.known('earlyStopping', ['early_stopping_patience'], true)
  training.known('monitor', ['eval_loss'], { name: 'eval_loss', lowerIsBetter: true })
  if (recipe.value('lr_scheduler') !== 'constant')
    training.known('fullHorizonSchedule', ['lr_scheduler'], true)
}

/** Without `adapter` all weights are trained, in the format of the arithmetic (loaders/model.py: `torch_dtype`). */
function readMemory(recipe: Recipe, training: RecipeClaims<'Training'>): void {
  readRecipeMemory(recipe, training, {
    model: anchor,
    numbers: {
      batchSize: ['micro_batch_size', 1],
      accumulation: ['gradient_accumulation_steps', 1],
      sequenceLength: ['sequence_len', 512],
    },
    batchOf:
      recipe.open || unpackable.some((key) => recipe.given(key) && key !== 'torch_compile')
        ? 'other'
        : 'texts',
    optimizer: optimizerOf(recipe, 'optimizer', 'adamw fused'),
    weightBits: weightsOf(recipe),
    adapters: adaptersOf(recipe),
    checkpointing: checkpointingOf(recipe),
    sharding: shardingOf(recipe),
    attention: attentionOf(
      recipe,
      'attn_implementation',
      'flash_attention',
      'eager_attention',
      'xformers_attention',
      'sdp_attention',
    ),
    fusedLoss: losesLogits(recipe),
  })
}

/** A loss that never holds all logits: a plugin that does so by itself, or one that is asked to. */
function losesLogits(recipe: Recipe): boolean {
  const plugins = recipe.node('plugins')
  const cut =
    plugins?.kind === 'list' &&
    plugins.items.some((one) => one.kind === 'scalar' && /CutCrossEntropyPlugin$/.test(String(one.value)))
  if (cut && recipe.switch('cut_cross_entropy') !== false) return true
  return ['liger_fused_linear_cross_entropy', 'cut_cross_entropy', 'chunked_cross_entropy'].some((key) =>
    recipe.given(key),
  )
}

function weightsOf(recipe: Recipe): Said<TrainingSettings['weightBits']> {
  const on = (key: string) => recipe.switch(key) === true
  const keys = ['bf16']
  if (recipe.given('quantization') || recipe.given('gptq') || on('fp8'))
    return { because: 'the quantisation', keys: ['quantization'] }
  if (recipe.value('adapter') === 'qlora' && !on('load_in_8bit')) return { value: 4, keys: ['adapter'] }
  if (on('load_in_4bit')) return { value: 4, keys: ['load_in_4bit'] }
  if (on('load_in_8bit')) return { value: 8, keys: ['load_in_8bit'] }
  const full =
    on('float32') || (recipe.switch('bf16') === false && !on('fp16') && !on('float16') && !on('bfloat16'))
  if (full) return { value: 32, keys }
  // With fp16, weights that are trained stay in fp32.
  if (on('fp16') && !recipe.given('adapter'))
    return { because: 'the format that they are loaded in', keys: ['fp16'] }
  return { value: 16, keys }
}

function adaptersOf(recipe: Recipe): Said<TrainingSettings['adapters']> {
  const keys = ['adapter']
  const adapter = recipe.value('adapter')
  if (
    [
      'unfrozen_parameters',
      'peft_layers_to_transform',
      'lora_modules_to_save',
      'relora',
      'lisa_n_layers',
    ].some((key) => recipe.given(key))
  )
    return { because: 'which weights are trained', keys }
  if (adapter === undefined || adapter === null || adapter === '') return { value: null, keys }
  const rank = recipe.number('lora_r')
  if ((adapter !== 'lora' && adapter !== 'qlora') || rank === undefined)
    return { because: 'the rank of the adapters', keys: ['lora_r'] }
  const targets = recipe.node('lora_target_modules')
  const named =
    targets?.kind === 'list'
      ? targets.items.map((one) => (one.kind === 'scalar' ? String(one.value) : ''))
      : []
  const all = recipe.switch('lora_target_linear') === true || named.some((name) => feedForward.test(name))
  return { value: { rank, targets: all ? 'all' : 'attention' }, keys: ['lora_r'] }
}

/** Names of products outside attention. */
const feedForward = /gate|up_proj|down_proj|mlp|fc|w[123]$/

function checkpointingOf(recipe: Recipe): Said<boolean> {
  const keys = ['gradient_checkpointing']
  const value = recipe.value(...keys)
  if (recipe.given('activation_offloading') || (typeof value === 'string' && !/^(true|false)$/i.test(value)))
    return { because: 'activations are kept elsewhere', keys }
  const on = recipe.switch(...keys)
  if (on === undefined) return { value: false, keys, byItself: true }
  return on === 'unreadable' ? { because: 'a template', keys } : { value: on, keys }
}

function shardingOf(recipe: Recipe): Said<TrainingSettings['sharding']> {
  const by = [
    'deepspeed',
    'fsdp',
    'fsdp_config',
    'tensor_parallel_size',
    'context_parallel_size',
    'sequence_parallel_degree',
  ].find((key) => recipe.given(key) && recipe.value(key) !== 1)
  return by === undefined
    ? { value: null, keys: ['deepspeed'], byItself: true }
    : { because: `what \`${by}\` says`, keys: [by] }
}

/** Images, preferences and rewards, and steps of a fixed shape. */
const unpackable =
  'processor_type is_multimodal image_size skip_prepare_dataset rl reward_model process_reward_model torch_compile'.split(
    ' ',
  )

/** Kernels under which the texts of one row do not see each other (axolotl, schemas/validation.py). */
function keepsTextsApart(recipe: Recipe): boolean {
  if (
    ['flash_attention', 'xformers_attention', 'flex_attention', 'sage_attention'].some((key) =>
      recipe.given(key),
    )
  )
    return true
  return /flash|xformers|flex|sage/.test(String(recipe.value('attn_implementation')))
}

/** Sequences of one batch of texts; images, preferences and rewards are batched in other ways. */
function readPadding(recipe: Recipe, pipeline: RecipeClaims<'InputPipeline'>): void {
  pipeline.known('feeds', ['datasets'], 'training')
  const packing = recipe.switch('sample_packing')
  if (recipe.open || packing === 'unreadable' || unpackable.some((key) => recipe.given(key))) return
  if (packing === true) {
    pipeline.known('packed', ['sample_packing'], true)
    return
  }
  const length = recipe.number('sequence_len')
  if (recipe.switch('pad_to_sequence_len') === true) {
    if (length !== undefined) pipeline.known('paddedTo', ['pad_to_sequence_len'], length)
    return
  }
  if (!keepsTextsApart(recipe)) return
  const batch = recipe.number('micro_batch_size')
  // One text at a time needs no padding.
  if (batch === undefined || batch < 2 || recipe.given('batch_flattening')) return
  if (packing === false) pipeline.known('packed', ['sample_packing'], false)
  else pipeline.default('packed', ['sample_packing'], false)
}

function change(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  switch (claim.setting) {
    case 'precision':
      if (value === 'bf16-mixed') return changeRecipe(claim, 'auto', facts, { keys: ['bf16'] })
      return value === 'fp16-mixed'
        ? changeRecipe(claim, true, facts, { keys: ['fp16'] })
        : { reason: 'only 16-bit formats are offered' }
    // Rows of a fixed length stay as they are; they are filled.
    case 'packed':
    case 'paddedTo':
      return changeRecipe(claim, true, facts, { keys: ['sample_packing'], after: 'sequence_len' })
    case 'earlyStopping': {
      const { patience } = value as { patience: number }
      // It needs evaluation and saving in step.
      return changeRecipe(claim, patience, facts, { after: 'num_epochs', safety: 'display' })
    }
    default:
      return changeMemory(claim, value, facts)
  }
}
