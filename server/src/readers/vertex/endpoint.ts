/** Vertex AI endpoints started from Python. Source: google-cloud-aiplatform 1.70, aiplatform/models.py. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { claimAttached, claimEndpoint, claimMachine, endEndpoint } from '../endpoint.js'
import { defineReader, type UnitFacts } from '../reader.js'

/** Arguments that only these `deploy` methods have. */
const ownArguments =
  /^(machine_type|accelerator_type|accelerator_count|deployed_model_display_name|traffic_percentage|traffic_split|min_replica_count|max_replica_count)$/

export const vertexEndpointReader = defineReader({
  name: 'vertex-endpoint',
  languages: ['python'],
  triggers: ['aiplatform', 'vertexai'],
  read(facts, _context, claims) {
    const { python, unit } = facts
    if (
      python === undefined ||
      !python.uses('google.cloud.aiplatform', 'google.cloud.aiplatform.', 'vertexai.')
    )
      return
    for (const call of python.calls) {
      if (call.method !== 'deploy' || !isDeploy(call)) continue
      const serving = claimEndpoint(python, unit, claims, call, 'Vertex AI')
      if (serving !== null) readDeploy(python, call, serving)
    }
  },
  change: changeEndpoint,
})

function isDeploy(call: Call): boolean {
  if (call.receiver?.startsWith('google.cloud.aiplatform.')) return true
  return call.expr.args.some((one) => one.name !== null && ownArguments.test(one.name))
}

function readDeploy(python: PythonModule, call: Call, serving: SubjectBuilder<'Serving'>): void {
  claimMachine(serving, call, 'machine_type', python.argument(call, 'machine_type'))
  const type = python.argument(call, 'accelerator_type')
  const count = python.argument(call, 'accelerator_count')
  claimAttached(serving, call, 'accelerator_type', type, count)
  const least = python.argument(call, 'min_replica_count')
  claimArgument(serving, 'minReplicas', 'min_replica_count', call, least, { convert: asNumber, otherwise: 1 })
  const most = python.argument(call, 'max_replica_count')
  claimArgument(serving, 'maxReplicas', 'max_replica_count', call, most, { convert: asNumber, otherwise: 1 })
  const place = calleePlace(call)
  const site = callSite(call)
  // A ceiling below the floor is raised to it.
  if (most.state === 'absent') serving.default('autoscaled', 'max_replica_count', false, place, { site })
  else if (most.state === 'unknown' || most.folded.state === 'unknown' || least.state === 'unknown')
    serving.unknown('autoscaled', 'max_replica_count', 'its value', place, { site })
  else {
    const floor = least.state === 'given' && least.folded.state === 'known' ? least.folded.value : 1
    const scales =
      typeof floor === 'number' && typeof most.folded.value === 'number' && most.folded.value > floor
    serving.known('autoscaled', 'max_replica_count', scales, place, { site })
  }
}

function changeEndpoint(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call has changed' }
  if (claim.setting === 'tornDown' && value === true) {
    const onEndpoint =
      call.expr.callee.type === 'attribute' &&
      call.expr.callee.value.type === 'name' &&
      /endpoint/i.test(call.expr.callee.value.id)
    if (onEndpoint) return { reason: 'call delete(force=True) of the endpoint where you are done with it' }
    return endEndpoint(facts, call, (name) => `${name}.delete(force=True)`)
  }
  if (claim.setting === 'minReplicas' && typeof value === 'number') {
    const least = writeArgument(
      facts,
      call,
      'min_replica_count',
      python.argument(call, 'min_replica_count'),
      '1',
    )
    const most = writeArgument(
      facts,
      call,
      'max_replica_count',
      python.argument(call, 'max_replica_count'),
      String(value),
    )
    if ('reason' in least) return least
    if ('reason' in most) return most
    return {
      title: `Scale between 1 and ${value} replicas`,
      safety: 'unsafe',
      writes: [least, most],
      imports: [],
    }
  }
  return byHand(claim)
}
