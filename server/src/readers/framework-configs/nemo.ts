/**
 * Recipes of NeMo and of SageMaker HyperPod: the loader of the training data, evaluations and checkpoints. The format is
 * the trainer's own setting, which Lightning's reader reads. Keys: NeMo, examples/*\/conf, utils/exp_manager.py; an absent
 * `num_workers` differs from collection to collection. Many such files lie in one project, to be chosen from.
 */
import type { Place } from '../../text/origin.js'
import { lookUp } from '../../text/records.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Binding, Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { changeFrameworkConfig, changeInterval } from './change.js'
import { FrameworkConfig, FrameworkConfigClaims } from './framework-config.js'
import { rarely, startsOther } from './inherited-claims.js'

/** Where the data of training stand, by collection. */
const places = [
  ['model', 'train_ds'],
  ['model', 'data', 'train_ds'],
  ['data', 'train_ds'],
]

/** Steps up to which an evaluation comes often. */
const often = 50

export const nemoReader = defineReader({
  name: 'nemo',
  languages: ['yaml'],
  triggers: ['exp_manager:'],
  read(facts, { binding }, claims) {
    for (const document of facts.config?.documents ?? []) {
      const frameworkConfig = FrameworkConfig.of(facts, document, null)
      if (frameworkConfig === null || !frameworkConfig.has('trainer') || !frameworkConfig.has('model'))
        continue
      if (binding !== null && startsOther(binding.launch)) continue
      claims.frameworkConfig('nemo', false)
      const given = new NemoRecipe(frameworkConfig, claims, binding)
      readLoader(given)
      readEvaluations(given)
      readCheckpoints(given)
    }
  },
  change(claim: Claim, value: unknown, facts: FragmentFacts) {
    switch (claim.setting) {
      case 'workers':
        return changeFrameworkConfig(claim, (value as number | null) ?? 4, facts)
      case 'kind':
        return changeInterval(claim, facts)
      case 'keptCheckpoints':
        return changeFrameworkConfig(claim, Number(value), facts)
      default:
        return byHand(claim)
    }
  },
})

/** A recipe, and what a launch of its script says in its place. */
class NemoRecipe {
  constructor(
    readonly frameworkConfig: FrameworkConfig,
    readonly claims: ClaimBuilder,
    private readonly binding: Binding | null,
  ) {}

  /** What is not launched may be launched with something else. */
  get options(): { overridable: boolean } {
    return { overridable: this.binding === null }
  }

  get evidence(): Evidence {
    return this.frameworkConfig.evidence(
      this.frameworkConfig.value('trainer', 'accelerator') === 'cpu' ? 'cpu' : 'maybe',
    )
  }

  /** Undefined also where the launch line sets it, or may. */
  number(...keys: string[]): number | undefined {
    const launch = this.binding?.launch
    if (launch !== undefined && (!launch.complete || lookUp(launch.flags, keys.join('.')) !== undefined))
      return undefined
    return this.frameworkConfig.number(...keys)
  }
}

function readLoader(given: NemoRecipe): void {
  const { frameworkConfig, claims } = given
  const keys = places.find((one) => frameworkConfig.has(...one, 'num_workers'))
  const workers = keys === undefined ? undefined : given.number(...keys, 'num_workers')
  if (keys === undefined || workers === undefined) return
  const path = [...keys, 'num_workers']
  const pipeline = new FrameworkConfigClaims(
    frameworkConfig,
    claims.subject('InputPipeline', frameworkConfig.place(path, 'model'), 'train_ds', given.evidence),
    'model',
  )
  pipeline.known('workers', path, workers, given.options)
  pipeline.known('feeds', path, 'training')
  if (frameworkConfig.has('model', 'preprocessor') || frameworkConfig.has(...keys, 'sample_rate')) {
    pipeline.known('work', path, 'decode')
    pipeline.known('decoder', path, 'audio')
  } else pipeline.unknown('work', path, 'what a sample is')
}

/** `trainer.val_check_interval` in steps, over all of the validation data. */
function readEvaluations(given: NemoRecipe): void {
  const { frameworkConfig, claims } = given
  const keys = ['trainer', 'val_check_interval']
  const every = given.number(...keys)
  const steps = given.number('trainer', 'max_steps')
  if (every === undefined || every <= 1 || every > often || steps === undefined || steps < 1) return
  if (frameworkConfig.has('trainer', 'limit_val_batches')) return
  const place: Place = { ...frameworkConfig.place(keys, 'trainer'), target: rarely(steps) }
  const key = keys.join('.')
  const operation = claimOperation(claims, {
    kind: 'evaluate',
    place: 'step',
    key,
    at: place,
    site: place,
    options: { channel: 'named file', ...given.options },
    scope: key,
    evidence: given.evidence,
  })
  operation.known('every', key, every, place)
  operation.known('times', key, Math.floor(steps / every), place)
}

/** `save_top_k: -1` keeps every checkpoint that is written. */
function readCheckpoints(given: NemoRecipe): void {
  const { frameworkConfig, claims } = given
  const holder = ['exp_manager', 'checkpoint_callback_params']
  const kept = given.number(...holder, 'save_top_k')
  if (kept === undefined) return
  const keys = [...holder, 'save_top_k']
  const training = new FrameworkConfigClaims(
    frameworkConfig,
    claims.subject('Training', frameworkConfig.place(keys, 'exp_manager'), 'exp_manager', given.evidence),
    'exp_manager',
  )
  training.known('keptCheckpoints', keys, kept < 0 ? null : kept, given.options)
  const steps = given.number('trainer', 'max_steps')
  const epochs = given.number('trainer', 'max_epochs')
  const every =
    given.number(...holder, 'every_n_train_steps') ?? given.number('trainer', 'val_check_interval')
  if (steps !== undefined && steps > 0 && every !== undefined && every > 1)
    training.known('checkpointCount', keys, Math.floor(steps / every))
  else if (epochs !== undefined && epochs > 0 && (steps === undefined || steps < 1))
    training.known('epochs', ['trainer', 'max_epochs'], epochs)
}
