import { effective } from '../../values/value.js'
import type { Judged } from '../../workload/claim.js'
import { defineRule } from '../rule.js'
import { onAccelerator } from '../training/operation.js'

/** Smaller models fit anywhere. */
const least = 1e9

export default defineRule({
  name: 'precision/full-precision-weights',
  judges: 'Model',
  checklist: ['rightsize/match-instance', 'model/quantization'],
  severity: 'warning',
  summary: 'Weights that nobody trains need no 32 bits; they decide how large the GPU has to be.',
  check(judged, { report }) {
    const { weights, parameters, use, id } = judged.settings
    if (weights === undefined || weights.state === 'unknown' || weights.value !== 'fp32') return
    const count = effective(parameters)
    const purpose = effective(use)
    if (count === undefined || count < least || (purpose !== 'frozen' && purpose !== 'inference')) return
    if (!onAccelerator(judged)) return
    report({
      at: weights,
      message: messageOf(judged, effective(id) ?? 'The model', count, purpose),
      fixes: [{ set: [{ claim: weights, value: 'bf16' }] }],
    })
  },
})

function messageOf(judged: Judged<'Model'>, id: string, count: number, purpose: string): string {
  const size = (bytes: number) => {
    const value = (count * bytes) / 1e9
    return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} GB`
  }
  const what = purpose === 'frozen' ? 'frozen weights' : 'weights'
  const { key } = judged.settings.weights!
  return `${id} loads in fp32 (\`${key}\` is not given): ${size(4)} of ${what}, where ${size(2)} in bf16 or about ${size(0.6)} in 4 bits would do.`
}
