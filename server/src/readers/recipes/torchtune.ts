/** Recipes of torchtune: `dtype`, `dataset.packed`. Keys: torchtune, recipes/configs and recipes/*.py. */
import type { Change, Refusal } from '../../edit/write.js'
import { lookUp } from '../../text/records.js'
import { convert, orUnknown } from '../../values/operations.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Precision } from '../../workload/words.js'
import { byHand } from '../change-answer.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { changeRecipe } from './change.js'
import { Recipe, RecipeClaims } from './recipe.js'

const formats: Record<string, Precision> = { fp32: 'fp32', float32: 'fp32', bf16: 'bf16', fp16: 'fp16' }

export const torchtuneReader = defineReader({
  name: 'torchtune',
  languages: ['yaml'],
  triggers: ['torchtune.'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const recipe = Recipe.of(facts, document)
      if (recipe !== null && trains(recipe)) read(recipe, claims)
    }
  },
  change,
})

/** A model, data and an optimiser: files for evaluation and generation lack the last. */
function trains(recipe: Recipe): boolean {
  const component = recipe.value('model', '_component_')
  return (
    typeof component === 'string' &&
    component.startsWith('torchtune.') &&
    recipe.has('dataset') &&
    recipe.has('optimizer')
  )
}

function acceleratorOf(recipe: Recipe): Evidence['accelerator'] {
  const device = recipe.value('device')
  return device === 'cuda' ? 'gpu' : device === 'cpu' || device === 'mps' ? device : 'maybe'
}

function read(recipe: Recipe, claims: ClaimBuilder): void {
  const evidence = recipe.evidence(acceleratorOf(recipe))
  const training = RecipeClaims.subject('Training', recipe, claims, 'model', evidence)
  const format = convert(training.text('dtype'), (word) => lookUp(formats, word))
  training.say('precision', ['dtype'], orUnknown(format, 'the format of the recipe'))
  readPadding(recipe, RecipeClaims.subject('InputPipeline', recipe, claims, 'dataset', evidence))
}

function readPadding(recipe: Recipe, pipeline: RecipeClaims<'InputPipeline'>): void {
  const keys = ['dataset', 'packed']
  pipeline.known('feeds', ['dataset'], 'training')
  const component = String(recipe.value('dataset', '_component_'))
  // Pairs, images and prompts of a policy cannot share a row.
  if (recipe.open || /preference|paired|multimodal|vqa|cauldron|grpo|stack_exchange|hh_rlhf/i.test(component))
    return
  const packed = recipe.switch(...keys)
  if (packed === true) pipeline.known('packed', keys, true)
  if (packed !== false || (recipe.number('batch_size') ?? 1) < 2) return
  pipeline.known('packed', keys, false)
}

function change(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  if (claim.setting === 'packed') return changeRecipe(claim, true, facts)
  if (claim.setting !== 'precision') return byHand(claim)
  // fp16 is not among the formats that its recipes train in.
  return value === 'bf16-mixed'
    ? changeRecipe(claim, 'bf16', facts)
    : { reason: 'torchtune trains in bf16 or fp32' }
}
