import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unlessUnread } from '../silence.js'
import {
  acceleratorsPerMachine,
  plainMachines,
  poolCost,
  poolName,
  rateOf,
  rateText,
  reserved,
} from './pool-words.js'

export default defineRule({
  name: 'scaling/blocked-scale-down',
  judges: 'Scaling',
  checklist: ['waste/scale-down', 'bottleneck/autoscaling-idle'],
  severity: 'warning',
  finds: 'settings that keep idle GPU machines running',
  summary: 'A setting keeps idle GPU machines running.',
  check(view, { report, silent, options, today }) {
    const { blockedBy, capacity, machine } = view.settings
    const what = effective(blockedBy)
    if (blockedBy === undefined || what === undefined)
      return silent(unlessUnread(view, 'blockedBy', 'nothing keeps machines from being given back'))
    if (acceleratorsPerMachine(view) === undefined) return silent(plainMachines(view))
    if (effective(capacity) === 'reserved') return silent(reserved)
    const cost = poolCost(view, 1, options, today)
    const rate = rateText(rateOf(view, cost), cost)
    const type = effective(machine)
    report({
      at: blockedBy,
      message: `${poolName(view)}: ${what} never releases ${type === undefined ? 'a machine with accelerators' : `a ${type}`} once it has started, even when it is idle${rate === '' ? '' : ` (${rate})`}.`,
      fixes: [{ set: [{ claim: blockedBy, value: null }] }],
    })
  },
})
