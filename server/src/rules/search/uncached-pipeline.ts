import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'

export default defineRule({
  name: 'search/uncached-pipeline',
  judges: 'Preprocessing',
  checklist: ['waste/cache-features', 'waste/unchanged-transformations', 'bottleneck/repeated-preprocessing'],
  severity: 'warning',
  finds: 'searches that refit the same transformers for every candidate',
  summary: 'A search that refits the same transformer for every candidate pays for it again and again.',

  check(work, { report, silent, options }) {
    const { cached } = work.settings
    const transformation = effective(work.settings.transformation)
    const repeats = effective(work.settings.repeats)
    if (cached === undefined || effective(cached) !== false)
      return silent(unless(work, 'cached', 'the pipeline is cached'))
    if (transformation === undefined || repeats === undefined)
      return silent(unless(work, ['transformation', 'repeats'], ''))
    const { total, distinct, why, lowerBound } = repeats
    if (total - distinct < options.search.minFits)
      return silent(`few fits are repeated: ${formatCount(total - distinct)}`)
    report({
      at: cached,
      message: `${transformation} is fitted ${lowerBound === true ? 'at least ' : ''}${formatCount(total)} times (${why}) though only ${formatCount(distinct)} fits differ: give the pipeline ${cached.key}=.`,
      saving: {
        fraction: [0, 1 - distinct / total],
        usd: null,
        basis: `up to ${formatCount(total - distinct)} of ${formatCount(total)} fits of ${transformation}; the fits of later steps remain`,
      },
      fixes: [{ set: [{ claim: cached, value: true }] }],
    })
  },
})
