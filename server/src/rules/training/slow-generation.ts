import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { notTraining, offAccelerator, unless } from '../silence.js'
import { onGpuJob } from './operation.js'

export default defineRule({
  name: 'training/slow-generation',
  judges: 'Training',
  checklist: ['baseline/training-time', 'baseline/inference-time', 'bottleneck/compute-bound'],
  severity: 'warning',
  finds: 'training on texts that the model writes meanwhile, without an inference engine',
  summary:
    'A model that learns from its own texts spends most of its time writing them, many times slower than an inference engine does.',
  check(view, { report, silent }) {
    const { generation } = view.settings
    if (generation === undefined || effective(generation) !== 'training')
      return silent(unless(view, 'generation', 'an inference engine writes the texts'))
    const stopped = notTraining(view) ?? offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    report({
      at: generation,
      severity: severityOf(view),
      message: `The model writes the texts that it learns from by itself (\`${generation.key}\` is off), which takes most of each step: an inference engine writes the same texts many times faster.`,
      saving: {
        fraction: [0.3, 0.7],
        usd: null,
        basis: 'assumes that writing takes 50 to 80 % of a step, and an engine a third to a tenth of that',
      },
    })
  },
})

function severityOf(view: SubjectView): Severity {
  const { notebook } = view.subject.evidence
  // The accelerator of a notebook is often lent, and an engine hard to install there.
  return onGpuJob(view) && !notebook ? 'warning' : 'information'
}
