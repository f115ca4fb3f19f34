/** Names that Lightning gives to accelerators: `Trainer(accelerator=…)`, in code and in files. */
import type { PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { fixedArgument } from '../../values/argument.js'
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

/** All that a program trains with are trainers that are told to stay on the processor; null: not so for certain. */
export function keptOnProcessor(python: PythonModule): string | null {
  const trainers = python.callsTo('lightning.pytorch.Trainer')
  if (trainers.length === 0 || python.methodCalls('fit').length === 0) return null
  const asks = [python.evidence, ...python.imported.map((module) => module.evidence)].some(
    (evidence) => evidence?.accelerator !== 'none' && evidence?.accelerator !== 'cpu',
  )
  const told = trainers.every((call) => fixedArgument(python.argument(call, 'accelerator')) === 'cpu')
  return told && !asks ? 'accelerator="cpu"' : null
}
