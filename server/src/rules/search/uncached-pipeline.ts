import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'

export default defineRule({
  name: 'search/uncached-pipeline',
  judges: 'Preprocessing',
  checklist: ['waste/cache-features', 'waste/unchanged-transformations', 'bottleneck/repeated-preprocessing'],
  severity: 'warning',
  summary: 'A search that refits the same transformer for every candidate pays for it again and again.',

  check(work, { report, options }) {
    const { cached } = work.settings
    const transformation = effective(work.settings.transformation)
    const repeats = effective(work.settings.repeats)
    if (cached === undefined || cached.state === 'unknown' || cached.value !== false) return
    if (transformation === undefined || repeats === undefined) return
    const { total, distinct, why, lowerBound } = repeats
    if (total - distinct < options.search.minFits) return
    report({
      at: cached,
      message: `${transformation} is fitted ${lowerBound === true ? 'at least ' : ''}${formatCount(total)} times (${why}) though only ${formatCount(distinct)} fits differ: give the pipeline ${cached.key}=.`,
      ...(work.subject.evidence.small === null ? {} : { severity: 'information' as const }),
      saving: {
        fraction: [0, 1 - distinct / total],
        usd: null,
        basis: `up to ${formatCount(total - distinct)} of ${formatCount(total)} fits of ${transformation}; the fits of later steps remain`,
      },
      fixes: [{ set: [{ claim: cached, value: true }] }],
    })
  },
})
