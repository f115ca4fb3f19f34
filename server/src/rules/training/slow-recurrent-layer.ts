import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { notTraining, offAccelerator, otherOperation } from '../silence.js'
import { operationOf, otherPlaces } from './operation.js'

export default defineRule({
  name: 'training/slow-recurrent-layer',
  judges: 'Operation',
  checklist: ['baseline/training-time', 'rightsize/match-instance'],
  severity: 'warning',
  finds: 'LSTM and GRU layers with arguments that the fused cuDNN kernel does not support',
  summary: 'A recurrent layer that the fused kernel does not support runs its sequence step by step.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'slow recurrent layer')
    if (kind === null) return silent(otherOperation)
    const untrained = notTraining(view) ?? offAccelerator(view)
    if (untrained !== undefined) return silent(untrained)
    const { accelerator } = view.subject.evidence
    const narrow = effective(view.settings.weight) === 'slight'
    const layers = effective(view.settings.places)?.length ?? 1
    const which = layers === 1 ? 'the layer' : `${layers} layers`
    report({
      at: kind,
      severity: narrow ? 'hint' : accelerator === 'gpu' ? 'warning' : 'information',
      message: `\`${kind.key}\` keeps ${which} off the fused cuDNN kernel: each time step launches kernels of its own, and a GPU is mostly idle.`,
      related: otherPlaces(view, 'no fused kernel either'),
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})
