import { effective } from '../hardware.js'
import { defineRule } from '../rule.js'

/** Shorter than this, there is little to save. */
const shortest = 128
/** Share of the arithmetic that goes into padding. An assumption. */
const padded: [number, number] = [0.2, 0.6]

export default defineRule({
  name: 'data/padding-waste',
  judges: 'InputPipeline',
  checklist: ['baseline/training-time', 'bottleneck/compute-bound'],
  severity: 'warning',
  summary: 'Padding that is longer than the longest text of a batch is computed for nothing.',
  check({ settings, subject }, { report }) {
    const { paddedTo } = settings
    const length = effective(paddedTo)
    if (paddedTo === undefined || length === undefined) return
    const { role, accelerator } = subject.evidence
    if (role !== 'training' && role !== 'tuning') return
    if (accelerator !== 'gpu' && accelerator !== 'maybe') return
    if (length !== null && length < shortest) return
    const to = length === null ? 'the longest input of the model' : `${length} tokens`
    report({
      at: paddedTo,
      message: `Every text is padded to ${to}, whatever its own length: what is padding is computed for nothing. Pad each batch to its longest text.`,
      saving: {
        fraction: padded,
        usd: null,
        basis:
          'assumes that padding is 20 to 60 % of the tokens; one less mean over maximum length tells it exactly',
      },
      fixes: [{ set: [{ claim: paddedTo, value: 'batch' }] }],
    })
  },
})
