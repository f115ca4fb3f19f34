import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { otherOperation, unless } from '../silence.js'
import { listed, operationOf, otherPlaces } from '../training/operation.js'

const predictions = {
  fraction: [0.5, 0.95] as [number, number],
  usd: null,
  basis: 'assumes that loading takes as long as 1 to 20 predictions; a timer around both shows it',
}

export default defineRule({
  name: 'pipeline/model-load-per-element',
  judges: 'Operation',
  checklist: [
    'bottleneck/repeated-preprocessing',
    'waste/unchanged-transformations',
    'baseline/inference-time',
  ],
  severity: 'warning',
  finds: 'models that are loaded again for each element, row or request',
  summary: 'Loading a model for each element takes longer than answering.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'load model')
    if (kind === null) return silent(otherOperation)
    const { repeatedFor, remedy, weight, places } = view.settings
    const each = effective(repeatedFor)
    if (each === undefined) return silent(unless(view, 'repeatedFor', ''))
    const names = (effective(places) ?? []).map((one) => one.what)
    const what = names.length > 1 ? listed(names) : kind.key
    report({
      at: kind,
      severity:
        effective(weight) === 'slight' || /^(pass of the loop|round)$/.test(each) ? 'information' : 'warning',
      message: `\`${what}\` ${names.length > 1 ? 'load' : 'loads'} the same again for each ${each}. Once is enough: ${effective(remedy) ?? 'before'}.`,
      // A round trains for as long as it likes.
      ...(each === 'round' ? {} : { saving: predictions }),
      fixes: [{ set: [{ claim: kind, value: null }] }],
      related: otherPlaces(view, 'for the same'),
    })
  },
})
