/**
 * Application Auto Scaling of a SageMaker endpoint from Python (boto3): `register_scalable_target` and `put_scaling_policy`.
 * What a replica holds stands where the same program makes the endpoint.
 */

import { instance } from '../../catalog/instances.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { stated } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { scopeOf } from '../job-in-code.js'
import { claimPool, claimPoolMachine } from '../pool-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'

const targetSettings = settingTable('Scaling', {
  leastReplicas: {
    keys: ['MinCapacity'],
    parse: asNumber,
    write: Number,
    title: (count) => `Keep ${count} instance without traffic (MinCapacity)`,
  },
  mostReplicas: { keys: ['MaxCapacity'], parse: asNumber },
})

const policySettings = settingTable('Scaling', {
  idleDelay: { keys: [['TargetTrackingScalingPolicyConfiguration', 'ScaleInCooldown']], parse: asNumber },
})

export const sagemakerScalingReader = defineReader({
  name: 'sagemaker-scaling',
  title: 'SageMaker endpoints',
  settings: [targetSettings, policySettings],
  languages: ['python'],
  triggers: ['register_scalable_target'],
  shares: true,
  read(facts, _context, claims) {
    const { python } = facts
    const targets = python?.calls.filter((call) => call.method === 'register_scalable_target') ?? []
    const [call] = targets
    if (python === undefined || call === undefined || targets.length > 1) return
    if (knownArgument(python.argument(call, 'ServiceNamespace')) !== 'sagemaker') return
    const type = machineOf(python, claims)
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
    targetSettings.claim(pool, targetSettings.argumentsOf(python, call, claims))
    const made = python.calls.filter(({ method }) => /^(deploy|create_endpoint_config)$/.test(method))
    const queues = ['AsyncInferenceConfig', 'async_inference_config']
    if (made.every((one) => queues.some((key) => mayBePassed(python.argument(one, key)))))
      pool.known('queued', 'AsyncInferenceConfig', true, place)
    const action = 'put_scheduled_action'
    if (python.calls.some((one) => one.method === action)) pool.known('schedule', action, action, place)
    const policies = python.calls.filter((one) => one.method === 'put_scaling_policy')
    const [policy] = policies
    if (policy === undefined || policies.length > 1) return
    policySettings.claim(pool, policySettings.argumentsOf(python, policy, claims))
  },
  change: changeScaling,
})

/** The only machine that the program deploys endpoints on; null: several, none, or one that cannot be read. */
function machineOf(python: PythonModule, claims: ClaimBuilder): string | null {
  const found = new Set<unknown>()
  for (const call of python.calls) {
    if (call.method === 'deploy') {
      const type = python.argument(call, 'instance_type', 1)
      if (mayBePassed(type)) found.add(knownArgument(type))
    } else if (call.method === 'create_endpoint_config') {
      const source = new CallSource(python, call, claims)
      const count = source.lengthOf('ProductionVariants') ?? 1
      for (let index = 0; index < count; index++)
        found.add(effective(source.get('ProductionVariants', index, 'InstanceType')))
    }
  }
  const [only] = found
  return found.size === 1 && typeof only === 'string' && instance(only) !== undefined ? only : null
}

function changeScaling(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  return claimedCall(facts.python, claim.site) === null
    ? { reason: 'the call has changed' }
    : targetSettings.change(claim, value, facts)
}
