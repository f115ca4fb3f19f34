/** Every rule. */
import type { Rule } from './rule.js'
import gridSearch from './search/grid-search.js'
import uncachedPipeline from './search/uncached-pipeline.js'

export const rules: readonly Rule[] = [gridSearch, uncachedPipeline] as unknown as Rule[]
