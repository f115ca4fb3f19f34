import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { notTraining, unless } from '../silence.js'

export default defineRule({
  name: 'distributed/find-unused-parameters',
  judges: 'Parallelism',
  checklist: ['bottleneck/distributed-setup'],
  severity: 'hint',
  finds: 'a search for unused parameters in every step',
  summary: 'Searching for parameters without a gradient walks the whole graph in every step.',
  check(view, { report, silent }) {
    const { findsUnused, unusedBecause } = view.settings
    if (findsUnused === undefined || effective(findsUnused) !== true)
      return silent(unless(view, 'findsUnused', 'unused parameters are not looked for'))
    const stopped = notTraining(view)
    if (stopped !== undefined) return silent(stopped)
    const because = effective(unusedBecause)
    if (because !== undefined) return silent(`some parameters may get no gradient: ${because}`)
    report({
      at: findsUnused,
      message: `\`${findsUnused.key}\` walks the graph in every step; it is needed only where some parameters get no gradient.`,
      confidence: 'medium',
      saving: { fraction: [0.02, 0.1], usd: null, basis: 'assumes 2 to 10 % of a step' },
      fixes: [{ set: [{ claim: findsUnused, value: false }] }],
    })
  },
})
