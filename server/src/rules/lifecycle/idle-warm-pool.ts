import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'
import { acceleratorsOf, duration } from './job-words.js'

/** Seconds: so short a wait bridges two jobs. */
const short = 900
/** Seconds that the service allows at most (API model of 2025; it was an hour before). */
const most = 21_600
/** With so many accelerators half an hour is dear, whatever comes next. */
const many = 4

export default defineRule({
  name: 'lifecycle/idle-warm-pool',
  judges: 'Compute',
  checklist: ['baseline/idle-time', 'waste/scale-down'],
  severity: 'error',
  finds: 'machines kept warm after a job although no other follows',
  summary: 'Machines kept warm after a job are billed while they wait for the next one.',
  check(view, { report, silent }) {
    const { keepAlive, jobsStarted, gpus, nodes, spot } = view.settings
    const seconds = effective(keepAlive)
    if (keepAlive === undefined || typeof seconds !== 'number' || seconds <= 0)
      return silent(unless(view, 'keepAlive', 'its machines are not kept warm'))
    // Both together is another rule's business.
    if (effective(spot) === true) return silent('a spot job keeps no machines warm')
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
