/** Models of Keras Applications that start from random weights. */
import type { PythonModule } from '../../python/module.js'
import type { ChangeTarget } from '../../text/change-target.js'
import { fixedArgument, knownArgument } from '../../values/argument.js'
import { claimedCall } from '../claim-argument.js'
import { claimFresh, meansRandom } from '../fresh-model.js'
import { defineReader } from '../reader.js'
import { kerasEvidence } from './evidence.js'
import { kerasFits, usesKeras } from './fits.js'

const wholeNetwork: ChangeTarget = {
  kind: 'refused',
  reason: 'use pretrained weights, without the top layer (include_top=False), and a layer for your classes',
}

/** Another module makes the network of this one, and fits it. */
function isFittedElsewhere({ importers, programs }: PythonModule): boolean {
  return [...importers, ...programs].some(({ uses }) =>
    uses.some((use) => /(^|\.)fit(_generator)?$/.test(use)),
  )
}

export const kerasFreshWeightsReader = defineReader({
  name: 'keras-fresh-weights',
  languages: ['python'],
  triggers: ['weights=None', 'weights = None'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test' || !usesKeras(python)) return
    if (kerasFits(python).length === 0 && !isFittedElsewhere(python)) return
    const { evidence } = kerasEvidence(python, context)
    if (evidence.small !== null) return
    for (const call of python.calls) {
      if (!/^keras\.applications\.(\w+\.)*[A-Z]\w+$/.test(call.name ?? '')) continue
      if (fixedArgument(python.argument(call, 'weights', 1)) !== null) continue
      const classes = knownArgument(python.argument(call, 'classes'))
      const cut = knownArgument(python.argument(call, 'include_top', 0)) === false
      // A thousand classes: ImageNet itself.
      if (!cut && (classes === undefined || classes === 1000)) continue
      const shape = knownArgument(python.argument(call, 'input_shape'))
      const channels = Array.isArray(shape) ? shape[2] : 3
      if (channels !== 3 || meansRandom(python) !== null) continue
      claimFresh(claims, evidence, {
        ...{ call, architecture: call.method, key: 'weights', given: true },
        ...{ source: 'ImageNet', ...(cut ? {} : { target: wholeNetwork }) },
      })
    }
  },
  change(claim, _value, facts) {
    const { python, path, fragment } = facts
    const call = claimedCall(python, claim.site)
    if (call === null) return { reason: 'the call is no longer in the file' }
    const keyword = call.expr.args.some((one) => one.name === 'weights')
    if (!keyword) return { reason: 'the weights are given by position' }
    return {
      title: "Start from pretrained weights (weights='imagenet')",
      safety: 'unsafe',
      writes: [
        {
          kind: 'set keyword',
          path,
          call: { fragment: fragment.index, start: call.expr.start, end: call.expr.end },
          name: 'weights',
          value: "'imagenet'",
        },
      ],
      imports: [],
    }
  },
})
