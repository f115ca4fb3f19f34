import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { otherOperation, otherRole } from '../silence.js'
import { onAccelerator, operationOf, trains } from './operation.js'

export default defineRule({
  name: 'training/eval-with-gradients',
  judges: 'Operation',
  checklist: ['baseline/evaluation-time', 'rightsize/match-instance'],
  severity: 'warning',
  finds: 'evaluations that keep activations for a backward pass that never comes',
  summary: 'An evaluation that builds graphs keeps activations for a backward pass that never comes.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'evaluate with gradients')
    if (kind === null) return silent(otherOperation)
    const { role } = view.subject.evidence
    if (!trains(view) && role !== 'inference') return silent(otherRole(view))
    report({
      at: kind,
      severity: severityOf(view),
      message: messageOf(effective(view.settings.subject)),
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})

/** One pass in a whole run takes memory for nothing, and little time. */
function severityOf(view: SubjectView<'Operation'>): Severity {
  if (effective(view.settings.weight) === 'slight') return 'information'
  return onAccelerator(view) && effective(view.settings.place) !== 'run' ? 'warning' : 'information'
}

/** @param subject the pass, a switch without an effect, or the phase of a training loop that evaluates */
function messageOf(subject: string | undefined): string {
  if (subject === undefined)
    return 'This evaluation builds graphs for a backward pass that never comes: it keeps all activations and takes about twice the memory.'
  if (subject.endsWith('(…)'))
    return `\`${subject}\` builds graphs for a backward pass that never comes: run it under \`torch.no_grad()\`, which keeps no activations.`
  return subject.includes('=')
    ? `\`${subject}\` no longer has an effect: this evaluation builds graphs and takes about twice the memory.`
    : `The \`${subject}\` phase builds graphs for a backward pass that never comes: it keeps all activations and takes about twice the memory.`
}
