import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { otherOperation } from '../silence.js'
import { operationOf } from '../training/operation.js'

export default defineRule({
  name: 'observability/metrics-disabled',
  judges: 'Operation',
  checklist: ['observability/utilization', 'baseline/utilization'],
  severity: 'information',
  finds: 'switches that hide GPU utilisation',
  summary: 'A switch keeps the utilisation of the accelerators from being recorded.',
  oncePerProject: true,
  check(view, { report, silent }) {
    const kind = operationOf(view, 'utilisation off')
    if (kind === null) return silent(otherOperation)
    const run = view.subject.evidence.role === 'job' ? 'job' : 'run'
    const remains = effective(view.settings.subject)
    report({
      at: kind,
      severity: effective(view.settings.weight) === 'slight' ? 'hint' : 'information',
      message:
        remains === undefined
          ? `\`${kind.key}\` keeps the GPU utilisation of this ${run} from being recorded, so nobody will notice idle GPUs.`
          : `\`${kind.key}\` leaves of the GPU utilisation of this ${run} ${remains}: short waits of the GPU will not show.`,
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})
