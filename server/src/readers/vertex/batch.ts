/**
 * Batch predictions of Vertex AI: `Model.batch_predict`, `BatchPredictionJob.create`, and requests of the REST interface.
 * They end by themselves, when all is predicted. Source: google-cloud-aiplatform, aiplatform/jobs.py; reference of
 * BatchDedicatedResources (v1): up to ten replicas where nothing is said.
 */

import { at, entry, map, number, text } from '../../config/access.js'
import type { ConfigDocument } from '../../config/node.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { nodePlace } from '../config-change.js'
import { idAt, jobRole, scopeOf } from '../job-in-code.js'
import { defineReader } from '../reader.js'
import { foldedValue } from '../search/plain-argument.js'
import { jobEvidence, type MachineSpec, machineHeld } from './machines.js'

/** Arguments that only these calls have. */
const ownArguments =
  /^(instances_format|predictions_format|gcs_destination_prefix|bigquery_destination_prefix|starting_replica_count)$/
const created = /^google\.cloud\.aiplatform\.(jobs\.)?BatchPredictionJob\.create$/

export const vertexBatchReader = defineReader({
  name: 'vertex-batch',
  languages: ['python', 'yaml', 'json'],
  triggers: ['batch_predict', 'BatchPredictionJob', 'dedicatedResources'],
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

const word = (given: ArgumentValue): string | null => {
  const value = given.state === 'absent' ? null : foldedValue(given)
  return typeof value === 'string' ? value : null
}

function readCall(python: PythonModule, claims: ClaimBuilder, call: Call): void {
  const argument = (name: string) => python.argument(call, name)
  const type = argument('machine_type')
  // Models of AutoML bring their machines.
  if (type.state !== 'given') return
  const [accelerator, count] = [argument('accelerator_type'), argument('accelerator_count')]
  // What is in a variable may be none.
  if (accelerator.state !== 'absent' && word(accelerator) === null) return
  const held = count.state === 'absent' ? undefined : foldedValue(count)
  const place = calleePlace(call)
  const machine: MachineSpec = {
    type: word(type),
    accelerator: word(accelerator),
    count: held === undefined ? undefined : typeof held === 'number' ? held : null,
  }
  const [least, most] = ['starting_replica_count', 'max_replica_count'].map((name) => {
    const given = argument(name)
    return given.state === 'absent' ? null : foldedValue(given)
  })
  claimBatch(claims, {
    job: idAt(claims, 'vertex-batch', place),
    scope: scopeOf(call),
    role: jobRole(python),
    place,
    key: 'machine_type',
    machine,
    typePlace: { ...type.span },
    cardPlace: accelerator.state === 'given' ? { ...accelerator.span } : null,
    cardKey: 'accelerator_type',
    nodes: typeof most === 'number' && (most === 1 || most === least) ? most : null,
  })
}

function readRequest(claims: ClaimBuilder, document: ConfigDocument): void {
  const { root } = document
  const resources = entry(root, 'dedicatedResources')
  const batch = ['inputConfig', 'outputConfig', 'model'].every((key) => entry(root, key) !== undefined)
  const spec = at(resources?.value, 'machineSpec')
  if (resources === undefined || !batch || map(spec) === undefined) return
  const [type, card, count] = ['machineType', 'acceleratorType', 'acceleratorCount'].map((key) =>
    at(spec, key),
  )
  const place: Place = { start: resources.keyStart, end: resources.keyEnd }
  const least = number(at(resources.value, 'startingReplicaCount'))
  const most = number(at(resources.value, 'maxReplicaCount'))
  claimBatch(claims, {
    job: `${claims.path}#${document.index}:batchPrediction`,
    scope: text(at(root, 'displayName')) ?? 'batchPrediction',
    role: 'job',
    place,
    key: 'machineType',
    machine: {
      type: text(type) ?? null,
      accelerator: text(card) ?? null,
      count: count === undefined ? undefined : (number(count) ?? null),
    },
    typePlace: type === undefined ? place : nodePlace(type),
    cardPlace: card === undefined ? null : nodePlace(card),
    cardKey: 'acceleratorType',
    nodes: most !== undefined && (most === 1 || most === least) ? most : null,
  })
}

interface Batch {
  job: string
  scope: string
  role: Evidence['role']
  place: Place
  key: string
  machine: MachineSpec
  typePlace: Place
  cardPlace: Place | null
  cardKey: string
  /** Null: as many as there is work for. */
  nodes: number | null
}

function claimBatch(claims: ClaimBuilder, batch: Batch): void {
  const { place, key, machine, typePlace, cardPlace, cardKey, nodes } = batch
  const held = machineHeld(machine)
  const evidence = jobEvidence(held, batch.role)
  const compute: SubjectBuilder<'Compute'> = claims.subject(
    'Compute',
    place,
    batch.scope,
    evidence,
    batch.job,
  )
  compute.known('provider', key, 'gcp', place)
  compute.known('managedBy', key, 'vertex', place)
  compute.known('choosesCapacity', key, false, place)
  compute.known('trials', key, false, place)
  compute.known('service', key, false, place)
  // The service runs the container of the model, not a program of its own.
  compute.known('sharing', key, 'the container of the model', place)
  compute.unknown('timeLimit', key, 'it ends when all is predicted', place)
  compute.unknown('acceleratorLibrary', key, 'the container of the model', place)
  if (machine.type !== null) compute.known('instanceType', key, machine.type, typePlace)
  if (held.gpus === null) compute.unknown('gpus', cardKey, 'not readable', cardPlace ?? typePlace)
  else compute.known('gpus', cardKey, held.gpus, cardPlace ?? typePlace)
  if (held.model !== null) compute.known('gpuModel', cardKey, held.model, cardPlace ?? typePlace)
  if (held.cpus !== null) compute.known('cpus', key, held.cpus, typePlace)
  if (nodes === null) compute.unknown('nodes', 'max_replica_count', 'as many as there is work for', place)
  else compute.known('nodes', 'max_replica_count', nodes, place)
}
