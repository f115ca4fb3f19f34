/** Names that Lightning gives to accelerators: `Trainer(accelerator=…)`, in code and in files. */
import type { Evidence } from '../../workload/claim.js'

const kinds: Record<string, Evidence['accelerator']> = {
  gpu: 'gpu',
  cuda: 'gpu',
  auto: 'maybe',
  cpu: 'cpu',
  tpu: 'tpu',
  mps: 'mps',
  hpu: 'none',
  ipu: 'none',
  // Strategies of version 1 that were given as accelerator.
  ddp: 'maybe',
  dp: 'maybe',
}

/** 'maybe' for a name of somebody's own. */
export function acceleratorKind(name: string): Evidence['accelerator'] {
  return Object.hasOwn(kinds, name.toLowerCase()) ? kinds[name.toLowerCase()]! : 'maybe'
}
