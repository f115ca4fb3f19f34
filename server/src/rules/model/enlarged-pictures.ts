import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { notTraining, unless } from '../silence.js'

/** Pixels of an edge that networks made for large pictures still profit from. An assumption. */
const enough = 96
/** Times the edge, from which on it costs an order of magnitude. */
const manyTimes = 3

export default defineRule({
  name: 'model/enlarged-pictures',
  judges: 'Dataset',
  checklist: ['baseline/training-time', 'model/smaller-baseline'],
  severity: 'information',
  finds: 'small pictures that are blown up before a network is trained on them',
  summary: 'Blowing up small pictures multiplies the arithmetic of each step and adds nothing to see.',
  check(view, { report, silent }) {
    const { enlarged, fixedFor } = view.settings
    const sizes = effective(enlarged)
    if (enlarged === undefined || sizes === undefined) return silent(unless(view, 'enlarged', ''))
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    const { from, to } = sizes
    if (to < manyTimes * from || to <= enough)
      return silent(`${from}×${from} pictures become ${to}×${to}: few more pixels`)
    const network = effective(fixedFor)
    if (network !== undefined) return silent(`${network} may take pictures of one size`)
    const times = Math.round((to / from) ** 2)
    report({
      at: enlarged,
      confidence: 'medium',
      message: `Pictures of ${from}×${from} are blown up to ${to}×${to} (\`${enlarged.key}\`): each step computes about ${times} times as much, and there is no more to see. Train at ${(2 / 3) * enough} to ${enough} pixels, or let the first layers keep the size (stride 1, no pooling).`,
      saving: {
        fraction: [0.3, Math.max(0.3, 1 - (enough / to) ** 2)],
        usd: null,
        basis: `compares the pixels of ${to}×${to} with those of ${enough}×${enough}; small pictures use an accelerator less well`,
      },
    })
  },
})
