/** Inference Endpoints of Hugging Face. Source: huggingface_hub 0.30, hf_api.py, `create_inference_endpoint`. */

import type { Change, Refusal } from '../../edit/write.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { claimEndpoint, endEndpoint } from '../endpoint.js'
import { defineReader, type FragmentFacts } from '../reader.js'

export const inferenceEndpointReader = defineReader({
  name: 'huggingface-endpoint',
  languages: ['python'],
  triggers: ['create_inference_endpoint'],
  shares: true,
  read(facts, _context, claims) {
    const { python, fragment } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      if (!/^create_inference_endpoint(_from_catalog)?$/.test(call.method)) continue
      const serving = claimEndpoint(python, fragment, claims, call, 'Inference Endpoints')
      if (serving === null) continue
      const place = calleePlace(call)
      const type = knownArgument(python.argument(call, 'instance_type'))
      const size = knownArgument(python.argument(call, 'instance_size'))
      if (typeof type === 'string')
        serving.known('machine', 'instance_type', typeof size === 'string' ? `${type} ${size}` : type, place)
      const accelerator = knownArgument(python.argument(call, 'accelerator'))
      const devices = typeof size === 'string' ? Number(/^x(\d+)$/.exec(size)?.[1] ?? 1) : 1
      if (accelerator === 'gpu') serving.known('gpus', 'accelerator', devices, place)
      else if (accelerator === 'cpu') serving.known('gpus', 'accelerator', 0, place)
      const least = python.argument(call, 'min_replica')
      const idle = python.argument(call, 'scale_to_zero_timeout')
      // Scaling to zero needs a floor of zero; both defaults keep one replica.
      claimArgument(serving, 'minReplicas', 'min_replica', call, least, {
        convert: (value) => (value === null ? 1 : asNumber(value)),
        ...(!mayBePassed(idle) ? { otherwise: 1 } : {}),
      })
      const most = python.argument(call, 'max_replica')
      const scales = mayBePassed(most) && knownArgument(most) !== knownArgument(least)
      serving.known('autoscaled', 'max_replica', scales, place, { site: callSite(call) })
    }
  },
  change: changeEndpoint,
})

function changeEndpoint(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call has changed' }
  if (claim.setting === 'tornDown' && value === true)
    return endEndpoint(facts, call, (name) => `${name}.delete()`)
  if (claim.setting === 'minReplicas' && typeof value === 'number') {
    const write = writeArgument(facts, call, 'min_replica', python.argument(call, 'min_replica'), '1')
    return 'reason' in write
      ? write
      : {
          title: `Scale between 1 and ${value} replicas: min_replica=1`,
          safety: 'unsafe',
          writes: [write],
          imports: [],
        }
  }
  return byHand(claim)
}
