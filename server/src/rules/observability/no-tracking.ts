import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { onAccelerator, trains } from '../training/operation.js'

export default defineRule({
  name: 'observability/no-tracking',
  judges: 'Training',
  checklist: [
    'observability/cost-per-experiment',
    'observability/gain-per-dollar',
    'observability/utilization',
    'baseline/cost-per-run',
  ],
  severity: 'information',
  summary: 'Without recorded metrics nobody can tell what a run gained for its price.',
  oncePerProject: true,
  offFor: {
    'pytorch-records': '0.77 of 22 findings: a caller or a service may keep the metrics',
    'keras-records': '0.77 of 22 findings: a caller or a service may keep the metrics',
  },
  check(judged, { report }) {
    const { tracked } = judged.settings
    if (tracked === undefined || tracked.state === 'unknown' || tracked.value !== false) return
    if (judged.subject.evidence.role !== 'training' || !trains(judged) || !onAccelerator(judged)) return
    if (judged.subject.evidence.small !== null) return
    const job = judged.run.job.compute?.settings
    // A service may read the metrics out of what is printed.
    if (effective(job?.readsMetrics) === true) return
    const linked = (effective(job?.gpus) ?? 0) > 0 && effective(job?.interactive) !== true
    // A notebook keeps what its cells print.
    if (!linked && judged.subject.evidence.notebook) return
    const script = judged.run.script ?? judged.subject.location.path
    report({
      at: tracked,
      severity: linked ? 'information' : 'hint',
      confidence: 'medium',
      message: `Runs of ${script} leave no metrics behind (\`${tracked.key}\`): what an experiment gained for its price cannot be told.`,
      fixes: tracked.key === 'tracker' ? [] : [{ set: [{ claim: tracked, value: true }] }],
    })
  },
})
