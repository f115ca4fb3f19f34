import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { otherOperation } from '../silence.js'
import { operationOf } from '../training/operation.js'

export default defineRule({
  name: 'observability/metrics-disabled',
  judges: 'Operation',
  checklist: ['observability/utilization', 'baseline/utilization'],
  severity: 'information',
  summary: 'How busy the accelerators are is not recorded, because a switch says so.',
  oncePerProject: true,
  check(view, { report, silent }) {
    const kind = operationOf(view, 'utilisation off')
    if (kind === null) return silent(otherOperation)
    report({
      at: kind,
      severity: effective(view.settings.weight) === 'slight' ? 'hint' : 'information',
      message: `\`${kind.key}\`: how busy the GPUs of this ${view.subject.evidence.role === 'job' ? 'job' : 'run'} are is not recorded, so nobody will see that they wait.`,
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})
