import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'

/** Share of the epochs that trained weights save. An assumption. */
const epochsSaved: [number, number] = [0.3, 0.8]

export default defineRule({
  name: 'model/from-scratch',
  judges: 'Model',
  checklist: ['baseline/training-time', 'model/smaller-baseline', 'decision/stop-and-simplify'],
  severity: 'information',
  finds: 'known architectures trained from random weights although pretrained ones exist',
  summary: 'Training from random weights takes more epochs than fine-tuning pretrained ones.',
  check(view, { report, silent }) {
    const { start, architecture, pretrainedOn } = view.settings
    const what = effective(architecture)
    const source = effective(pretrainedOn)
    if (start === undefined || effective(start) !== 'random')
      return silent(unless(view, 'start', 'the model starts from trained weights'))
    if (what === undefined || source === undefined)
      return silent(unless(view, ['architecture', 'pretrainedOn'], 'no trained weights of it are known'))
    const { accelerator, small } = view.subject.evidence
    if (small !== null) return silent(`the run is small: ${small}`)
    if (accelerator === 'cpu') return silent('it runs on the CPU')
    report({
      at: start,
      confidence: 'medium',
      message: `${what} starts from random weights (\`${start.key}\`): weights pretrained on ${source} are available and need a fraction of the epochs.`,
      saving: {
        fraction: epochsSaved,
        usd: null,
        basis: 'assumes that trained weights need 30 to 80 % fewer epochs for the same metric',
      },
      fixes: [{ set: [{ claim: start, value: 'pretrained' }] }],
    })
  },
})
