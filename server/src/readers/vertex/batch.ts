/**
 * Batch predictions of Vertex AI: `Model.batch_predict`, `BatchPredictionJob.create`, and requests of the REST interface.
 * They end by themselves, when all is predicted. Source: google-cloud-aiplatform, aiplatform/jobs.py; reference of
 * BatchDedicatedResources (v1): up to ten replicas where nothing is said.
 */

import { at, entry, map, text } from '../../config/access.js'
import type { ConfigDocument } from '../../config/node.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { CallSource } from '../../values/call-source.js'
import { ConfigSource } from '../../values/config-source.js'
import { convert, unreadable } from '../../values/operations.js'
import { calleePlace } from '../../values/places.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { idAt, jobRole, scopeOf } from '../job-in-code.js'
import { defineReader } from '../reader.js'
import { claimMachine, heldBy, jobEvidence, type MachineFields } from './machines.js'
import { machineFields, machineKeys } from './python-fields.js'

/** Arguments that only these calls have. */
const ownArguments =
  /^(instances_format|predictions_format|gcs_destination_prefix|bigquery_destination_prefix|starting_replica_count)$/
const created = /^google\.cloud\.aiplatform\.(jobs\.)?BatchPredictionJob\.create$/

export const vertexBatchReader = defineReader({
  name: 'vertex-batch',
  languages: ['python', 'yaml', 'json'],
  triggers: ['batch_predict', 'BatchPredictionJob', 'dedicatedResources'],
  shares: true,
  read(facts, _context, claims) {
    const { python } = facts
    if (python?.uses('google.cloud.aiplatform', 'google.cloud.aiplatform.', 'vertexai.') === true)
      for (const call of python.calls) if (isBatch(call)) readCall(python, claims, call)
    for (const document of facts.config?.documents ?? []) readRequest(claims, document)
  },
  change: byHand,
})

function isBatch(call: Call): boolean {
  if (created.test(call.name ?? '')) return true
  return (
    call.method === 'batch_predict' &&
    (call.receiver?.startsWith('google.cloud.aiplatform.') === true ||
      call.expr.args.some((one) => ownArguments.test(one.name ?? '')))
  )
}

function readCall(python: PythonModule, claims: ClaimBuilder, call: Call): void {
  const source = new CallSource(python, call, claims)
  // Models of AutoML bring their machines.
  if (source.expression('machine_type') === null) return
  const fields = machineFields(source)
  // What is in a variable may be none.
  if (isGiven(fields.accelerator) && effective(fields.accelerator) === undefined) return
  const place = calleePlace(call)
  claimBatch(claims, {
    job: idAt(claims, 'vertex-batch', place),
    scope: scopeOf(call),
    role: jobRole(python),
    place,
    fields,
    keys: machineKeys,
    least: source.get('starting_replica_count'),
    most: source.get('max_replica_count'),
  })
}

function readRequest(claims: ClaimBuilder, document: ConfigDocument): void {
  const { root } = document
  const resources = entry(root, 'dedicatedResources')
  const batch = ['inputConfig', 'outputConfig', 'model'].every((key) => entry(root, key) !== undefined)
  if (resources === undefined || !batch || map(at(resources.value, 'machineSpec')) === undefined) return
  const place: Place = { start: resources.keyStart, end: resources.keyEnd }
  const keys = ['dedicatedResources']
  const source = new ConfigSource(resources.value, claims, { document: document.index, keys, shown: place })
  claimBatch(claims, {
    job: `${claims.path}#${document.index}:batchPrediction`,
    scope: text(at(root, 'displayName')) ?? 'batchPrediction',
    role: 'job',
    place,
    fields: {
      type: source.text('machineSpec', 'machineType'),
      accelerator: source.text('machineSpec', 'acceleratorType'),
      count: source.number('machineSpec', 'acceleratorCount'),
    },
    keys: { type: 'machineType', accelerator: 'acceleratorType', count: 'acceleratorCount' },
    least: source.number('startingReplicaCount'),
    most: source.number('maxReplicaCount'),
  })
}

interface Batch {
  job: string
  scope: string
  role: Evidence['role']
  place: Place
  fields: MachineFields
  keys: Record<keyof MachineFields, string>
  least: Given<Json>
  most: Given<Json>
}

function claimBatch(claims: ClaimBuilder, batch: Batch): void {
  const { place, fields, keys, most } = batch
  const key = keys.type
  const evidence = jobEvidence(heldBy(fields), batch.role)
  const compute = claims.subject('Compute', place, batch.scope, evidence, batch.job)
  compute.known('provider', key, 'gcp', place)
  compute.known('managedBy', key, 'vertex', place)
  compute.known('choosesCapacity', key, false, place)
  compute.known('trials', key, false, place)
  compute.known('service', key, false, place)
  // The service runs the container of the model, not a program of its own.
  compute.known('sharing', key, 'the container of the model', place)
  compute.unknown('timeLimit', key, 'it ends when all is predicted', place)
  compute.unknown('acceleratorLibrary', key, 'the container of the model', place)
  claimMachine(compute, fields, keys)
  // As many as there is work for, unless there can be no other number of them.
  const least = effective(batch.least)
  const only = convert(most, (count) =>
    typeof count === 'number' && (count === 1 || count === least) ? count : undefined,
  )
  const because = 'as many as there is work for'
  compute.say('nodes', 'max_replica_count', effective(only) === undefined ? unreadable(only, because) : only)
}
