import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { notTraining, offAccelerator, unless } from '../silence.js'

export default defineRule({
  name: 'distributed/gloo-backend',
  judges: 'Parallelism',
  checklist: ['bottleneck/distributed-setup'],
  severity: 'warning',
  finds: 'GPU gradients that travel through host memory',
  summary: 'The gloo backend moves GPU gradients through host memory.',
  check(view, { report, silent }) {
    const { backend } = view.settings
    if (backend === undefined || effective(backend) !== 'gloo')
      return silent(unless(view, 'backend', `the backend is ${effective(backend)}`))
    const stopped = offAccelerator(view) ?? notTraining(view)
    if (stopped !== undefined) return silent(stopped)
    report({
      at: backend,
      // A program that also runs without a GPU may well start like this on purpose.
      severity: view.subject.evidence.accelerator === 'gpu' ? 'warning' : 'information',
      message: 'gloo moves gradients through host memory; nccl sends them from GPU to GPU.',
      saving: {
        fraction: [0.05, 0.4],
        usd: null,
        basis:
          'assumes that exchanging gradients takes 10 to 60 % of a step over gloo, most of which nccl saves',
      },
      fixes: [{ set: [{ claim: backend, value: 'nccl' }] }],
    })
  },
})
