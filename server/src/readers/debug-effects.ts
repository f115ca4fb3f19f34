/**
 * What switches for finding faults do to a run, by the beginning of their name, and the share of a step that they
 * take. The shares are assumptions, shown as such.
 */
import type { OperationSettings } from '../workload/resource-kinds.js'

const effects: [RegExp, OperationSettings['effect']][] = [
  [
    /^CUDA_LAUNCH_BLOCKING/,
    { does: 'waits for every kernel before it launches the next', share: [0.1, 0.5] },
  ],
  [
    /anomaly/,
    { does: 'keeps a stack trace for every operation and checks every gradient', share: [0.3, 0.6] },
  ],
  [/^debug=/, { does: 'looks through the values of every layer for infinities', share: [0.2, 0.5] }],
  [
    /^PYTORCH_NO_CUDA_MEMORY_CACHING/,
    { does: 'asks the driver for memory for every tensor', share: [0.3, 0.8] },
  ],
  [
    /^TORCH_DISTRIBUTED_DEBUG/,
    {
      does: 'checks every collective against all other processes',
      share: [0.05, 0.2],
      amongProcesses: true,
    },
  ],
  [/^NCCL_P2P_DISABLE/, { does: 'sends GPU-to-GPU traffic through host memory', share: [0.05, 0.3] }],
  [
    /^NCCL_SHM_DISABLE/,
    { does: 'sends traffic between processes of one machine over the network', share: [0.05, 0.3] },
  ],
  [/^NCCL_IB_DISABLE/, { does: 'leaves the fast network idle and uses TCP', share: [0.05, 0.3] }],
  [/^PYTHONMALLOC/, { does: 'checks every allocation of the interpreter', share: [0.02, 0.1] }],
  [
    /^render/,
    { does: 'draws the environment at the pace of a screen while the agent learns', share: [0.3, 0.9] },
  ],
  [/cudnn\.enabled/, { does: 'replaces cuDNN convolutions with slower ones', share: [0.2, 0.5] }],
]

/** The effect of a switch by its key (`CUDA_LAUNCH_BLOCKING=1`); null for one that is not listed. */
export function debugEffect(key: string): OperationSettings['effect'] | null {
  return effects.find(([name]) => name.test(key))?.[1] ?? null
}
