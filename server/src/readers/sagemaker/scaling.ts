/**
 * Application Auto Scaling of a SageMaker endpoint from Python (boto3): `register_scalable_target` and `put_scaling_policy`.
 * What a replica holds stands where the same program makes the endpoint.
 */

import { instance } from '../../catalog/instances.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { stated } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf, rangeOf } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { folded } from '../endpoint.js'
import { scopeOf } from '../job-in-code.js'
import { claimPool, claimPoolMachine } from '../pool-claims.js'
import { defineReader, type UnitFacts } from '../reader.js'

export const sagemakerScalingReader = defineReader({
  name: 'sagemaker-scaling',
  languages: ['python'],
  triggers: ['register_scalable_target'],
  read(facts, _context, claims) {
    const { python } = facts
    const targets = python?.calls.filter((call) => call.method === 'register_scalable_target') ?? []
    const [call] = targets
    if (python === undefined || call === undefined || targets.length > 1) return
    if (folded(python.argument(call, 'ServiceNamespace')) !== 'sagemaker') return
    const type = machineOf(python)
    if (type === null) return
    const place = calleePlace(call)
    const pool = claimPool(claims, {
      kind: 'scalable target',
      provider: 'aws',
      name: null,
      place,
      scope: scopeOf(call),
      words: [],
      notebook: python.evidence.notebook,
    })
    claimPoolMachine(pool, 'instance_type', stated(claims.origin(place), type))
    pool.known('target', 'ResourceId', 'endpoint', place)
    claimArgument(pool, 'leastReplicas', 'MinCapacity', call, python.argument(call, 'MinCapacity'), {
      convert: asNumber,
    })
    claimArgument(pool, 'mostReplicas', 'MaxCapacity', call, python.argument(call, 'MaxCapacity'), {
      convert: asNumber,
    })
    const action = 'put_scheduled_action'
    if (python.calls.some((one) => one.method === action)) pool.known('schedule', action, action, place)
    const policies = python.calls.filter((one) => one.method === 'put_scaling_policy')
    const [policy] = policies
    if (policy === undefined || policies.length > 1) return
    const tracking = python.argument(policy, 'TargetTrackingScalingPolicyConfiguration')
    if (tracking.state !== 'given') return
    const key = 'ScaleInCooldown'
    const wait = python.entry(python.definition(tracking.expr), key)
    claimArgument(pool, 'idleDelay', key, policy, wait, { convert: asNumber })
  },
  change: changeScaling,
})

/** The only machine that the program deploys endpoints on; null: several, none, or one that cannot be read. */
function machineOf(python: PythonModule): string | null {
  const found = new Set<unknown>()
  for (const call of python.calls) {
    if (call.method === 'deploy') {
      const type = python.argument(call, 'instance_type', 1)
      if (type.state !== 'absent') found.add(folded(type))
    } else if (call.method === 'create_endpoint_config')
      for (const type of variantsOf(python, call)) found.add(type)
  }
  const [only] = found
  return found.size === 1 && typeof only === 'string' && instance(only) !== undefined ? only : null
}

function variantsOf(python: PythonModule, call: Call): unknown[] {
  const variants = python.argument(call, 'ProductionVariants')
  const list = variants.state === 'given' ? python.definition(variants.expr) : null
  if (list === null || list.type !== 'list') return [undefined]
  return list.items.map((one) => folded(python.entry(one, 'InstanceType')))
}

function changeScaling(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  if (call === null) return { reason: 'the call has changed' }
  if (claim.setting !== 'leastReplicas') return byHand(claim)
  return changeOf(`Keep ${value} instance while nobody asks (MinCapacity)`, [
    {
      kind: 'set keyword',
      path: facts.path,
      call: rangeOf(facts, call),
      name: 'MinCapacity',
      value: String(value),
    },
  ])
}
