/** How rules about pipelines speak of them. */
import { effective } from '../../values/value.js'
import type { Judged } from '../../workload/claim.js'

/** A run trains a model, or holds accelerators for something else. */
export function trainsOrHolds(judged: Judged<'Pipeline'>): boolean {
  const { work, gpus } = judged.settings
  return (effective(work) ?? []).includes('train') || (effective(gpus) ?? 0) > 0
}

/** `"retrain"`, where it has a name. */
export function quoted(judged: Judged<'Pipeline'>): string {
  const name = effective(judged.settings.name)
  return name === undefined || name === '' ? 'it' : `"${name}"`
}
