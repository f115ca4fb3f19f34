/** What a recipe says that decides how much memory it needs: model, batch, length, optimiser, adapters, format of the weights. */
import { model as known } from '../../catalog/models.js'
import type { Change, Refusal } from '../../edit/write.js'
import { lookUp } from '../../text/records.js'
import type { Claim } from '../../workload/claim.js'
import type { TrainingSettings } from '../../workload/words.js'
import { byHand } from '../change-answer.js'
import { sizeOfModel } from '../huggingface/model-sizes.js'
import { optimizerWords } from '../huggingface/optimizer-words.js'
import type { UnitFacts } from '../reader.js'
import { changeRecipe } from './change.js'
import type { Recipe, RecipeClaims } from './recipe.js'

type Training = RecipeClaims<'Training'>
type Setting = 'batchSize' | 'accumulation' | 'sequenceLength'
/** What a setting is, where it is written, and whether the program does so by itself; or why that is not known. */
export type Said<T> = { value: T; keys: string[]; byItself?: true } | { because: string; keys: string[] }

export interface RecipeMemory {
  /** Key with the name on a hub. */
  model: string
  /** Each key with what the program takes where it is left out; null: not known. */
  numbers: Record<Setting, [key: string, otherwise: number | null]>
  /** Samples are pairs, or are written by the model: a batch is more than it says. */
  batchOf: 'texts' | 'other'
  optimizer: Said<TrainingSettings['optimizer']>
  weightBits: Said<TrainingSettings['weightBits']>
  adapters: Said<TrainingSettings['adapters']>
  checkpointing: Said<boolean>
  sharding: Said<TrainingSettings['sharding']>
  attention: Said<TrainingSettings['attention']>
  /** Logits are never written out as a whole. */
  fusedLoss: boolean
}

export function readRecipeMemory(recipe: Recipe, training: Training, memory: RecipeMemory): void {
  readModel(recipe, training, memory)
  for (const [setting, [key, otherwise]] of Object.entries(memory.numbers) as [
    Setting,
    [string, number | null],
  ][]) {
    const given = recipe.number(key)
    if (setting === 'batchSize' && memory.batchOf === 'other')
      training.unknown(setting, [key], 'how a batch is made up')
    else if (given !== undefined && given > 0) training.known(setting, [key], given)
    else if (recipe.value(key) == null && otherwise !== null) training.default(setting, [key], otherwise)
    else training.unknown(setting, [key], 'the recipe')
  }
  claim(training, 'optimizer', memory.optimizer)
  claim(training, 'weightBits', memory.weightBits)
  claim(training, 'adapters', memory.adapters)
  claim(training, 'checkpointing', memory.checkpointing)
  claim(training, 'sharding', memory.sharding)
  claim(training, 'attention', memory.attention)
}

function readModel(recipe: Recipe, training: Training, { model: key, fusedLoss }: RecipeMemory): void {
  const id = recipe.value(key)
  if (typeof id !== 'string' || id === 'unreadable' || recipe.open) {
    training.unknown('model', [key], 'a template')
    return
  }
  training.known('model', [key], id)
  const parameters = known(id)?.parameters ?? sizeOfModel(id)
  if (parameters !== null) training.known('parameters', [key], parameters)
  training.known('languageHead', [key], !fusedLoss)
}

function claim<
  K extends 'optimizer' | 'weightBits' | 'adapters' | 'checkpointing' | 'sharding' | 'attention',
>(training: Training, setting: K, said: Said<TrainingSettings[K]>): void {
  if ('because' in said) training.unknown(setting, said.keys, said.because)
  else if (said.byItself === true) training.default(setting, said.keys, said.value)
  else training.known(setting, said.keys, said.value)
}

/** A word of `optim` of the Trainer. */
export function optimizerOf(
  recipe: Recipe,
  key: string,
  otherwise: TrainingSettings['optimizer'],
): Said<TrainingSettings['optimizer']> {
  const value = recipe.value(key)
  if (value === undefined || value === null) return { value: otherwise, keys: [key], byItself: true }
  const found = typeof value === 'string' ? lookUp(optimizerWords, value) : undefined
  return found === undefined
    ? { because: 'an optimiser of another kind', keys: [key] }
    : { value: found, keys: [key] }
}

export function attentionOf(recipe: Recipe, ...keys: string[]): Said<TrainingSettings['attention']> {
  for (const key of keys) {
    const value = recipe.value(key)
    if (value === undefined || value === null || value === false || value === 'unreadable') continue
    const word = String(value)
    if (/^(eager|disabled)$/.test(word)) return { value: 'eager', keys: [key] }
    return { value: /flash|fa[23]/.test(`${key} ${word}`) ? 'flash' : 'fused', keys: [key] }
  }
  return { value: 'fused', keys: [keys[0]!], byItself: true }
}

/** Keys of one line that hold a number, a word or a switch. */
export function changeMemory(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { setting } = claim
  if ((setting === 'batchSize' || setting === 'accumulation') && typeof value === 'number')
    return changeRecipe(claim, value, facts)
  if (setting === 'optimizer' && value === 'adamw 8 bit') return changeRecipe(claim, 'adamw_8bit', facts)
  if (setting === 'checkpointing' && typeof value === 'boolean' && claim.key === 'gradient_checkpointing')
    return changeRecipe(claim, value, facts)
  return byHand(claim)
}
