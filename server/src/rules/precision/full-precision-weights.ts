import { gpuSupports } from '../../catalog/gpus.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { machineOf } from '../hardware.js'
import { defineRule } from '../rule.js'
import { offAccelerator, unless } from '../silence.js'
import { parametersText } from '../training-memory.js'

/** Smaller models fit anywhere. */
const least = 1e9

export default defineRule({
  name: 'precision/full-precision-weights',
  judges: 'Model',
  checklist: ['rightsize/match-instance', 'model/quantization'],
  severity: 'warning',
  finds: 'large untrained weights loaded in 32 bits',
  summary: 'Weights that nobody trains do not need 32 bits; they decide how large the GPU has to be.',
  check(view, { report, silent, options }) {
    const { weights, parameters, use, id } = view.settings
    const held = effective(weights)
    if (weights === undefined || held !== 'fp32')
      return silent(unless(view, 'weights', `the weights are ${held}`))
    const count = effective(parameters)
    const purpose = effective(use)
    if (count === undefined || count < least)
      return silent(
        unless(view, 'parameters', `the model is small: ${parametersText(count ?? 0)} parameters`),
      )
    if (purpose !== 'frozen' && purpose !== 'inference')
      return silent(unless(view, 'use', 'the weights are trained'))
    const stopped = offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const { gpu } = machineOf(view, options)
    const format = gpu !== null && gpuSupports(gpu.name, 'bf16') === false ? 'fp16' : 'bf16'
    report({
      at: weights,
      message: messageOf(view, effective(id) ?? 'The model', count, purpose, format),
      fixes: [{ set: [{ claim: weights, value: format }] }],
    })
  },
})

function messageOf(
  view: SubjectView<'Model'>,
  id: string,
  count: number,
  purpose: string,
  format: string,
): string {
  const size = (bytes: number) => {
    const value = (count * bytes) / 1e9
    return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} GB`
  }
  const what = purpose === 'frozen' ? 'frozen weights' : 'weights'
  const { key, state } = view.settings.weights!
  const said = state === 'default' ? `\`${key}\` is not given` : `\`${key}\` says so`
  return `${id} loads in fp32 (${said}): ${size(4)} of ${what}, where ${size(2)} in ${format} or about ${size(0.6)} in 4 bits would do.`
}
