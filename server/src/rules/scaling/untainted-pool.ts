import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'
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
  name: 'scaling/untainted-pool',
  judges: 'Scaling',
  checklist: ['waste/scale-down', 'rightsize/separate-environments'],
  severity: 'information',
  oncePerProject: true,
  finds: 'GPU pools that other workloads can land on',
  summary: 'Nothing keeps other workloads off GPU machines.',
  check(view, { report, silent, options, today }) {
    const { taints, otherPools, onlyPool, machine, fixed, capacity } = view.settings
    const given = effective(taints)
    if (taints === undefined || given === undefined || given.length > 0)
      return silent(unless(view, 'taints', 'it has a taint'))
    if (acceleratorsPerMachine(view) === undefined) return silent(plainMachines(view))
    const alone = effective(onlyPool) === true
    if ((effective(otherPools) ?? 0) < 1 && !alone)
      return silent(unless(view, 'otherPools', 'the cluster has no other pool'))
    // What never shrinks, or was bought ahead, is not kept from shrinking.
    if (effective(fixed) === true) return silent('it always has the same number of machines')
    if (effective(capacity) === 'reserved') return silent(reserved)
    const cost = poolCost(view, 1, options, today)
    const rate = rateText(rateOf(view, cost), cost)
    const type = effective(machine)
    const priced = `${type ?? 'its machines'}${rate === '' ? '' : ` (${rate})`}`
    if (alone && onlyPool !== undefined)
      return report({
        at: onlyPool,
        message: `${poolName(view)} is the only pool of its cluster: what the cluster itself needs (DNS, controllers) runs on ${priced}, so it never shrinks to none. A small pool without GPUs beside it takes that.`,
        fixes: [],
      })
    report({
      at: taints,
      message: `${poolName(view)} has no taint (\`${taints.key}\`): any pod without a GPU may land on ${priced} and keep it running.`,
      // Jobs that do not tolerate it would wait for ever.
      fixes: [
        {
          set: [{ claim: taints, value: ['nvidia.com/gpu'] }],
          onlyIf: 'all work that needs its GPUs tolerates it',
        },
      ],
    })
  },
})
