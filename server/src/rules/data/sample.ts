import type { Location } from '../../text/location.js'
import { effective } from '../../values/value.js'
import type { Claim, Run } from '../../workload/claim.js'
import { subjectsAround } from '../subject-view.js'

/** The function that makes samples, to go to from a finding inside what it calls. */
export function makes(maker: Claim | undefined, each: string): { location: Location; message: string }[] {
  if (maker === undefined) return []
  return [{ location: maker.location, message: `\`${maker.key}\` makes one ${each} at a time` }]
}

/** Epochs of the trainings that take the samples, where all have as many; undefined: not known. */
export function epochsAround(run: Run): number | undefined {
  const epochs = new Set(subjectsAround(run, 'Training').map(({ settings }) => effective(settings.epochs)))
  const [only] = epochs
  return epochs.size === 1 ? (only ?? undefined) : undefined
}
