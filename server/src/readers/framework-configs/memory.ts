/** What a framework config says that decides how much memory it needs: model, batch, length, optimiser, adapters, format of the weights. */
import { model as known } from '../../catalog/models.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { convert, derived, orDefault, orUnknown, unreadable } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { isGiven } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { TrainingSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { lookIntoFile, sharingByName, sharingOf } from '../deepspeed/sharing.js'
import { sizeOfModel } from '../huggingface/model-sizes.js'
import { optimizerWords } from '../huggingface/optimizer-words.js'
import type { FragmentFacts } from '../reader.js'
import { changeFrameworkConfig } from './change.js'
import type { FrameworkConfig, FrameworkConfigClaims } from './framework-config.js'

type Training = FrameworkConfigClaims<'Training'>
export interface FrameworkConfigMemory {
  /** Key with the name on a hub. */
  model: string
  /** Samples are pairs, or are written by the model: a batch is more than it says. */
  batchOf: 'texts' | 'other'
  /** Key with the number of texts in a batch. */
  batch: string
  /** Logits are never written out as a whole. */
  fusedLoss: boolean
}

export function claimMemory(
  frameworkConfig: FrameworkConfig,
  training: Training,
  memory: FrameworkConfigMemory,
): void {
  if (memory.batchOf === 'other') training.unknown('batchSize', [memory.batch], 'how a batch is made up')
  const keys = [memory.model]
  const id = frameworkConfig.open ? unreadable(training.at(...keys), 'a template') : training.text(...keys)
  training.say('model', keys, orUnknown(id, 'a template'))
  const size = derived(id, (name) => known(name)?.parameters ?? sizeOfModel(name) ?? undefined)
  training.say('parameters', keys, size)
  training.say(
    'languageHead',
    keys,
    derived(id, () => !memory.fusedLoss),
  )
}

/** A count of which none is no count. */
export const positive = (value: Json): number | undefined => {
  const count = asQuotedNumber(value)
  return count !== undefined && count > 0 ? count : undefined
}

/** A word of `optim` of the Trainer. */
export const optimizerWord = (value: Json): TrainingSettings['optimizer'] | undefined =>
  typeof value === 'string' ? lookUp(optimizerWords, value) : undefined

/** `keys`: from the one that counts most. */
export function claimAttention(training: Training, ...keys: string[]): void {
  const key = keys.find((one) => isGiven(derived(training.get(one), (value) => value || undefined)))
  const given = training.get(key ?? keys[0]!)
  const kind = convert(given, (value) => {
    const word = String(value)
    if (/^(eager|disabled)$/.test(word)) return 'eager'
    return /flash|fa[23]/.test(`${key} ${word}`) ? 'flash' : 'fused'
  })
  training.say('attention', [key ?? keys[0]!], orDefault(kind, 'fused'))
}

/** What shards the model over devices says itself how; without any of these nothing does. */
export function claimSharding(
  training: Training,
  key: string,
  by: string | undefined,
  engine?: TrainingSettings['sharding'],
): void {
  if (by === undefined) training.default('sharding', [key], null)
  else if (by === 'deepspeed' && engine !== undefined) training.known('sharding', [by], engine)
  else training.unknown('sharding', [by], `what \`${by}\` says`)
}

/** What the DeepSpeed file says that a framework config names; undefined: it cannot be told. */
export function engineSharing(
  frameworkConfig: FrameworkConfig,
  claims: ClaimBuilder,
): TrainingSettings['sharding'] | undefined {
  const path = frameworkConfig.value('deepspeed')
  if (typeof path !== 'string') return undefined
  claims.namesFile(path, true)
  const file = lookUp(frameworkConfig.facts.named, path)
  return file === undefined ? sharingByName(path) : sharingOf(lookIntoFile(file))
}

/** Keys of one line that hold a number, a word or a switch. */
export function changeMemory(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { setting } = claim
  if ((setting === 'batchSize' || setting === 'accumulation') && typeof value === 'number')
    return changeFrameworkConfig(claim, value, facts)
  if (setting === 'optimizer' && value === 'adamw 8 bit')
    return changeFrameworkConfig(claim, 'adamw_8bit', facts)
  if (setting === 'checkpointing' && typeof value === 'boolean' && claim.key === 'gradient_checkpointing')
    return changeFrameworkConfig(claim, value, facts)
  return byHand(claim)
}
