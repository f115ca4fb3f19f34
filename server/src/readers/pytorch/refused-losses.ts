/** Losses that PyTorch refuses to compute under autocast. */
import { lastIdentifier } from '../../python/effects.js'
import type { Loop, PythonModule } from '../../python/module.js'
import { usesAny } from './library-uses.js'

const refusingLosses = ['torch.nn.BCELoss', 'torch.nn.functional.binary_cross_entropy']

/** The loss that raises an error under autocast. */
export function refusedLoss(python: PythonModule, loop?: Loop): string | null {
  if (loop !== undefined && hasOtherLoss(python, loop)) return null
  for (const name of refusingLosses) {
    if (usesAny(python, [name])) return name === 'torch.nn.BCELoss' ? 'BCELoss' : 'binary_cross_entropy'
  }
  return null
}

/** All losses of this loop are objects of known classes, and none of them is refused: those of another loop do not count. */
function hasOtherLoss(python: PythonModule, { calls, effects }: Loop): boolean {
  const losses = calls.flatMap(({ expr: { callee } }) => {
    const type = python.typeOf(callee)
    if (type !== null && /^torch\.nn\.\w*Loss\w*$/.test(type)) return [type]
    return /loss|criterion/i.test(lastIdentifier(callee)) ? [null] : []
  })
  return (
    losses.length > 0 &&
    losses.every((one) => one !== null && !refusingLosses.includes(one)) &&
    !refusingLosses.some((one) => effects.calls.has(one))
  )
}
