import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { betterDirection } from '../lifecycle/metric-direction.js'
import { defineRule, type Report } from '../rule.js'
import { known } from '../search/trials.js'
import { unless } from '../silence.js'
import { subjectsOf } from '../subject-view.js'

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
    const wrong = neverRecorded(search) ?? wrongWay(search) ?? prunesWrongWay(search)
    if (wrong !== null) {
      report(wrong)
      return
    }
    if (metric === undefined || effective(metric) !== null)
      return silent(unless(search, 'metric', 'the search names a metric'))
    const strategy = known(search, 'strategy')
    const { models, stops } = chooses(search)
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

/** The program of a trial records nothing, so the search never hears of its metric. */
function neverRecorded(search: SubjectView<'Search'>): Report | null {
  const by = known(search, 'readsRecords')
  const { metric } = search.settings
  const name = effective(metric)
  if (by === undefined || metric === undefined || typeof name !== 'string') return null
  const { script } = search.run
  const trainings = subjectsOf(search.run, 'Training').filter(
    ({ subject }) => subject.location.path === script,
  )
  const records = trainings.map(({ settings }) => settings.tracked)
  const [first] = records
  const none = records.every(
    (one) => one?.state === 'known' && one.value === false && one.overridable !== true,
  )
  if (first === undefined || !none) return null
  const { models, stops } = chooses(search)
  return {
    at: metric,
    severity: models || stops ? 'warning' : 'information',
    message: `${by} never hears of \`${name}\`: ${script} records nothing (\`${first.key}\`), so ${models ? 'the search learns nothing from its trials' : 'nothing tells its trials apart'}.`,
    related: [{ location: first.location, message: 'nothing is recorded' }],
  }
}

/** What goes by the metric. */
function chooses(search: SubjectView<'Search'>): { models: boolean; stops: boolean } {
  const strategy = known(search, 'strategy')
  return {
    models: strategy === 'bayesian' || strategy === 'hyperband',
    stops: known(search, 'earlyTermination') === true,
  }
}

/** The search looks for the worst trials: by its goal, and the name of its metric. */
function wrongWay(search: SubjectView<'Search'>): Report | null {
  const { goal, metric } = search.settings
  const name = effective(metric)
  const way = effective(goal)
  if (goal === undefined || way === undefined || typeof name !== 'string') return null
  const { models, stops } = chooses(search)
  const severity = models || stops ? 'warning' : 'hint'
  if (way === null)
    return {
      at: goal,
      severity,
      message: `\`${goal.key}\` is neither \`minimize\` nor \`maximize\`: the search for \`${name}\` may go the wrong way.`,
    }
  const better = betterDirection(name, goal.state === 'known')
  if (better === null || (better === 'higher') === (way === 'maximize')) return null
  const said =
    goal.state === 'known' ? `\`${goal.key}: ${way}\`` : `it does where \`${goal.key}\` is not given`
  return {
    at: goal,
    severity,
    message: `The search ${way}s \`${name}\` (${said}), though ${better} is better: it goes for the worst trials${stops ? ', and stops the best' : ''}.`,
  }
}

/** Weak trials are told by a metric that improves the other way than what the search looks for. */
function prunesWrongWay(search: SubjectView<'Search'>): Report | null {
  const { goal, pruningMetric } = search.settings
  const name = effective(pruningMetric)
  const way = effective(goal)
  if (goal === undefined || pruningMetric === undefined || name === undefined || way == null) return null
  const better = betterDirection(name, true)
  if (better === null || (better === 'higher') === (way === 'maximize')) return null
  const said = goal.state === 'known' ? `\`${goal.key}\`` : `as it does where \`${goal.key}\` is not given`
  return {
    at: pruningMetric,
    severity: 'warning',
    message: `Trials are stopped by \`${name}\`, of which ${better === 'lower' ? 'less' : 'more'} is better, but the search ${way}s (${said}): the best trials are stopped, and the worst go on.`,
    related: [{ location: goal.location, message: `${way}s` }],
  }
}
