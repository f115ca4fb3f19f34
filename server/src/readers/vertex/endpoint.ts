/** Vertex AI endpoints started from Python. Source: google-cloud-aiplatform 1.70, aiplatform/models.py. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { isLeftOut, passedCall } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { both, convert, orDefault, stated } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { effective, isGiven } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import { ClaimBuilder, type SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimAttached, claimEndpoint, claimMachine, endEndpoint } from '../endpoint.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimModelOfCommand, claimModelOfEnvironment } from '../served-model.js'
import { serverCommand } from '../serving/command.js'
import { settingTable } from '../setting-table.js'
import { pathsBelow, writeMachine } from './machines.js'
import { machineKeys } from './python-fields.js'

/** Arguments that only these `deploy` methods have. */
const ownArguments =
  /^(machine_type|accelerator_type|accelerator_count|deployed_model_display_name|traffic_percentage|traffic_split|min_replica_count|max_replica_count)$/

/** On which a model is deployed where nothing names another (models.py, `_DEFAULT_MACHINE_TYPE`). */
const usualMachine = 'n1-standard-2'

const replicaSettings = settingTable('Serving', {
  minReplicas: { keys: ['min_replica_count'], parse: asNumber, otherwise: 1 },
})

export const vertexEndpointReader = defineReader({
  name: 'vertex-endpoint',
  title: 'Vertex AI endpoints',
  settings: [replicaSettings],
  languages: ['python'],
  triggers: ['aiplatform', 'vertexai', 'ModelDeployOp'],
  shares: true,
  read(facts, _context, claims) {
    const { python, fragment } = facts
    if (python === undefined) return
    for (const call of python.calls)
      if (deployComponent.test(call.name ?? '')) readComponent(python, call, claims)
    if (!python.uses('google.cloud.aiplatform', 'google.cloud.aiplatform.', 'vertexai.')) return
    for (const call of python.calls) {
      if (call.method !== 'deploy' || !isDeploy(python, call)) continue
      const serving = claimEndpoint(python, fragment, claims, call, 'Vertex AI')
      if (serving === null) continue
      serving.known('managedBy', call.method, 'vertex', calleePlace(call))
      claimAnew(python, call, serving)
      readDeploy(python, call, serving)
    }
  },
  change: changeEndpoint,
})

/** The component of pipelines that deploys; what it makes stays when the pipeline is done. */
const deployComponent = /^google_cloud_pipeline_components\..*\bModelDeployOp$/

const dedicated = 'dedicated_resources_'

const componentSettings = settingTable('Serving', {
  minReplicas: { keys: [`${dedicated}min_replica_count`], parse: asNumber, otherwise: 1 },
})

function readComponent(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const source = componentSettings.argumentsOf(python, call, claims)
  const { value: given } = componentSettings.read('minReplicas', source)
  const type = source.get(`${dedicated}machine_type`)
  if (!isGiven(type)) return
  const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  const place = calleePlace(call)
  const serving = claims.subject('Serving', place, call.assignedTo ?? call.method, evidence)
  serving.known('platform', call.method, 'Vertex AI', place)
  serving.known('managedBy', call.method, 'vertex', place)
  serving.known('purpose', call.method, 'deployment', place)
  claimEnding(python, call, serving)
  claimMachine(serving, `${dedicated}machine_type`, type)
  const count = source.get(`${dedicated}accelerator_count`)
  claimAttached(serving, `${dedicated}accelerator_type`, source.get(`${dedicated}accelerator_type`), count)
  componentSettings.claim(serving, source)
  const least = orDefault(given, 1)
  // A ceiling that is not given is the floor.
  const most = convert(source.get(`${dedicated}max_replica_count`), asNumber)
  const scales = orDefault(
    both(most, least, (ceiling, floor) => ceiling > floor),
    false,
  )
  serving.say('autoscaled', `${dedicated}max_replica_count`, scales)
}

/** Where the pipeline makes the endpoint as well, each of its runs makes another, with machines of its own; the program may end it. */
function claimEnding(python: PythonModule, call: Call, serving: SubjectBuilder<'Serving'>): void {
  const place = calleePlace(call)
  if (/undeploy|EndpointDelete|\bendpoint\w*\.delete\(/i.test(python.code)) {
    serving.known('tornDown', call.method, true, place)
    return
  }
  const made = python.calls.find(
    (one) => endpointComponent.test(one.name ?? '') && one.function === call.function && !one.conditional,
  )
  if (made === undefined || call.conditional) return
  serving.known('tornDown', call.method, false, place)
  serving.known('endsBy', 'ModelUndeployOp', 'ModelUndeployOp', place)
  serving.known('anew', made.method, `\`${made.method}\` makes one`, calleePlace(made))
}

const endpointComponent = /^google_cloud_pipeline_components\..*\bEndpointCreateOp$/

function isDeploy(python: PythonModule, call: Call): boolean {
  if (call.receiver?.startsWith('google.cloud.aiplatform.')) return true
  if (makesModel.test(call.receiverCall?.name ?? '')) return true
  if (call.expr.args.some((one) => one.name !== null && ownArguments.test(one.name))) return true
  // `deploy(**options)`, with a dictionary of the program.
  return python.argument(call, 'machine_type').state === 'given'
}

/** `Model.deploy` makes an endpoint of its own unless it is given one. */
function claimAnew(python: PythonModule, call: Call, serving: SubjectBuilder<'Serving'>): void {
  if (call.conditional || call.receiver?.endsWith('.Endpoint') === true) return
  // `Endpoint.deploy(model, …)`
  if (call.expr.args.some(({ name, star }) => star > 0 || name === null || name === 'model')) return
  const endpoint = python.argument(call, 'endpoint', 0)
  if (isLeftOut(endpoint)) serving.known('anew', 'endpoint', 'no `endpoint` is given', calleePlace(call))
  const made = passedCall(python, endpoint)
  if (made?.method === 'create' && !made.conditional && made.function === call.function)
    serving.known('anew', 'Endpoint.create', '`Endpoint.create` makes one', calleePlace(call))
}

const makesModel = /^google\.cloud\.aiplatform\.(\w+\.)?(Model\.upload|Endpoint\.create)$/

function readDeploy(python: PythonModule, call: Call, serving: SubjectBuilder<'Serving'>): void {
  const source = replicaSettings.argumentsOf(python, call, serving.locator)
  const type = source.get('machine_type')
  // Models that the service trains by itself on pictures, texts and videos run on machines of its own.
  const own = /\bAutoML(Image|Text|Video)/.test(python.code)
  claimMachine(serving, 'machine_type', own ? type : orDefault(type, usualMachine))
  const count = source.get('accelerator_count')
  claimAttached(serving, 'accelerator_type', source.get('accelerator_type'), count)
  replicaSettings.claim(serving, source)
  claimUploaded(python, call, serving)
  const least = orDefault(replicaSettings.read('minReplicas', source).value, 1)
  const most = orDefault(convert(source.get('max_replica_count'), asNumber), 1)
  // A ceiling below the floor is raised to it.
  serving.say(
    'autoscaled',
    'max_replica_count',
    both(most, least, (ceiling, floor) => ceiling > floor),
  )
}

/** `Model.upload(serving_container_args=[…], serving_container_environment_variables={'MODEL_ID': …})`. */
function claimUploaded(python: PythonModule, call: Call, serving: SubjectBuilder<'Serving'>): void {
  const uploads = python.calls.filter((one) => one.method === 'upload')
  const handed = passedCall(python, python.argument(call, 'model', 0))
  const made =
    [call.receiverCall, handed].find((one) => one?.method === 'upload') ??
    (uploads.length === 1 ? uploads[0]! : null)
  if (made === null || made === undefined) return
  const source = new CallSource(python, made, serving.locator)
  claimModelOfEnvironment(serving, (name) => source.get('serving_container_environment_variables', name))
  const list = source.get('serving_container_args')
  const words = effective(list)
  const image = effective(source.get('serving_container_image_uri'))
  if (!isGiven(list) || !Array.isArray(words)) return
  const texts = words.map((one) => (typeof one === 'string' ? one : null))
  const command = serverCommand(
    texts.map((text) => ({ text, raw: text ?? '', start: 0, end: 0 })),
    typeof image === 'string' ? image : null,
  )
  if (command?.model?.text != null) claimModelOfCommand(serving, command, stated(list, command.model.text))
}

function changeEndpoint(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call has changed' }
  if (claim.setting === 'tornDown' && value === true) {
    const onEndpoint =
      call.expr.callee.type === 'attribute' &&
      call.expr.callee.value.type === 'name' &&
      /endpoint/i.test(call.expr.callee.value.id)
    if (onEndpoint) return { reason: 'call delete(force=True) of the endpoint when you are done with it' }
    return endEndpoint(facts, call, (name) => `${name}.delete(force=True)`)
  }
  if (claim.setting === 'machine' && typeof value === 'string') {
    const uploads = python.calls.filter((one) => one.method === 'upload')
    const shards = /tensor[-_]parallel[-_]size(?!\W+1\b)/
    if (uploads.some(({ expr }) => shards.test(python.code.slice(expr.start, expr.end))))
      return { reason: `use ${value}, and start as many shards as it has GPUs` }
    const source = new CallSource(python, call, new ClaimBuilder(facts.path, facts.fragment, claim.reader))
    return writeMachine(source, pathsBelow([], machineKeys), value)
  }
  if (claim.setting === 'minReplicas' && typeof value === 'number' && claim.key.startsWith(dedicated)) {
    const set = (name: string, to: number) =>
      writeArgument(facts, call, name, python.argument(call, name), String(to))
    return changeOf(`Scale between 1 and ${value} replicas`, [
      set(`${dedicated}min_replica_count`, 1),
      set(`${dedicated}max_replica_count`, value),
    ])
  }
  if (claim.setting === 'minReplicas' && typeof value === 'number') {
    const set = (name: string, to: number) =>
      writeArgument(facts, call, name, python.argument(call, name), String(to))
    return changeOf(`Scale between 1 and ${value} replicas`, [
      set('min_replica_count', 1),
      set('max_replica_count', value),
    ])
  }
  return byHand(claim)
}
