/**
 * YAML files of TRL's parser (`trl sft --config recipe.yaml`, `accelerate launch sft.py --config recipe.yaml`): flat
 * fields of its configurations. TRL trains in bf16 where nothing is said, so only an explicit `bf16: false` counts.
 */
import type { Change, Refusal } from '../../edit/write.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { changeRecipe } from './change.js'
import { Recipe, RecipeClaims } from './recipe.js'

const anchor = 'model_name_or_path'

export const trlRecipeReader = defineReader({
  name: 'trl-recipe',
  languages: ['yaml'],
  triggers: ['model_name_or_path:'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const recipe = Recipe.of(facts, document)
      if (recipe === null || !isTrl(recipe)) continue
      const training = RecipeClaims.subject('Training', recipe, claims, anchor, recipe.evidence('gpu'))
      readPrecision(recipe, training)
    }
  },
  change,
})

const fields = [
  'per_device_train_batch_size',
  'learning_rate',
  'output_dir',
  'gradient_accumulation_steps',
  'num_train_epochs',
  'max_steps',
]

function isTrl(recipe: Recipe): boolean {
  // LLaMA-Factory has fields of the same names.
  if (recipe.has('finetuning_type') || !recipe.has(anchor)) return false
  return fields.filter((key) => recipe.has(key)).length >= 3
}

function readPrecision(recipe: Recipe, training: RecipeClaims<'Training'>): void {
  const key = ['bf16']
  const weights = recipe.value('dtype') ?? recipe.value('torch_dtype')
  const quantised = ['load_in_4bit', 'load_in_8bit', 'use_qlora', 'deepspeed'].some((name) =>
    recipe.given(name),
  )
  if (recipe.switch('bf16') === true) training.known('precision', key, 'bf16-mixed')
  else if (recipe.switch('fp16') === true) training.known('precision', ['fp16'], 'fp16-mixed')
  else if (recipe.switch('bf16') !== false || recipe.isUnreadable('fp16'))
    training.unknown('precision', key, 'the defaults of the program')
  else if (
    quantised ||
    recipe.isUnreadable('dtype') ||
    recipe.isUnreadable('torch_dtype') ||
    (typeof weights === 'string' && weights !== 'float32')
  )
    training.unknown('precision', key, 'the format of the weights')
  // transformers 5 loads weights as they are stored.
  else if (weights === undefined) training.known('precision', key, 'fp32', { overridable: true })
  else training.known('precision', key, 'fp32')
}

function change(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  if (claim.setting !== 'precision' || (value !== 'bf16-mixed' && value !== 'fp16-mixed'))
    return byHand(claim)
  return changeRecipe(claim, true, facts, { keys: [value === 'bf16-mixed' ? 'bf16' : 'fp16'] })
}
