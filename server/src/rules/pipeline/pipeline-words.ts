/** How rules about pipelines speak of them. */

import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { type Silence, unless } from '../silence.js'

/** A run trains a model, or holds accelerators for something else. */
export function trainsOrHolds(view: SubjectView<'Pipeline'>): boolean {
  const { work, gpus } = view.settings
  return (effective(work) ?? []).includes('train') || (effective(gpus) ?? 0) > 0
}

/** Why a rule about training pipelines does not apply, where `trainsOrHolds` is false. */
export function neitherTrainsNorHolds(view: SubjectView<'Pipeline'>): Silence {
  return unless(view, 'work', 'it neither trains nor holds accelerators')
}

/** `"retrain"`, where it has a name. */
export function quoted(view: SubjectView<'Pipeline'>): string {
  const name = effective(view.settings.name)
  return name === undefined || name === '' ? 'it' : `"${name}"`
}
