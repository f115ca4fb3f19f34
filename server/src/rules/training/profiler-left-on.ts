import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { defineRule, type Report } from '../rule.js'
import { notTraining, offAccelerator, otherOperation } from '../silence.js'
import { onGpuJob, operationOf } from './operation.js'

export default defineRule({
  name: 'training/profiler-left-on',
  judges: 'Operation',
  checklist: ['baseline/training-time'],
  severity: 'warning',
  finds: 'profilers that record the whole run, and histograms of all weights every few steps',
  summary: 'A profiler that records every step slows all of them down and fills host memory.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'profile', 'record')
    if (kind === null) return silent(otherOperation)
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    if (effective(kind) === 'record') {
      const stopped = offAccelerator(view)
      return stopped === undefined ? report(histograms(view, kind)) : silent(stopped)
    }
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

function histograms(view: SubjectView<'Operation'>, kind: Claim): Report {
  const every = effective(view.settings.every) ?? 1
  return {
    at: kind,
    severity: 'information',
    message: `\`${kind.key}\` makes ${effective(view.settings.subject)} ${every === 1 ? 'in every step' : `every ${every} steps`}: the accelerator counts each tensor, and the host waits for it. A few hundred steps between them show the same.`,
    fixes: [{ set: [{ claim: kind, value: null }] }],
  }
}
