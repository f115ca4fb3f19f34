/** Training loops by hand that put nothing on an accelerator, whatever devices they speak of. */
import type { PythonModule } from '../../python/module.js'
import { placesNothing } from '../../python/placing.js'
import { once } from '../../text/once.js'

/** PyTorch computes where its tensors are put, and that is on the processor unless somebody says so. */
export function staysOnHost(python: PythonModule): boolean {
  return once(python, 'stays on the host', () => movesNothing(python))
}

/** A device may be named (`device = 'cuda' if … else 'cpu'`), where nothing is ever moved to it. */
function movesNothing(python: PythonModule): boolean {
  const { evidence } = python
  return (
    python.isEntry &&
    evidence.role === 'training' &&
    evidence.accelerator !== 'tpu' &&
    python.usesHere('torch.', 'torch') &&
    python.uses('.backward') &&
    placesNothing(python)
  )
}
