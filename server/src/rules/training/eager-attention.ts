import { effective } from '../../values/value.js'
import type { Judged } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { onAccelerator, operationOf, trains } from './operation.js'

export default defineRule({
  name: 'training/eager-attention',
  judges: 'Operation',
  checklist: ['rightsize/match-instance', 'baseline/training-time'],
  severity: 'warning',
  summary: 'Attention that writes its scores to memory costs memory with the square of the sequence.',
  check(judged, { report }) {
    const kind = operationOf(judged, 'eager attention')
    if (kind === null || !onAccelerator(judged)) return
    if (effective(judged.settings.wantedFor) !== undefined) return
    const written = effective(judged.settings.weight) === 'slight'
    if (written && !trains(judged)) return
    report({
      at: kind,
      severity: severityOf(judged, written),
      message: written
        ? `${kind.key} computes attention step by step and keeps the whole matrix of scores: memory grows with the square of the sequence. A fused kernel gives the same result.`
        : `\`${kind.key}\` turns fused attention off: the whole matrix of scores is written to memory, which grows with the square of the sequence.`,
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})

function severityOf(judged: Judged<'Operation'>, written: boolean): Severity {
  if (written) return 'hint'
  // Some models need it, and which one this is cannot be seen.
  const hidden =
    judged.settings.kind?.key.startsWith('attn_') === true && effective(judged.settings.subject) === undefined
  return trains(judged) && !hidden ? 'warning' : 'information'
}
