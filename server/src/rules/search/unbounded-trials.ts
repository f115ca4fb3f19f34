import { formatCount } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'
import { formatDuration, known } from './trials.js'

/** A default limit as high as this ends nothing that anyone planned. */
const farAway = 500

export default defineRule({
  name: 'search/unbounded-trials',
  judges: 'Search',
  checklist: ['cadence/daily', 'bottleneck/bad-trials'],
  severity: 'error',
  finds: 'searches without a limit on trials or time',
  summary: 'A search without a limit on trials or time continues until someone stops it.',

  check(search, { report, silent }) {
    const { trialCap, timeLimit, strategy } = search.settings
    if (trialCap === undefined || trialCap.state === 'unknown') return silent(unless(search, 'trialCap', ''))
    // A grid ends with its last configuration; whether it is one must be known.
    if (strategy === undefined || strategy.state === 'unknown' || strategy.value === 'grid')
      return silent(unless(search, 'strategy', 'a grid ends with its last configuration'))
    if (timeLimit?.state === 'unknown') return silent(unless(search, 'timeLimit', ''))
    const limit = timeLimit?.value ?? null
    const job = search.run.job.compute?.settings
    // The limit of one trial ends no search.
    const jobLimit = effective(job?.trials) === true ? undefined : job?.timeLimit
    if (jobLimit !== undefined && jobLimit.state !== 'unknown' && jobLimit.value != null)
      return silent(`the time limit of the job ends it (${jobLimit.key})`)
    const cap = trialCap.value ?? null
    const fixes = [{ set: [{ claim: trialCap, value: known(search, 'unit') === 'job' ? 30 : 50 }] }]
    if (cap === null && limit === null) {
      report({
        at: trialCap,
        message:
          trialCap.state === 'default'
            ? `This search has no limit: without ${trialCap.key} and ${timeLimit?.key ?? 'a time limit'} it starts trial after trial until someone stops it.`
            : `This search has no limit: ${trialCap.key} sets none, and neither does ${timeLimit?.key ?? 'a time limit'}, so it starts trial after trial until someone stops it.`,
        fixes,
      })
      return
    }
    if (limit !== null && timeLimit?.state !== 'default')
      return silent(`it ends after ${formatDuration(limit)} (${timeLimit?.key})`)
    if (trialCap.state !== 'default' || cap === null || cap < farAway)
      return silent(cap === null ? 'a time limit ends it' : `it ends after ${formatCount(cap)} trials`)
    const time = limit === null ? '' : ` and ${formatDuration(limit)}`
    report({
      at: trialCap,
      message: `${trialCap.key} is not set, so the service's own limit holds: up to ${formatCount(cap)} trials${time}.`,
      severity: 'warning',
      fixes,
    })
  },
})
