/** Names that Lightning gives to accelerators: `Trainer(accelerator=…)`, in code and in files. */
import { lookUp } from '../../text/records.js'
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
  return lookUp(kinds, name.toLowerCase()) ?? 'maybe'
}
