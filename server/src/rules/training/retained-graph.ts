import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { onAccelerator, operationOf, trains } from './operation.js'

export default defineRule({
  name: 'training/retained-graph',
  judges: 'Operation',
  checklist: ['rightsize/match-instance'],
  severity: 'information',
  summary: 'A graph that outlives its step fills the memory until a larger device looks necessary.',
  check(judged, { report }) {
    const kind = operationOf(judged, 'retain graph')
    if (kind === null || !trains(judged)) return
    const kept = effective(judged.settings.weight) === 'slight'
    report({
      at: kind,
      severity: kept || !onAccelerator(judged) ? 'hint' : 'information',
      message: kept
        ? '`retain_graph=True` keeps the graph and its activations beyond the only backward pass; it is needed only where something goes back through it again.'
        : `\`${kind.key}\` keeps the graph of every step alive, so memory grows with each of them. Keep the value without its graph.`,
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})
