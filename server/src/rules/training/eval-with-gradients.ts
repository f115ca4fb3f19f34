import { effective } from '../../values/value.js'
import type { Judged } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { otherOperation, otherRole } from '../silence.js'
import { onAccelerator, operationOf, trains } from './operation.js'

export default defineRule({
  name: 'training/eval-with-gradients',
  judges: 'Operation',
  checklist: ['baseline/evaluation-time', 'rightsize/match-instance'],
  severity: 'warning',
  summary: 'An evaluation that builds graphs keeps activations for a backward pass that never comes.',
  check(judged, { report, silent }) {
    const kind = operationOf(judged, 'evaluate with gradients')
    if (kind === null) return silent(otherOperation)
    const { role } = judged.subject.evidence
    if (!trains(judged) && role !== 'inference') return silent(otherRole(judged))
    const old = effective(judged.settings.subject)
    report({
      at: kind,
      severity: severityOf(judged),
      message:
        old === undefined
          ? 'This evaluation builds graphs for a backward pass that never comes: it keeps all activations and takes about twice the memory.'
          : `\`${old}\` no longer has an effect: this evaluation builds graphs and takes about twice the memory.`,
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})

function severityOf(judged: Judged<'Operation'>): Severity {
  return onAccelerator(judged) ? 'warning' : 'information'
}
