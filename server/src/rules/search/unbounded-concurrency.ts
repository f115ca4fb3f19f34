import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type RuleContext, type Severity } from '../rule.js'
import { unless } from '../silence.js'
import { known, trialCount } from './trials.js'

export default defineRule({
  name: 'search/unbounded-concurrency',
  judges: 'Search',
  checklist: ['bottleneck/bad-trials', 'observability/queue-time'],
  severity: 'warning',
  finds: 'more parallel trials than can learn from each other, or fit one machine',
  summary: 'Too many trials at once learn nothing from each other, or compete for one machine.',

  check(search, context) {
    const { parallelism } = search.settings
    const { silent } = context
    if (parallelism === undefined || parallelism.state === 'unknown')
      return silent(unless(search, 'parallelism', ''))
    const contention = known(search, 'contention')
    if (contention !== undefined) {
      contend(search, contention, context)
      return
    }
    const trials = trialCount(search)
    if (typeof trials !== 'number')
      return silent(unless(search, 'trialCap', 'the number of trials is not known'))
    // On one machine "all" means its processor cores, and how many those are is not known.
    if (parallelism.value === null && known(search, 'unit') !== 'job')
      return silent('as many trials run at once as the machine has cores, which are not known')
    const atOnce = Math.min(parallelism.value ?? trials, trials)
    if (known(search, 'strategy') === 'bayesian') {
      // Half of the trials and more start before a result of another is known; few trials are few either way.
      if (trials <= 4 || atOnce <= Math.max(4, trials / 4))
        return silent(`few trials run at once: ${formatCount(atOnce)} of ${formatCount(trials)}`)
      const cap = Math.max(2, Math.ceil(trials / 8))
      report(
        search,
        context,
        `${formatCount(atOnce)} of ${formatCount(trials)} trials run at once (${parallelism.key}), so ${atOnce >= trials ? 'none can' : 'few can'} use the results of another: this is random search at the price of a Bayesian one.`,
        cap,
        trials < 10 ? 'information' : 'warning',
      )
      return
    }
    silent(`trials learn nothing from each other, and ${formatCount(atOnce)} run at once`)
    if (parallelism.value === null && trials > 8) {
      report(
        search,
        context,
        `${parallelism.key} is not set, so all ${formatCount(trials)} trials may start at once, each on its own machine, before the first result tells whether the search is worth continuing.`,
        Math.max(2, Math.ceil(trials / 8)),
        'warning',
      )
    }
  },
})

function report(
  search: SubjectView<'Search'>,
  context: RuleContext,
  message: string,
  cap: number,
  severity: Severity,
): void {
  const parallelism = search.settings.parallelism!
  context.report({
    at: parallelism,
    message,
    severity,
    confidence: 'medium',
    fixes: [{ set: [{ claim: parallelism, value: cap }] }],
  })
}

/** Trials of one machine that want the same device or the same cores. */
function contend(search: SubjectView<'Search'>, contention: string, context: RuleContext) {
  const parallelism = search.settings.parallelism!
  const value = effective(parallelism)
  if (value !== null && value !== undefined && value <= 1)
    return context.silent('trials run one after another')
  const many = value == null ? 'As many trials as there are processor cores' : `${formatCount(value)} trials`
  context.report({
    at: parallelism,
    message: `${many} run at once (${parallelism.key}), but ${contention}: they slow each other down and may run out of memory.`,
    // Whether there is one device or several is not in the code.
    severity: search.subject.evidence.accelerator === 'gpu' || value == null ? 'warning' : 'information',
    confidence: 'medium',
    fixes: [{ set: [{ claim: parallelism, value: 1 }] }],
  })
}
