/** Every rule. */
import cacheDisabled from './data/cache-disabled.js'
import noLoaderWorkers from './data/no-loader-workers.js'
import dataParallel from './distributed/data-parallel.js'
import idleGpus from './distributed/idle-gpus.js'
import noDeadline from './lifecycle/no-deadline.js'
import noEarlyStopping from './lifecycle/no-early-stopping.js'
import onDemandInterruptible from './lifecycle/on-demand-interruptible.js'
import spotWithoutCheckpoint from './lifecycle/spot-without-checkpoint.js'
import fullPrecision from './precision/full-precision.js'
import type { Rule } from './rule.js'
import gridSearch from './search/grid-search.js'
import uncachedPipeline from './search/uncached-pipeline.js'

export const rules: readonly Rule[] = [
  fullPrecision,
  noLoaderWorkers,
  cacheDisabled,
  dataParallel,
  gridSearch,
  uncachedPipeline,
  idleGpus,
  noEarlyStopping,
  noDeadline,
  onDemandInterruptible,
  spotWithoutCheckpoint,
] as unknown as Rule[]
