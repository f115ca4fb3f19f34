import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { notTraining, offAccelerator, otherOperation } from '../silence.js'
import { operationOf, trains } from './operation.js'

export default defineRule({
  name: 'training/eager-attention',
  judges: 'Operation',
  checklist: ['rightsize/match-instance', 'baseline/training-time'],
  severity: 'warning',
  finds: 'attention that writes its whole score matrix to memory',
  summary: 'Attention that stores its scores takes memory that grows with the square of the sequence.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'eager attention')
    if (kind === null) return silent(otherOperation)
    const stopped = offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const wanted = effective(view.settings.wantedFor)
    if (wanted !== undefined) return silent(`it is there for ${wanted}`)
    const written = effective(view.settings.weight) === 'slight'
    const untrained = notTraining(view)
    if (written && untrained !== undefined) return silent(untrained)
    report({
      at: kind,
      severity: severityOf(view, written),
      message: written
        ? `${kind.key} computes attention step by step and keeps the whole matrix of scores: memory grows with the square of the sequence. A fused kernel gives the same result.`
        : `\`${kind.key}\` turns fused attention off: the whole matrix of scores is written to memory, which grows with the square of the sequence.`,
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})

function severityOf(view: SubjectView<'Operation'>, written: boolean): Severity {
  if (written) return 'information'
  // Some models need it, and which one this is cannot be seen.
  const hidden =
    view.settings.kind?.key.startsWith('attn_') === true && effective(view.settings.subject) === undefined
  return trains(view) && !hidden ? 'warning' : 'information'
}
