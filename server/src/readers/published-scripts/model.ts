/** The model that a launch names. */
import { model as known } from '../../catalog/models.js'
import { derived, orUnknown } from '../../values/operations.js'
import type { Given } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { sizeOfModel } from '../huggingface/model-sizes.js'
import type { LaunchSource } from './launch-source.js'

/** `--model_name_or_path`, which is given back. */
export function claimModel(source: LaunchSource, training: SubjectBuilder<'Training'>): Given<string> {
  const key = 'model_name_or_path'
  const id = source.text(key)
  training.say('model', key, orUnknown(id, 'a model by its configuration'))
  training.say('parameters', key, sizeOf(id))
  return id
}

export function sizeOf(id: Given<string>): Given<number> {
  return derived(id, (one) => known(one)?.parameters ?? sizeOfModel(one) ?? undefined)
}
