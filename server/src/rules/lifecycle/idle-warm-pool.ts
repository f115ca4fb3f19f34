import { roughUsd, spokenUsd } from '../../estimate/hourly.js'
import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'
import { costOf } from './job-price.js'
import { acceleratorsOf, duration } from './job-words.js'

/** Seconds: so short a wait bridges two jobs. */
const short = 900
/** Seconds that the service allows at most (API model of 2025; it was an hour before). */
const most = 21_600
/** So long a container waits for calls that may not come. */
const callers = 900
/** USD of one such wait that are worth a word. */
const felt = 0.5
/** With so many accelerators half an hour is dear, whatever comes next. */
const many = 4

export default defineRule({
  name: 'lifecycle/idle-warm-pool',
  judges: 'Compute',
  checklist: ['baseline/idle-time', 'waste/scale-down'],
  severity: 'error',
  finds: 'machines kept warm after a job although no other follows',
  summary: 'Machines kept warm after a job are billed while they wait for the next one.',
  check(view, { report, silent, options, today }) {
    const { keepAlive, jobsStarted, gpus, nodes, spot } = view.settings
    const seconds = effective(keepAlive)
    if (keepAlive === undefined || typeof seconds !== 'number' || seconds <= 0)
      return silent(unless(view, 'keepAlive', 'its machines are not kept warm'))
    // Both together is another rule's business.
    if (effective(spot) === true) return silent('a spot job keeps no machines warm')
    if (effective(view.settings.limitsCalls) === true) {
      const cost = costOf(view, seconds, options.prices, today)
      const held = acceleratorsOf(view)
      if (seconds < callers || held === undefined)
        return silent(`it waits for ${duration(seconds)} only, or holds no accelerators`)
      return report({
        at: keepAlive,
        severity: cost === null || cost.high >= felt ? 'information' : 'hint',
        message: `${held} ${/^1\D/.test(held) ? 'is' : 'are'} billed for ${duration(seconds)} after the last call of each burst${cost === null ? '' : ` (${spokenUsd(cost, roughUsd)})`}: ${keepAlive.key}=${seconds}. A minute or two bridge the gaps between calls.`,
        fixes: [{ set: [{ claim: keepAlive, value: 120 }] }],
      })
    }
    if (seconds > most) {
      report({
        at: keepAlive,
        message: `${keepAlive.key}=${seconds} is more than the service accepts (${most}): the request is refused.`,
        fixes: [{ set: [{ claim: keepAlive, value: null }] }],
      })
      return
    }
    const total = (effective(gpus) ?? 0) * (effective(nodes) ?? 1)
    const jobs = effective(jobsStarted)
    const once = jobs === 1 && seconds >= short
    if (!once && !(total >= many && seconds > 1800))
      return silent(
        `the wait of ${duration(seconds)} is short or cheap for ${acceleratorsOf(view) ?? 'its machines'}`,
      )
    const pool = acceleratorsOf(view) ?? 'the machine'
    report({
      at: keepAlive,
      severity: total >= 8 ? 'warning' : 'information',
      message: once
        ? `The warm pool keeps ${pool} billed for up to ${duration(seconds)} after the only job that is started here.`
        : `The warm pool keeps ${pool} billed for up to ${duration(seconds)} after each job; a few minutes bridge the gap to the next.`,
      fixes: once
        ? [{ set: [{ claim: keepAlive, value: null }] }, { set: [{ claim: keepAlive, value: 300 }] }]
        : [{ set: [{ claim: keepAlive, value: 300 }] }],
    })
  },
})
