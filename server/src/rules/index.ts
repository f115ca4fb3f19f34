/** Every rule. */
import noLoaderWorkers from './data/no-loader-workers.js'
import dataParallel from './distributed/data-parallel.js'
import fullPrecision from './precision/full-precision.js'
import type { Rule } from './rule.js'
import gridSearch from './search/grid-search.js'
import uncachedPipeline from './search/uncached-pipeline.js'

export const rules: readonly Rule[] = [
  fullPrecision,
  noLoaderWorkers,
  dataParallel,
  gridSearch,
  uncachedPipeline,
] as unknown as Rule[]
