import { defineRule } from '../rule.js'
import { notTraining, otherOperation } from '../silence.js'
import { onGpuJob, operationOf } from './operation.js'

export default defineRule({
  name: 'training/profiler-left-on',
  judges: 'Operation',
  checklist: ['baseline/training-time'],
  severity: 'warning',
  finds: 'profilers that record the whole run',
  summary: 'A profiler that records every step slows all of them down and fills host memory.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'profile')
    if (kind === null) return silent(otherOperation)
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    const memory = /^skip_memory_metrics/.test(kind.key)
    report({
      at: kind,
      severity: onGpuJob(view) ? 'warning' : 'information',
      message: memory
        ? `\`${kind.key}\` tracks memory in every step, which slows training down, according to the transformers documentation.`
        : `\`${kind.key}\` records every step of the run. A schedule of a few steps shows the same at no cost.`,
      saving: { fraction: [0.05, 0.3], usd: null, basis: 'assumes that recording takes 5 to 30 % of a step' },
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})
