import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { acceleratorsPerMachine, poolCost, poolName, rateOf, rateText } from './pool-words.js'

export default defineRule({
  name: 'scaling/blocked-scale-down',
  judges: 'Scaling',
  checklist: ['waste/scale-down', 'bottleneck/autoscaling-idle'],
  severity: 'warning',
  summary: 'A setting keeps machines with accelerators that have nothing to do.',
  check(judged, { report, options, today }) {
    const { blockedBy, capacity, machine } = judged.settings
    const what = effective(blockedBy)
    if (blockedBy === undefined || what === undefined) return
    if (acceleratorsPerMachine(judged) === undefined || effective(capacity) === 'reserved') return
    const rate = rateText(rateOf(judged, poolCost(judged, 1, options, today)))
    const type = effective(machine)
    report({
      at: blockedBy,
      message: `${poolName(judged)}: ${what} keeps ${type === undefined ? 'its machines with accelerators' : `each ${type}`} for ever once ${type === undefined ? 'they were' : 'it was'} started, also without work${rate === '' ? '' : ` (${rate})`}.`,
      fixes: [{ set: [{ claim: blockedBy, value: null }] }],
    })
  },
})
