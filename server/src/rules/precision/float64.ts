import { effective } from '../../values/value.js'
import { machineOf } from '../hardware.js'
import { defineRule } from '../rule.js'
import { notTraining, offAccelerator, otherOperation } from '../silence.js'
import { operationOf } from '../training/operation.js'

export default defineRule({
  name: 'precision/float64',
  // In single precision it can be lowered further.
  supersedes: ['precision/full-precision'],
  beyondBill: true,
  judges: 'Operation',
  checklist: ['model/mixed-precision', 'rightsize/match-instance'],
  overlaps: 'machine',
  severity: 'warning',
  finds: 'training in double precision on a GPU',
  summary: 'Training in float64 takes twice the memory, and most GPUs compute it many times slower.',
  check(view, { report, silent, options }) {
    const kind = operationOf(view, 'double precision')
    if (kind === null) return silent(otherOperation)
    const stopped = notTraining(view) ?? offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const wanted = effective(view.settings.wantedFor)
    const { gpu } = machineOf(view, options)
    const device =
      gpu === null
        ? 'GPUs of the inference and consumer classes compute it at 1/32 to 1/64 of the rate of fp32'
        : `${gpu.name} computes it ${/^(A100|H100|H200|V100|P100|B200|GH200|A30)/.test(gpu.name) ? 'at half' : 'at 1/32 to 1/64 of'} the rate of fp32`
    report({
      at: kind,
      severity: wanted === undefined ? 'warning' : 'hint',
      message: `\`${kind.key}\` makes the model train in float64: ${device}, and everything takes twice the memory.`,
      saving: {
        fraction: [0.3, 0.9],
        usd: null,
        basis:
          'half the rate on data-centre GPUs, 1/32 to 1/64 elsewhere; assumes that arithmetic is most of a step',
      },
      fixes: [{ set: [{ claim: kind, value: 'fp32' }] }],
    })
  },
})
