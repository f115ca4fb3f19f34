/** SageMaker endpoints started from Python: `deploy()` of the SDK and `create_endpoint` of boto3. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { someExpression } from '../../syntax/python-children.js'
import { isLeftOut, passedCall, textArgument } from '../../values/argument.js'
import { CallSource, DictionarySource } from '../../values/call-source.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { pythonLiteral, quoteOf } from '../../values/python-literal.js'
import { below, type Source } from '../../values/source.js'
import { isGiven } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import { ClaimBuilder, type SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimEndpoint, claimMachine, endEndpoint, isNewName } from '../endpoint.js'
import { usesAny } from '../pytorch/library-uses.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimModelByName, claimModelOfEnvironment } from '../served-model.js'
import { settingTable } from '../setting-table.js'
import { isLocal } from './machine.js'
import { parameterDefault } from './parameters.js'
import { claimRegion } from './region.js'

/** Arguments that only SageMaker's `deploy` has. */
const ownArguments =
  /^(initial_instance_count|instance_type|serverless_inference_config|async_inference_config|inference_recommendation_id|endpoint_name|endpoint_type|data_capture_config|inference_config)$/

const deploySettings = settingTable(
  'Serving',
  {
    minReplicas: {
      keys: ['initial_instance_count'],
      position: 0,
      parse: (value) => (value === null ? 1 : asNumber(value)),
      otherwise: 1,
    },
  },
  { defaultOf: parameterDefault },
)

/** From a variant of the configuration down. */
const variantSettings = settingTable('Serving', {
  minReplicas: { keys: ['InitialInstanceCount'], parse: asNumber, otherwise: 1 },
})

const mlflowSettings = settingTable('Serving', {
  minReplicas: { keys: ['instance_count'], parse: asNumber, otherwise: 1 },
})

export const sagemakerEndpointReader = defineReader({
  name: 'sagemaker-endpoint',
  title: 'SageMaker endpoints',
  settings: [deploySettings, variantSettings, mlflowSettings],
  languages: ['python'],
  triggers: ['sagemaker'],
  shares: true,
  read(facts, _context, claims) {
    const { python, fragment } = facts
    if (
      python === undefined ||
      !usesAny(python, [
        'sagemaker.',
        'sagemaker',
        'boto3.client',
        'boto3.',
        'mlflow.sagemaker',
        'mlflow.deployments',
        'mlflow.deployments.',
      ])
    )
      return
    for (const call of python.calls) {
      if (call.method === 'deploy' && !mlflowDeploys.test(call.name ?? '') && isDeploy(call)) {
        const serving = claimEndpoint(python, fragment, claims, call, 'SageMaker')
        if (serving !== null) readDeploy(python, call, serving)
      } else if (
        call.method === 'create_endpoint' &&
        call.expr.args.some((one) => one.name === 'EndpointConfigName')
      )
        readCreation(python, facts, call, claims)
      else readDeployment(python, facts, call, claims)
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

/** What makes a deployment run on no machine of its own; null: nothing does. */
function withoutMachine(python: PythonModule, call: Call): string | null {
  const given = (name: string) => python.argument(call, name)
  if (!isLeftOut(given('serverless_inference_config'))) return 'serverless_inference_config'
  // Version 3 has one argument for all kinds.
  const made = passedCall(python, given('inference_config'))?.method ?? ''
  if (/^(Serverless|BatchTransform)/.test(made)) return 'inference_config'
  return isLocal(textArgument(python.argument(call, 'instance_type', 1)) ?? undefined)
    ? 'instance_type'
    : null
}

function readDeploy(python: PythonModule, call: Call, serving: SubjectBuilder<'Serving'>): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const none = withoutMachine(python, call)
  if (none !== null) {
    serving.known('minReplicas', none, 0, place, { site })
    return
  }
  const type = new CallSource(python, call, serving.locator, { positions: { instance_type: 1 } })
  claimMachine(serving, 'instance_type', type.get('instance_type'))
  deploySettings.claim(serving, deploySettings.argumentsOf(python, call, serving.locator))
  claimRegion(python, serving)
  claimAnew(python, call, 'endpoint_name', serving)
  serving.known('autoscaled', 'register_scalable_target', scales(python), place, { site })
  claimDeployed(python, call, serving)
}

/** The SDK names an endpoint by the time unless it is given a name. */
function claimAnew(python: PythonModule, call: Call, name: string, serving: SubjectBuilder<'Serving'>): void {
  if (call.conditional || call.expr.args.some(({ star }) => star > 0)) return
  const given = python.argument(call, name)
  const place = calleePlace(call)
  if (isLeftOut(given)) serving.known('anew', name, `no \`${name}\` is given`, place)
  else if (given.state === 'given' && isNewName(python, given.expr))
    serving.known('anew', name, `\`${name}\` is a new one`, place)
}

/** `HuggingFaceModel(env={'HF_MODEL_ID': …}).deploy(…)`, `JumpStartModel(model_id=…).deploy(…)`. */
function claimDeployed(python: PythonModule, call: Call, serving: SubjectBuilder<'Serving'>): void {
  const made = call.receiverCall
  if (made === null || !/Model$/.test(made.method)) return
  const source = new CallSource(python, made, serving.locator)
  const id = source.get('model_id')
  if (isGiven(id)) claimModelByName(serving, 'model_id', id)
  else claimModelOfEnvironment(serving, (name) => source.get('env', name))
}

/** The only model that the program creates: `create_model(PrimaryContainer={'Environment': {'HF_MODEL_ID': …}})`. */
function claimCreated(python: PythonModule, serving: SubjectBuilder<'Serving'>): void {
  const models = python.calls.filter((one) => one.method === 'create_model')
  if (models.length !== 1) return
  const source = new CallSource(python, models[0]!, serving.locator)
  const base = isGiven(source.get('PrimaryContainer', 'Environment'))
    ? ['PrimaryContainer']
    : ['Containers', 0]
  claimModelOfEnvironment(serving, (name) => source.get(...base, 'Environment', name))
}

/** `client.create_endpoint(EndpointName=…, EndpointConfigName=…)`; what it runs on stands in the configuration. */
function readCreation(
  python: PythonModule,
  { fragment }: FragmentFacts,
  call: Call,
  claims: ClaimBuilder,
): void {
  const configurations = python.calls.filter((one) => one.method === 'create_endpoint_config')
  if (configurations.length !== 1) return
  const all = new CallSource(python, configurations[0]!, claims)
  // An empty list is filled later.
  const written = (all.lengthOf('ProductionVariants') ?? 0) > 0
  const variant = written ? below(all, 'ProductionVariants', 0) : writtenVariant(python, claims)
  if (variant === null || isGiven(variant.get('ServerlessConfig'))) return
  const serving = claimEndpoint(python, fragment, claims, call, 'SageMaker')
  if (serving === null) return
  claimRegion(python, serving)
  claimAnew(python, call, 'EndpointName', serving)
  claimMachine(serving, 'InstanceType', variant.get('InstanceType'))
  variantSettings.claim(serving, variant)
  serving.known('autoscaled', 'register_scalable_target', scales(python), calleePlace(call))
  claimCreated(python, serving)
}

/**
 * MLflow deploys to SageMaker: `mlflow.sagemaker.deploy(instance_type=…)`, and since version 2 `create_deployment(config={…})` of the
 * client that it has for it. Source: MLflow 2.14, mlflow/sagemaker/__init__.py.
 */
function readDeployment(
  python: PythonModule,
  { fragment }: FragmentFacts,
  call: Call,
  claims: ClaimBuilder,
): void {
  const direct = mlflowDeploys.test(call.name ?? '')
  if (!direct && !(call.method === 'create_deployment' && deploysToSagemaker(python))) return
  const serving = claimEndpoint(python, fragment, claims, call, 'SageMaker')
  if (serving === null) return
  const all = new CallSource(python, call, serving.locator)
  const source = direct ? all : below(all, 'config')
  claimMachine(serving, 'instance_type', source.get('instance_type'))
  mlflowSettings.claim(serving, source)
  claimRegion(python, serving)
  serving.known('autoscaled', 'register_scalable_target', scales(python), calleePlace(call))
}

const mlflowDeploys = /^mlflow\.sagemaker\._?deploy$/

function deploysToSagemaker(python: PythonModule): boolean {
  return python.calls.some(
    (one) =>
      one.method === 'get_deploy_client' &&
      /^sagemaker\b/.test(textArgument(python.argument(one, 'target_uri', 0)) ?? ''),
  )
}

/**
 * The only variant that the program writes down, however it gets into the configuration: appended to a list, in a dictionary that is
 * passed on. Null: there is none, or several.
 */
function writtenVariant(python: PythonModule, claims: ClaimBuilder): Source | null {
  const found: Expr[] = []
  someExpression(python.tree.body, (expr) => {
    if (expr.type === 'dict' && python.entry(expr, 'InstanceType').state === 'given') found.push(expr)
    return found.length > 1
  })
  const [only] = found
  if (only === undefined || found.length > 1) return null
  return new DictionarySource(python, only, claims, { start: only.start, end: only.end })
}

function scales(python: PythonModule): boolean {
  return usesAny(python, ['.register_scalable_target', '.put_scaling_policy', '.put_scheduled_action'])
}

function changeEndpoint(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  if (call === null) return { reason: 'the call has changed' }
  if (claim.setting === 'tornDown' && value === true) {
    if (call.method === 'deploy') return endEndpoint(facts, call, (name) => `${name}.delete_endpoint()`)
    return { reason: 'delete the endpoint by its name when you are done with it' }
  }
  if (
    claim.setting === 'machine' &&
    typeof value === 'string' &&
    claim.key === 'instance_type' &&
    call.method === 'deploy'
  ) {
    const { python } = facts
    if (python === undefined) return byHand(claim)
    const given = python.argument(call, 'instance_type', 1)
    return changeOf(`Use ${value}`, [
      writeArgument(facts, call, 'instance_type', given, pythonLiteral(value, quoteOf(python.text))),
    ])
  }
  if (claim.setting === 'machine' && claim.key === 'InstanceType' && typeof value === 'string') {
    const { python } = facts
    const configuration = python?.calls.find((one) => one.method === 'create_endpoint_config')
    if (python === undefined || configuration === undefined)
      return { reason: 'the configuration has changed' }
    const source = new CallSource(
      python,
      configuration,
      new ClaimBuilder(facts.path, facts.fragment, claim.reader),
    )
    return changeOf(`Use ${value}`, [source.set(['ProductionVariants', 0, 'InstanceType'], value)])
  }
  if (claim.setting === 'minReplicas')
    return {
      reason: 'a scaling policy is a resource of its own: register a scalable target for the endpoint',
    }
  return byHand(claim)
}
