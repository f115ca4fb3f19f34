/** How rules about pipelines speak of them. */

import { effective } from '../../values/value.js'
import type { Judged } from '../../workload/claim.js'
import { type Silence, unless } from '../silence.js'

/** A run trains a model, or holds accelerators for something else. */
export function trainsOrHolds(judged: Judged<'Pipeline'>): boolean {
  const { work, gpus } = judged.settings
  return (effective(work) ?? []).includes('train') || (effective(gpus) ?? 0) > 0
}

/** Why a rule about training pipelines does not apply, where `trainsOrHolds` is false. */
export function neitherTrainsNorHolds(judged: Judged<'Pipeline'>): Silence {
  return unless(judged, 'work', 'it neither trains nor holds accelerators')
}

/** `"retrain"`, where it has a name. */
export function quoted(judged: Judged<'Pipeline'>): string {
  const name = effective(judged.settings.name)
  return name === undefined || name === '' ? 'it' : `"${name}"`
}
