import { gpuSupports } from '../../catalog/gpus.js'
import { mixedPrecisionSpeedup } from '../../estimate/mixed-precision.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { machineOf } from '../hardware.js'
import { defineRule, type Report, type RuleOptions } from '../rule.js'
import { offAccelerator, unless } from '../silence.js'
import { parametersText } from '../training-memory.js'

/** Smaller models fit anywhere. */
const least = 1e9
/** These are done in no time. */
const leastOverCorpus = 5e7

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
    const corpus = count === undefined || count >= least ? undefined : corpusOf(view, options)
    if (corpus !== undefined) return report(corpus)
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

/** A smaller model fits anywhere in 32 bits; a whole corpus takes its time through it. */
function corpusOf(view: SubjectView<'Model'>, options: RuleOptions): Report | undefined {
  const { weights, parameters, use, id, over } = view.settings
  if (weights === undefined || over === undefined || effective(use) !== 'inference') return undefined
  if (view.subject.evidence.accelerator !== 'gpu' || effective(parameters)! < leastOverCorpus)
    return undefined
  const { gpu } = machineOf(view, options)
  if (gpu !== null && !gpu.formats.has('fp16')) return undefined
  const speedup = gpu === null ? null : mixedPrecisionSpeedup(gpu)
  const times = [...new Set(speedup?.times.map((one) => one.toFixed(1)))].join(' to ')
  const gain =
    speedup === null
      ? 'fp16 runs on the faster 16-bit units'
      : `fp16 is typically ${times} times faster on ${gpu!.name}`
  return {
    at: weights,
    severity: 'information',
    message: `${effective(id) ?? 'The model'} computes in fp32 (\`${weights.key}\` is not given) for everything that \`${effective(over)}\` is given: ${gain}.`,
    ...(speedup === null ? {} : { saving: { fraction: speedup.fraction, usd: null, basis: speedup.basis } }),
    fixes: [{ set: [{ claim: weights, value: 'fp16' }] }],
  }
}

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
