import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { notTraining, offAccelerator, otherOperation } from '../silence.js'
import { operationOf } from './operation.js'

export default defineRule({
  name: 'training/deterministic-mode',
  judges: 'Operation',
  checklist: ['baseline/training-time'],
  severity: 'information',
  finds: 'slower kernels for bitwise reproducibility',
  summary: 'Deterministic kernels are slower, and a long run rarely needs them.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'deterministic kernels')
    if (kind === null) return silent(otherOperation)
    const stopped = notTraining(view) ?? offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const wanted = effective(view.settings.wantedFor)
    if (wanted !== undefined) return silent(`it is there for ${wanted}`)
    const severe = effective(view.settings.weight) === 'severe'
    // Without convolutions hardly any kernel has a faster form that is not deterministic.
    if (!severe && effective(view.settings.subject) === undefined)
      return silent('no convolutions are known here, which it would slow down')
    report({
      at: kind,
      severity: severityOf(view, severe),
      message: severe
        ? `\`${kind.key}\` makes every kernel deterministic and launches them one by one; the transformers documentation recommends it for debugging only.`
        : `\`${kind.key}\` keeps convolutions on their slower kernels; networks with inputs of one size usually run 5 to 20 % faster without it.`,
      saving: {
        fraction: severe ? [0.1, 0.4] : [0.05, 0.2],
        usd: null,
        basis: severe
          ? 'assumes 10 to 40 % of a step'
          : 'assumes 5 to 20 % of a step of a convolutional network',
      },
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})

function severityOf(view: SubjectView<'Operation'>, severe: boolean): Severity {
  return severe && view.subject.evidence.small === null ? 'information' : 'hint'
}
