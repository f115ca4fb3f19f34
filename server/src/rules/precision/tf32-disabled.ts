import { matrixShare } from '../../estimate/mixed-precision.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { machineOf } from '../hardware.js'
import { defineRule, type RuleOptions, type Severity } from '../rule.js'
import { notTraining, offAccelerator, otherOperation } from '../silence.js'
import { operationOf, trainingHas } from '../training/operation.js'

/** Speed-up of matrix work that is reached in practice, whatever the peak promises. An assumption. */
const reachable = 4

export default defineRule({
  name: 'precision/tf32-disabled',
  judges: 'Operation',
  checklist: ['model/mixed-precision'],
  overlaps: 'machine',
  severity: 'warning',
  finds: 'fp32 matrix products that do not use TF32',
  summary: 'Matrix products in full fp32 leave the matrix units of the accelerator idle.',
  check(view, { report, silent, options }) {
    const kind = operationOf(view, 'strict matrix products')
    if (kind === null) return silent(otherOperation)
    const stopped = notTraining(view) ?? offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    const byDefault = kind.state === 'default'
    const { gpu } = machineOf(view, options)
    if (gpu !== null && !gpu.formats.has('tf32')) return silent(`${gpu.name} has no TF32`)
    if (byDefault && gpu === null) return silent('nothing switches TF32 off, and the GPU is not known')
    if (byDefault && !cannotMix(view))
      return silent('nothing switches TF32 off, and mixed precision, which gains more, can be used here')
    const mixes = trainingHas(view, ({ settings }) =>
      /mixed|^bf16|^fp16|^fp8/.test(effective(settings.precision) ?? ''),
    )
    // Under autocast few products are left in fp32.
    report({
      at: kind,
      severity: severityOf(view, byDefault, mixes),
      message: messageOf(view, kind.key, byDefault, options),
      ...savingOf(view, options, mixes),
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})

/** Mixed precision, which gains more, is not to be had here. */
function cannotMix(view: SubjectView<'Operation'>): boolean {
  return trainingHas(
    view,
    ({ settings, subject }) =>
      subject.location.path === view.subject.location.path &&
      effective(settings.precision) === 'fp32' &&
      (effective(settings.autocastRefusedBy) !== undefined || effective(settings.secondOrder) === true),
  )
}

function severityOf(view: SubjectView<'Operation'>, byDefault: boolean, mixes: boolean): Severity {
  if (mixes || effective(view.settings.wantedFor) !== undefined) return 'hint'
  return byDefault ? 'information' : 'warning'
}

function messageOf(
  view: SubjectView<'Operation'>,
  key: string,
  byDefault: boolean,
  options: RuleOptions,
): string {
  const { gpu } = machineOf(view, options)
  const peaks =
    gpu === null || gpu.tflops.fp32 === null || gpu.tflops.tf32 === null
      ? ' On Ampere and later this is the slow way.'
      : ` On ${gpu.name} that is a peak of ${gpu.tflops.fp32} instead of ${gpu.tflops.tf32} TFLOPS.`
  return byDefault
    ? `fp32 matrix products run without TF32: \`${key}("high")\` is not called.${peaks}`
    : `\`${key}\` keeps fp32 matrix products off TF32.${peaks}`
}

function savingOf(view: SubjectView<'Operation'>, options: RuleOptions, mixes: boolean) {
  const { gpu } = machineOf(view, options)
  if (mixes || gpu === null || !gpu.tflops.fp32 || !gpu.tflops.tf32) return {}
  const ratio = Math.min(reachable, gpu.tflops.tf32 / gpu.tflops.fp32)
  if (ratio <= 1) return {}
  const share = 1 - (1 - matrixShare + matrixShare / ratio)
  return {
    saving: {
      fraction: [share / 2, share] as [number, number],
      usd: null,
      basis:
        `${gpu.name}: ${gpu.tflops.tf32} TFLOPS in TF32 against ${gpu.tflops.fp32} in fp32; assumes that matrix work is ` +
        `${matrixShare * 100} % of a step, of which half to all is matrix products, and gains at most ${reachable} times`,
    },
  }
}
