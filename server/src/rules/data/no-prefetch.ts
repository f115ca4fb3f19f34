import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { notTraining, unless } from '../silence.js'

/** Share of a step that the accelerator waits while the next batch is made. An assumption. */
const waiting: [number, number] = [0.05, 0.3]

export default defineRule({
  name: 'data/no-prefetch',
  judges: 'InputPipeline',
  checklist: ['baseline/ingestion-time', 'bottleneck/compute-bound'],
  overlaps: 'loading',
  severity: 'warning',
  measuredBy: 'waiting',
  finds: 'batches that are made only when the accelerator waits for them',
  summary: 'Without prefetching, making a batch and training on it take turns.',
  check(view, { report, silent }) {
    const { settings, subject } = view
    const { prefetched } = settings
    if (prefetched === undefined || effective(prefetched) !== false)
      return silent(unless(view, 'prefetched', 'batches are prefetched'))
    const stopped = notTraining(view)
    if (stopped !== undefined) return silent(stopped)
    if (subject.evidence.accelerator === 'cpu') return silent('it runs on the CPU')
    if (effective(settings.feeds) !== 'training')
      return silent(unless(view, 'feeds', 'it feeds an evaluation'))
    const from = effective(settings.byItselfFrom)
    report({
      at: prefetched,
      severity:
        from !== undefined ? 'hint' : effective(settings.onlyParses) === true ? 'information' : 'warning',
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
