import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { notTraining, unless } from '../silence.js'

/** Share of a step that exchanging gradients takes, on one node and over a network. Assumptions. */
const oneNode = 0.15
const network = 0.35

export default defineRule({
  name: 'distributed/sync-every-micro-step',
  judges: 'Parallelism',
  checklist: ['bottleneck/distributed-setup'],
  severity: 'information',
  finds: 'accumulated gradients that are exchanged after every backward pass',
  summary:
    'Accumulated gradients need to be exchanged once per optimiser step, not after each backward pass.',
  check(view, { report, silent }) {
    const { exchangesEach, accumulation } = view.settings
    if (exchangesEach === undefined || effective(exchangesEach) !== true)
      return silent(unless(view, 'exchangesEach', 'gradients are exchanged once for each step'))
    const stopped = notTraining(view)
    if (stopped !== undefined) return silent(stopped)
    const count = effective(accumulation) ?? null
    if (count === 1) return silent('gradients are not accumulated')
    const rest = count === null ? 0.5 : (count - 1) / count
    const seen =
      count === null
        ? 'after each of the backward passes that make up a step'
        : `after each of ${count} backward passes for one step`
    report({
      at: exchangesEach,
      message: `Gradients are exchanged between the processes ${seen}; under \`${exchangesEach.key}()\` once is enough.`,
      saving: {
        fraction: [oneNode * rest, network * rest],
        usd: null,
        basis: `assumes that exchanging takes ${oneNode * 100} % of a step on one node and ${network * 100} % over a network`,
      },
      fixes: [{ set: [{ claim: exchangesEach, value: false }] }],
    })
  },
})
