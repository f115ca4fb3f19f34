/** Histograms of every weight that a training loop hands to TensorBoard in each step: `writer.add_histogram(name, weight, step)`. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { calleePlace, callSite } from '../../values/places.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader } from '../reader.js'
import { isRealModel } from './model-evidence.js'
import { stepEvidence } from './operations.js'

export const histogramsReader = defineReader({
  name: 'pytorch-histograms',
  languages: ['python'],
  triggers: ['add_histogram'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      if (call.method !== 'add_histogram' || !inEachStep(python, call)) continue
      const at = calleePlace(call)
      const operation = claimOperation(claims, {
        kind: 'record',
        place: 'step',
        key: 'add_histogram',
        at,
        site: callSite(call),
        scope: call.function?.qualified ?? '',
        evidence: stepEvidence(python),
        realModel: isRealModel(python),
        subject: 'histograms of all weights',
      })
      operation.known('every', 'add_histogram', 1, at)
    }
  },
  change: () => ({ reason: 'put the histograms behind a count of steps, or after the epoch' }),
})

/** A loop over all weights, in the loop over batches, with no test in between. */
function inEachStep(python: PythonModule, call: Call): boolean {
  const steps = call.loops.find(({ role }) => role === 'train')
  const weights = call.loops.find((loop) => goesThroughWeights(python, loop))
  if (steps === undefined || weights === undefined || weights.node.start < steps.node.start) return false
  return !python.statements.some(
    ({ type, start, end }) =>
      type === 'if' && start > steps.node.start && start < call.expr.start && call.expr.end <= end,
  )
}

function goesThroughWeights(python: PythonModule, { node }: Loop): boolean {
  if (node.type !== 'for') return false
  return /\b(named_)?parameters\(|state_dict\(/.test(
    python.code.slice(node.iterable.start, node.iterable.end),
  )
}
