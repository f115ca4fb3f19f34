import type { NumberFormat } from '../../catalog/gpus.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { machineOf } from '../hardware.js'
import { defineRule, type FixRequest } from '../rule.js'
import { offAccelerator, otherRole, unless } from '../silence.js'

const formats: Partial<Record<Precision, NumberFormat>> = {
  bf16: 'bf16',
  'bf16-mixed': 'bf16',
  fp8: 'fp8',
}

export default defineRule({
  name: 'precision/unsupported-format',
  judges: 'Training',
  checklist: ['rightsize/match-instance', 'model/mixed-precision'],
  severity: 'error',
  // The estimate of a run counts on the units that the format has not.
  beyondBill: true,
  finds: "number formats that the job's GPU does not support",
  summary: 'A number format that the GPU of the job does not support is emulated slowly, or fails.',
  check(view, { report, silent, options }) {
    const { gpu, name } = machineOf(view, options)
    const { role, accelerator } = view.subject.evidence
    if (gpu === null) return silent('the GPU that it runs on is not known')
    if (gpu.vendor !== 'nvidia') return silent(`${gpu.name} is no NVIDIA GPU`)
    // A file of settings alone says nothing of the machine that it will be used on.
    if (role === 'job' && view.run.job.compute === null)
      return silent('no job is known that uses this file of settings')
    if (role !== 'training' && role !== 'job' && role !== 'tuning') return silent(otherRole(view))
    if (/^(cpu|tpu|mps)$/.test(accelerator)) return silent(offAccelerator(view)!)
    const card = name === null ? `${article(gpu.name)} ${gpu.name}` : `the ${gpu.name} of ${name}`
    const { precision, attention } = view.settings
    if (view.settings.formatByCard !== undefined)
      return silent('its library takes a format that the card has')
    silent(unless(view, 'precision', `${gpu.name} has units for ${effective(precision)}`))
    const format = precision === undefined ? undefined : formats[effective(precision) ?? 'fp32']
    if (precision !== undefined && format !== undefined && !gpu.formats.has(format)) {
      const first = `\`${precision.key}\` asks for ${format}, and ${card} (${gpu.generation}) has no units for it`
      const fp8 = format === 'fp8'
      report({
        at: precision,
        severity: fp8 ? 'error' : 'warning',
        message: fp8
          ? `${first}: the run fails. It needs Ada, Hopper or newer.`
          : `${first}: products are emulated, without its matrix units. fp16 runs on them.`,
        fixes: gpu.formats.has('fp16') ? [replacement(precision, fp8)] : [],
        ...machineNote(view),
      })
    }
    if (attention !== undefined && effective(attention) === 'flash' && !gpu.formats.has('bf16')) {
      report({
        at: attention,
        message: `\`${attention.key}\` asks for FlashAttention-2, which needs Ampere or newer, and ${card} is ${gpu.generation}: the run fails at its first step.`,
        fixes: [{ set: [{ claim: attention, value: 'fused' }] }],
        ...machineNote(view),
      })
    }
  },
})

function article(name: string): string {
  return /^([AHLM]\d|RTX)/.test(name) ? 'an' : 'a'
}

function replacement(claim: Claim<Precision>, fp8: boolean): FixRequest {
  const value: Precision = fp8 ? 'bf16-mixed' : effective(claim) === 'bf16' ? 'fp16' : 'fp16-mixed'
  return { set: [{ claim, value }] }
}

/** The line that chooses the machine. */
function machineNote(view: SubjectView): { related: { location: Claim['location']; message: string }[] } {
  const compute = view.run.job.compute?.settings
  const claim = compute?.instanceType ?? compute?.gpuModel
  return { related: claim === undefined ? [] : [{ location: claim.location, message: 'chooses the GPU' }] }
}
