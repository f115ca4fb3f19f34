import { formatCount } from '../../estimate/grid.js'
import { defineRule } from '../rule.js'
import { known, trialCount } from './trials.js'

export default defineRule({
  name: 'search/unsaved-study',
  judges: 'Search',
  checklist: ['waste/unchanged-transformations', 'observability/cost-per-experiment'],
  severity: 'information',
  summary: 'A search that lives in memory is paid for again after a crash.',
  oncePerProject: true,

  check(search, { report }) {
    const { persisted } = search.settings
    if (persisted === undefined || persisted.state === 'unknown' || persisted.value !== false) return
    // Trials of a moment are soon repeated.
    if (known(search, 'trialSteps') === undefined || search.subject.evidence.small !== null) return
    const trials = trialCount(search)
    const limit = known(search, 'timeLimit') ?? null
    const long = trials === null || (typeof trials === 'number' && trials >= 20)
    if (!long && (limit === null || limit < 3600)) return
    if (limit !== null && limit < 3600) return
    const { accelerator, notebook } = search.subject.evidence
    const which = typeof trials === 'number' ? `up to ${formatCount(trials)} ` : ''
    report({
      at: persisted,
      message: `This search lives only in memory (no ${persisted.key}): after a crash or a pre-emption ${which}finished trials are paid for again, and a later search cannot go on from them.`,
      severity: notebook || accelerator === 'none' || accelerator === 'cpu' ? 'hint' : 'information',
      confidence: 'medium',
      fixes: [{ set: [{ claim: persisted, value: true }] }],
    })
  },
})
