/**
 * Recipes of NeMo: the loader of the training data. The trainer's own settings are Lightning's, whose reader reads them.
 * Keys: NeMo, examples/*\/conf; an absent `num_workers` differs from collection to collection.
 */
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { changeRecipe } from './change.js'
import { Recipe, RecipeClaims } from './recipe.js'

/** Where the data of training stand, by collection. */
const places = [
  ['model', 'train_ds'],
  ['model', 'data', 'train_ds'],
  ['data', 'train_ds'],
]

export const nemoReader = defineReader({
  name: 'nemo',
  languages: ['yaml'],
  triggers: ['exp_manager:'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const recipe = Recipe.of(facts, document)
      if (recipe === null || !recipe.has('trainer') || !recipe.has('model')) continue
      const keys = places.find((one) => recipe.has(...one, 'num_workers'))
      const workers = keys === undefined ? undefined : recipe.number(...keys, 'num_workers')
      if (keys === undefined || workers === undefined) continue
      const path = [...keys, 'num_workers']
      const pipeline = new RecipeClaims(
        recipe,
        claims.subject(
          'InputPipeline',
          recipe.place(path, 'model'),
          'train_ds',
          recipe.evidence(recipe.value('trainer', 'accelerator') === 'cpu' ? 'cpu' : 'maybe'),
        ),
        'model',
      )
      // An override of the launch may say something else.
      pipeline.known('workers', path, workers, { overridable: true })
      pipeline.known('feeds', path, 'training')
      if (recipe.has('model', 'preprocessor') || recipe.has(...keys, 'sample_rate')) {
        pipeline.known('work', path, 'decode')
        pipeline.known('decoder', path, 'audio')
      } else pipeline.unknown('work', path, 'what a sample is')
    }
  },
  change: (claim: Claim, value: unknown, facts: UnitFacts) =>
    claim.setting === 'workers' ? changeRecipe(claim, (value as number | null) ?? 4, facts) : byHand(claim),
})
