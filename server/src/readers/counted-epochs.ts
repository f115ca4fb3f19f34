/** Epochs that end after so many steps, however much data there is. */
import { both } from '../values/operations.js'
import type { Given } from '../values/value.js'
import type { TrainingSettings } from '../workload/resource-kinds.js'

export function countedEpochs(
  epochs: Given<number>,
  steps: Given<number>,
): Given<TrainingSettings['countedEpochs']> {
  // An expression over the data says no more than that an epoch goes through it.
  if (steps.state !== 'known') return { ...steps, state: 'absent' }
  return both(epochs, steps, (count, each) =>
    count > 0 && each >= 1 ? { epochs: count, steps: each } : undefined,
  )
}
