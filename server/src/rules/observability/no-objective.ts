import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { known } from '../search/trials.js'
import { unless } from '../silence.js'

export default defineRule({
  name: 'observability/no-objective',
  judges: 'Search',
  checklist: ['bottleneck/clean-data', 'waste/stop-weak-trials', 'observability/gain-per-dollar'],
  severity: 'warning',
  finds: 'searches without a metric, or with a misleading one',
  summary: 'A search without an objective cannot choose between trials, and stops none.',
  oncePerProject: true,
  check(search, { report, silent }) {
    const { metric, metricMisleads } = search.settings
    const misleading = known(search, 'metricMisleads')
    if (metricMisleads !== undefined && misleading !== undefined) {
      report({
        at: metricMisleads,
        severity: 'information',
        message: `The search chooses by accuracy (\`${metricMisleads.key}\` is not given), though ${misleading}.`,
        fixes: [{ set: [{ claim: metricMisleads, value: 'balanced' }] }],
      })
      return
    }
    if (metric === undefined || effective(metric) !== null)
      return silent(unless(search, 'metric', 'the search names a metric'))
    const strategy = known(search, 'strategy')
    const stops = known(search, 'earlyTermination') === true
    const models = strategy === 'bayesian' || strategy === 'hyperband'
    if (!models && !stops) {
      // A grid or a random search runs without one, but nothing tells which trial was best.
      if (strategy !== 'grid' && strategy !== 'random')
        return silent(unless(search, 'strategy', `the search (${strategy}) needs no metric`))
      report({
        at: metric,
        severity: 'hint',
        message: `The search names no metric (\`${metric.key}\`), so nothing tells which of its trials was worth its price.`,
      })
      return
    }
    report({
      at: metric,
      message: `${models ? 'A model-based search' : 'Early termination'} has no metric to go by: \`${metric.key}\` is not given.`,
      fixes: [{ set: [{ claim: metric, value: 'val_loss' }] }],
    })
  },
})
