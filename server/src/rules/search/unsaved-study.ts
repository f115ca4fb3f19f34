import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'
import { fitsAtOnce, formatDuration, known, trialCount } from './trials.js'

/** Fewer trials are soon repeated. */
const many = 20

export default defineRule({
  name: 'search/unsaved-study',
  judges: 'Search',
  checklist: ['waste/unchanged-transformations', 'observability/cost-per-experiment'],
  severity: 'information',
  finds: 'long searches that are kept only in memory',
  summary: 'A search kept only in memory is paid for again after a crash.',
  oncePerProject: true,

  check(search, { report, silent }) {
    const { persisted } = search.settings
    if (persisted === undefined || effective(persisted) !== false)
      return silent(unless(search, 'persisted', 'its trials are kept on disk'))
    const { notebook } = search.subject.evidence
    const severity = notebook ? 'hint' : 'information'
    if (known(search, 'byHand') === true) {
      const passes = known(search, 'trialCap')
      report({
        at: persisted,
        message: `${typeof passes === 'number' ? formatCount(passes) : 'Several'} trainings in one program, and none that is finished is skipped: after an interruption they are paid for again. Look for the result of each before training it.`,
        severity,
        confidence: 'medium',
        fixes: [{ set: [{ claim: persisted, value: true }] }],
      })
      return
    }
    // Trials of a moment are soon repeated.
    if (known(search, 'trialSteps') === undefined) {
      if (known(search, 'unit') !== 'run') return silent(unless(search, 'trialSteps', ''))
      if (fitsAtOnce(search)) return silent('a trial fits its model in one go')
    }
    const trials = trialCount(search)
    const limit = known(search, 'timeLimit') ?? null
    const long = trials === null || (typeof trials === 'number' && trials >= many)
    if (limit !== null && limit < 3600) return silent(`the search is short: ${formatDuration(limit)}`)
    if (!long && limit === null)
      return silent(
        unless(
          search,
          'trialCap',
          typeof trials === 'number'
            ? `the search is small: ${formatCount(trials)} trials`
            : 'the number of trials is not known',
        ),
      )
    const which = typeof trials === 'number' ? `up to ${formatCount(trials)} ` : ''
    report({
      at: persisted,
      message: `This search lives only in memory (no ${persisted.key}): after a crash or preemption ${which}finished trials are paid for again, and a later search cannot continue from them.`,
      severity,
      confidence: 'medium',
      fixes: [{ set: [{ claim: persisted, value: true }] }],
    })
  },
})
