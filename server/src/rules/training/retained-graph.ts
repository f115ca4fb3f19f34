import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { notTraining, otherOperation } from '../silence.js'
import { onAccelerator, operationOf } from './operation.js'

export default defineRule({
  name: 'training/retained-graph',
  judges: 'Operation',
  checklist: ['rightsize/match-instance'],
  severity: 'information',
  finds: 'losses that are kept together with their graphs',
  summary: 'A graph that outlives its step fills memory until a larger device seems necessary.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'retain graph')
    if (kind === null) return silent(otherOperation)
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    const kept = effective(view.settings.weight) === 'slight'
    report({
      at: kind,
      severity: kept || !onAccelerator(view) ? 'hint' : 'information',
      message: kept
        ? '`retain_graph=True` keeps the graph and its activations beyond the only backward pass; it is needed only for a second backward pass.'
        : `\`${kind.key}\` keeps the graph of every step alive, so memory grows with each of them. Keep the value without its graph.`,
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})
