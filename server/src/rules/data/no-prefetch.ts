import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'

/** Share of a step that the accelerator waits while the next batch is made. An assumption. */
const waiting: [number, number] = [0.05, 0.3]

export default defineRule({
  name: 'data/no-prefetch',
  judges: 'InputPipeline',
  checklist: ['baseline/ingestion-time', 'bottleneck/compute-bound'],
  severity: 'warning',
  summary: 'Without prefetching, making a batch and training on it take turns.',
  check({ settings, subject }, { report }) {
    const { prefetched } = settings
    if (prefetched === undefined || prefetched.state === 'unknown' || prefetched.value !== false) return
    const { role, accelerator } = subject.evidence
    if (role !== 'training' && role !== 'tuning') return
    if (accelerator === 'cpu' || effective(settings.feeds) !== 'training') return
    const from = effective(settings.byItselfFrom)
    report({
      at: prefetched,
      severity: from === undefined ? 'warning' : 'hint',
      message: `The pipeline ends without \`${prefetched.key}\`${from === undefined ? '' : ` (${from} and newer add it)`}: the accelerator waits while the next batch is made, and the processor while it trains.`,
      ...(from === undefined
        ? {
            saving: {
              fraction: waiting,
              usd: null,
              basis:
                'assumes that making a batch takes 5 to 30 % of a step; with prefetching the shorter of both parts is hidden',
            },
          }
        : {}),
      fixes: [{ set: [{ claim: prefetched, value: true }] }],
    })
  },
})
