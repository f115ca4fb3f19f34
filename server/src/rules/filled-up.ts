/** How long the texts of a training are beside the limit to which they are cut. */
import type { KnownDataset } from '../catalog/datasets.js'
import type { Interval, Network } from '../estimate/network.js'
import { effective } from '../values/value.js'
import type { Run } from '../workload/claim.js'
import { subjectsAround } from './subject-view.js'

/** Whether texts are padded, or put together, up to a length. */
export function isFilledUp(run: Run): boolean {
  return subjectsAround(run, 'InputPipeline').some(({ settings: { paddedTo, packed } }) => {
    const length = effective(paddedTo)
    return (
      (paddedTo !== undefined && length === undefined) ||
      typeof length === 'number' ||
      effective(packed) === true
    )
  })
}

/** A batch that is padded to its longest text, where lengths differ as in most data sets. An assumption. */
const longestOfBatch = 3
/** Texts that are so short take no less time. */
const shortest = 16

/** Between which lengths batches lie that are only padded to their own longest text; null: nothing is known of their lengths. */
export function unfilledLengths(
  run: Run,
  limit: Interval | null,
  network: Network | null,
  data: KnownDataset | null,
): Interval | null {
  const mean = data?.meanTokens ?? null
  if (network?.unit !== 'tokens' || limit === null || mean === null || isFilledUp(run)) return null
  // One side of a pair is read, the other written.
  const average = Math.max(shortest, network.readsAndWrites === true ? mean / 2 : mean)
  const high = Math.min(limit.high, Math.ceil(longestOfBatch * average))
  return high === limit.high ? null : { low: Math.min(limit.low, average), high }
}
