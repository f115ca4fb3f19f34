import type { Claim, Judged } from '../../workload/claim.js'
import { effective, machineOf } from '../hardware.js'
import { defineRule, type RuleOptions, type Severity } from '../rule.js'
import { onGpuJob, operationOf, trains } from './operation.js'

/** What a switch does to a run, by the beginning of its name, and the share of the time that it takes. Assumptions. */
const effects: [RegExp, string, [number, number]][] = [
  [/^CUDA_LAUNCH_BLOCKING/, 'waits for every kernel before it launches the next', [0.1, 0.5]],
  [/anomaly/, 'keeps a stack trace for every operation and checks every gradient', [0.3, 0.6]],
  [/^debug=/, 'looks through the values of every layer for infinities', [0.2, 0.5]],
  [/^PYTORCH_NO_CUDA_MEMORY_CACHING/, 'asks the driver for memory for every tensor', [0.3, 0.8]],
  [/^TORCH_DISTRIBUTED_DEBUG/, 'checks every collective against all other processes', [0.05, 0.2]],
  [/^NCCL_DEBUG/, 'writes a line for every collective', [0.02, 0.1]],
  [/^NCCL_P2P_DISABLE/, 'sends what one GPU tells another through the memory of the host', [0.05, 0.3]],
  [/^NCCL_SHM_DISABLE/, 'sends what processes of one machine tell each other over the network', [0.05, 0.3]],
  [/^NCCL_IB_DISABLE/, 'leaves the fast network idle and uses TCP', [0.05, 0.3]],
  [/^PYTHONMALLOC/, 'checks every allocation of the interpreter', [0.02, 0.1]],
  [/cudnn\.enabled/, 'replaces the convolutions of cuDNN by slower ones', [0.2, 0.5]],
]

export default defineRule({
  name: 'training/debug-mode',
  judges: 'Operation',
  checklist: ['baseline/training-time', 'baseline/idle-time', 'bottleneck/compute-bound'],
  severity: 'error',
  summary: 'A switch meant for finding a fault slows down every step of the run.',
  check(judged, { report, options }) {
    const kind = operationOf(judged, 'debug checks')
    if (kind === null || !trains(judged)) return
    if (effective(judged.settings.wantedFor) !== undefined) return
    // These are also known to get a machine to work at all, and cost nothing where there are no fast links.
    if (effective(judged.settings.weight) === 'slight' && !hasFastLinks(judged, options)) return
    const [, what, fraction] = effects.find(([name]) => name.test(kind.key)) ?? [
      null,
      'checks what a finished program need not check',
      [0.05, 0.3] as [number, number],
    ]
    report({
      at: kind,
      severity: severityOf(judged, kind),
      message: `\`${kind.key}\` ${what}, in every step of ${where(judged, options)}.`,
      saving: { fraction, usd: null, basis: basisOf(fraction) },
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})

/** Devices that are sold with links between them. */
function hasFastLinks(judged: Judged<'Operation'>, options: RuleOptions): boolean {
  return /^(A100|H100|H200|B\d00|GB\d00|GH200|V100)/.test(machineOf(judged, options).gpu?.name ?? '')
}

function severityOf(judged: Judged<'Operation'>, kind: Claim): Severity {
  const weight = effective(judged.settings.weight)
  if (weight === 'slight') return 'information'
  const fromJob = kind.channel === 'launch environment' && onGpuJob(judged)
  return weight === 'severe' && fromJob ? 'error' : 'warning'
}

function where(judged: Judged<'Operation'>, options: RuleOptions): string {
  const { gpu, gpus } = machineOf(judged, options)
  if (gpu === null) return 'this run'
  return gpus === null ? `this run on ${gpu.name}` : `this ${gpus}×${gpu.name} job`
}

function basisOf([low, high]: [number, number]): string {
  return `assumes that it takes ${Math.round(low * 100)} to ${Math.round(high * 100)} % of a step`
}
