/** SageMaker endpoints started from Python: `deploy()` of the SDK and `create_endpoint` of boto3. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { claimEndpoint, claimMachine, endEndpoint, folded } from '../endpoint.js'
import { usesAny } from '../pytorch/once.js'
import { defineReader, type UnitFacts } from '../reader.js'

/** Arguments that only SageMaker's `deploy` has. */
const ownArguments =
  /^(initial_instance_count|instance_type|serverless_inference_config|async_inference_config|inference_recommendation_id|endpoint_name|endpoint_type|data_capture_config|inference_config)$/

export const sagemakerEndpointReader = defineReader({
  name: 'sagemaker-endpoint',
  languages: ['python'],
  triggers: ['sagemaker'],
  read(facts, _context, claims) {
    const { python, unit } = facts
    if (python === undefined || !usesAny(python, ['sagemaker.', 'sagemaker', 'boto3.client'])) return
    for (const call of python.calls) {
      if (call.method === 'deploy' && isDeploy(call)) {
        const serving = claimEndpoint(python, unit, claims, call, 'SageMaker')
        if (serving !== null) readDeploy(python, call, serving)
      } else if (
        call.method === 'create_endpoint' &&
        call.expr.args.some((one) => one.name === 'EndpointConfigName')
      )
        readCreation(python, facts, call, claims)
    }
  },
  change: changeEndpoint,
})

function isDeploy(call: Call): boolean {
  if (call.receiver?.startsWith('sagemaker.')) return true
  const { args } = call.expr
  if (args.some((one) => one.name !== null && ownArguments.test(one.name))) return true
  // `deploy(1, 'ml.m5.xlarge')`
  const second = args[1]?.value
  return second?.type === 'constant' && typeof second.value === 'string' && second.value.startsWith('ml.')
}

const local = /^local(_gpu)?$/

function readDeploy(python: PythonModule, call: Call, serving: SubjectBuilder<'Serving'>): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const serverless = python.argument(call, 'serverless_inference_config')
  const type = python.argument(call, 'instance_type', 1)
  const name = folded(type)
  if (serverless.state !== 'absent' && folded(serverless) !== null) {
    serving.known('minReplicas', 'serverless_inference_config', 0, place, { site })
    return
  }
  // Version 3 has one argument for all kinds.
  const kind = python.argument(call, 'inference_config')
  const made = kind.state === 'given' ? python.callOf(kind.expr)?.method : undefined
  if (made !== undefined && /^(Serverless|BatchTransform)/.test(made)) {
    serving.known('minReplicas', 'inference_config', 0, place, { site })
    return
  }
  if (typeof name === 'string' && local.test(name)) {
    serving.known('minReplicas', 'instance_type', 0, place, { site })
    return
  }
  claimMachine(serving, call, 'instance_type', type)
  const count = python.argument(call, 'initial_instance_count', 0)
  claimArgument(serving, 'minReplicas', 'initial_instance_count', call, count, {
    convert: (value) => (value === null ? 1 : asNumber(value)),
    otherwise: 1,
  })
  serving.known('autoscaled', 'register_scalable_target', scales(python), place, { site })
}

/** `client.create_endpoint(EndpointName=…, EndpointConfigName=…)`; what it runs on stands in the configuration. */
function readCreation(python: PythonModule, { unit }: UnitFacts, call: Call, claims: ClaimBuilder): void {
  const configurations = python.calls.filter((one) => one.method === 'create_endpoint_config')
  if (configurations.length !== 1) return
  const variants = python.argument(configurations[0]!, 'ProductionVariants')
  if (variants.state !== 'given') return
  const list = python.definition(variants.expr)
  const first = list.type === 'list' ? list.items[0] : undefined
  if (first === undefined || python.entry(first, 'ServerlessConfig').state !== 'absent') return
  const serving = claimEndpoint(python, unit, claims, call, 'SageMaker')
  if (serving === null) return
  claimMachine(serving, call, 'InstanceType', python.entry(first, 'InstanceType'))
  const count = python.entry(first, 'InitialInstanceCount')
  claimArgument(serving, 'minReplicas', 'InitialInstanceCount', call, count, {
    convert: asNumber,
    otherwise: 1,
  })
  serving.known('autoscaled', 'register_scalable_target', scales(python), calleePlace(call))
}

function scales(python: PythonModule): boolean {
  return usesAny(python, ['.register_scalable_target', '.put_scaling_policy', '.put_scheduled_action'])
}

function changeEndpoint(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  if (call === null) return { reason: 'the call has changed' }
  if (claim.setting === 'tornDown' && value === true) {
    if (call.method === 'deploy') return endEndpoint(facts, call, (name) => `${name}.delete_endpoint()`)
    return { reason: 'delete the endpoint by its name where you are done with it' }
  }
  if (claim.setting === 'minReplicas')
    return {
      reason: 'a scaling policy is a resource of its own: register a scalable target for the endpoint',
    }
  return byHand(claim)
}
