import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { trains } from '../training/operation.js'

export default defineRule({
  name: 'distributed/find-unused-parameters',
  judges: 'Parallelism',
  checklist: ['bottleneck/distributed-setup'],
  severity: 'hint',
  summary: 'Looking for parameters without a gradient walks the whole graph in each step.',
  check(judged, { report }) {
    const { findsUnused, unusedBecause } = judged.settings
    if (findsUnused === undefined || effective(findsUnused) !== true || !trains(judged)) return
    if (effective(unusedBecause) !== undefined) return
    report({
      at: findsUnused,
      message: `\`${findsUnused.key}\` walks the graph in every step; it is needed only where some parameters get no gradient.`,
      confidence: 'medium',
      saving: { fraction: [0.02, 0.1], usd: null, basis: 'assumes 2 to 10 % of a step' },
      fixes: [{ set: [{ claim: findsUnused, value: false }] }],
    })
  },
})
