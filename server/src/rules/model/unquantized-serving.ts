import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'
import { parametersText } from '../training-memory.js'

const least = 6.5e9
/** Weights beyond this need a GPU of the largest class, in bytes. */
const largest = 24e9

const bytes: Record<string, number> = { bf16: 2, fp16: 2, fp32: 4 }

export default defineRule({
  name: 'model/unquantized-serving',
  judges: 'Model',
  checklist: ['model/quantization', 'model/distillation', 'rightsize/match-instance'],
  severity: 'information',
  finds: 'language models served with 16-bit or 32-bit weights',
  summary: 'A language model is served with 16-bit or 32-bit weights, which decide how many GPUs it needs.',
  check(view, { report, silent }) {
    const { quantized, weights, parameters, devices, id, use } = view.settings
    const count = effective(parameters)
    if (quantized === undefined || effective(quantized) !== false)
      return silent(unless(view, 'quantized', 'the weights are quantized'))
    if (effective(use) !== 'inference') return silent(unless(view, 'use', 'the model is trained'))
    if (count === undefined || count < least)
      return silent(
        unless(view, 'parameters', `the model is small: ${parametersText(count ?? 0)} parameters`),
      )
    const each = bytes[effective(weights) ?? '']
    const gpus = effective(devices)
    if (each === undefined) return silent(unless(view, 'weights', `the weights are ${effective(weights)}`))
    const size = count * each
    // So many bytes are worth a word on however many GPUs.
    if (gpus === undefined && size < largest) return silent(unless(view, 'devices', ''))
    if ((gpus ?? 1) < 2 && size < largest) return silent(`${gb(size)} of weights fit one ordinary GPU`)
    report({
      at: quantized,
      confidence: 'medium',
      message: `${nameOf(view, effective(id))} is served with ${8 * each}-bit weights: ${gb(size)}${gpus !== undefined && gpus > 1 ? ` on ${gpus} GPUs` : ''}. In 8 bits they take ${gb(count)}, in 4 bits about ${gb(0.58 * count)}: compare answers and latency, and how many GPUs each needs.`,
      fixes: [{ set: [{ claim: quantized, value: true }] }],
    })
  },
})

function nameOf(view: SubjectView<'Model'>, id: string | undefined): string {
  const count = effective(view.settings.parameters)!
  return id === undefined ? `A model of ${parametersText(count)} parameters` : id
}

function gb(bytes: number): string {
  return `${Math.round(bytes / 1e9)} GB`
}
