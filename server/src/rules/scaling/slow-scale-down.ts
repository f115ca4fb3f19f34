import { formatUsd } from '../../estimate/hourly.js'
import { effective } from '../../values/value.js'
import { duration } from '../lifecycle/job-words.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'
import { acceleratorsPerMachine, plainMachines, poolCost, poolName, rateOf, reserved } from './pool-words.js'

/** Seconds that a machine may wait for its next work: it takes minutes to start one. */
const limit = 1800
/** From here on nobody waits for the next task any more. */
const far = 4 * limit
/** What a fix proposes. */
const proposed = 600

export default defineRule({
  name: 'scaling/slow-scale-down',
  judges: 'Scaling',
  checklist: ['waste/scale-down', 'bottleneck/autoscaling-idle', 'baseline/idle-time'],
  severity: 'warning',
  finds: 'GPU machines that are kept long after their work is done',
  summary: 'GPU machines are kept long after their work is done.',
  check(view, { report, silent, options, today }) {
    const { idleDelay, purpose, capacity } = view.settings
    const seconds = effective(idleDelay)
    if (idleDelay === undefined || seconds === undefined || seconds === null || seconds <= limit)
      return silent(
        unless(
          view,
          'idleDelay',
          seconds == null
            ? 'it gives no machine back by itself'
            : `it gives machines back after ${duration(seconds)}`,
        ),
      )
    if (acceleratorsPerMachine(view) === undefined) return silent(plainMachines(view))
    if (effective(capacity) === 'reserved') return silent(reserved)
    const usd = rateOf(view, poolCost(view, 1, options, today))
    const type = effective(view.settings.machine)
    const machine = type === undefined ? 'a machine with accelerators' : type
    const money =
      usd === null ? '' : `, ${formatUsd((usd * seconds) / 3600)} each time that it runs out of work`
    report({
      at: idleDelay,
      severity: seconds > far && effective(purpose) !== 'serving' ? 'warning' : 'information',
      message: `${poolName(view)} keeps ${machine} for ${duration(seconds)} without work${money}.`,
      saving: {
        fraction: [0, 1 - proposed / seconds],
        usd: null,
        basis: `the wait becomes ${duration(proposed)} rather than ${duration(seconds)}; how often machines run out of work is not known`,
      },
      fixes: [{ set: [{ claim: idleDelay, value: proposed }] }],
    })
  },
})
