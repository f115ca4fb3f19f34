/**
 * Custom jobs of Vertex AI in YAML and JSON: the configuration of `gcloud ai custom-jobs create --config`, and requests
 * of the REST interface. Source: reference of CustomJobSpec, WorkerPoolSpec and Scheduling (v1).
 */
import { at, entry, items, map, number, text, written } from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { type Keys, keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { claimContainer } from '../kubernetes/containers.js'
import { defineReader, type ReaderContext, type UnitFacts } from '../reader.js'
import { claimVertexService, jobEvidence, type MachineSpec, machineHeld, sameMachines } from './machines.js'

export const vertexJobReader = defineReader({
  name: 'vertex-job',
  languages: ['yaml', 'json'],
  triggers: ['workerPoolSpecs'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) readJob(claims, context, document)
  },
  change: changeJob,
})

/** Keys from the top of the document to the specification of the job. */
const places: Keys[] = [[], ['jobSpec'], ['customJobSpec'], ['trialJobSpec'], ['spec']]

function readJob(claims: ClaimBuilder, context: ReaderContext, document: ConfigDocument): void {
  const root = map(document.root)
  if (root === undefined) return
  for (const keys of places) {
    const spec = map(at(root, ...keys))
    const pools = entry(spec, 'workerPoolSpecs')
    if (spec !== undefined && pools !== undefined) {
      readSpec(claims, context, document, spec, keys)
      return
    }
  }
}

interface Pool {
  node: ConfigNode
  keys: Keys
  machine: MachineSpec & {
    place: Place | null
    typeNode: ConfigNode | undefined
    cardNode: ConfigNode | undefined
  }
  replicas: number | null
}

function poolsOf(spec: ConfigMap, keys: Keys): Pool[] {
  const value = entry(spec, 'workerPoolSpecs')!.value
  // gcloud takes a single pool as a map as well.
  const all: [ConfigNode, Keys][] =
    value.kind === 'map'
      ? [[value, [...keys, 'workerPoolSpecs']]]
      : items(value).map((node, index): [ConfigNode, Keys] => [node, [...keys, 'workerPoolSpecs', index]])
  return all.flatMap(([node, path]): Pool[] => {
    const machine = at(node, 'machineSpec')
    if (machine === undefined) return []
    const count = entry(machine, 'acceleratorCount')
    const typeNode = at(machine, 'machineType')
    const replicas = at(node, 'replicaCount')
    return [
      {
        node,
        keys: path,
        machine: {
          type: text(typeNode) ?? null,
          accelerator: text(at(machine, 'acceleratorType')) ?? null,
          cardNode: at(machine, 'acceleratorType'),
          count: count === undefined ? undefined : (number(count.value) ?? null),
          place: count === undefined ? null : { start: count.keyStart, end: count.value.end },
          typeNode,
        },
        replicas: replicas === undefined ? 1 : (number(replicas) ?? null),
      },
    ]
  })
}

function readSpec(
  claims: ClaimBuilder,
  context: ReaderContext,
  document: ConfigDocument,
  spec: ConfigMap,
  keys: Keys,
): void {
  const pools = poolsOf(spec, keys)
  const [first] = pools
  if (first === undefined) return
  const said = entry(spec, 'workerPoolSpecs')!
  const place = keyedPlace({ start: said.keyStart, end: said.keyEnd }, document.index, keys)
  const held = machineHeld(first.machine)
  const name = text(at(document.root, 'displayName'))
  const id = `${claims.path}#${document.index}:customJob`
  const compute = claims.subject('Compute', place, name ?? 'customJob', jobEvidence(held), id)
  if (name !== undefined)
    compute.known('name', 'displayName', name, nodePlace(at(document.root, 'displayName')!))
  claimVertexService(compute, 'workerPoolSpecs', place, keys[0] === 'trialJobSpec')
  const same = sameMachines(pools.map((one) => one.machine))
  claimMachine(compute, first, held, document.index)
  const nodes = pools.reduce<number | null>(
    (sum, one) => (sum === null || one.replicas === null ? null : sum + one.replicas),
    0,
  )
  claimReplicas(compute, first, pools.length, nodes, document.index, place)
  claimScheduling(compute, spec, keys, document.index, place)
  pools.forEach((pool, index) => {
    const container = entry(pool.node, 'containerSpec')
    if (container === undefined) return
    claimContainer(claims, context, asContainer(container.value), id, `${id}:${index}`, nodes)
  })
  // The service tells each replica what it is by CLUSTER_SPEC and TF_CONFIG.
  const sharing =
    !same || pools.length > 1 ? 'worker pools that differ' : nodes === 1 ? null : 'variables of the service'
  if (sharing !== null) compute.known('sharing', 'workerPoolSpecs', sharing, place)
}

/** The container as Kubernetes writes one, so that one reading serves both. */
function asContainer(node: ConfigNode): ConfigNode {
  if (node.kind !== 'map') return node
  const image = entry(node, 'imageUri')
  return image === undefined ? node : { ...node, entries: [...node.entries, { ...image, key: 'image' }] }
}

function claimMachine(
  compute: SubjectBuilder<'Compute'>,
  { machine, keys }: Pool,
  held: ReturnType<typeof machineHeld>,
  document: number,
): void {
  const { typeNode } = machine
  const type = typeNode === undefined ? null : nodePlace(typeNode)
  if (type !== null && machine.type !== null) {
    const site = keyedPlace(type, document, [...keys, 'machineSpec', 'machineType'])
    compute.known('instanceType', 'machineType', machine.type, type, { site })
  }
  const place = machine.place ?? type
  if (place === null) return
  const own = machine.place !== null
  const key = own ? 'acceleratorCount' : 'machineType'
  const site = keyedPlace(place, document, [...keys, 'machineSpec', key])
  if (held.gpus === null) compute.unknown('gpus', key, 'a number that is not readable', place, { site })
  else compute.known('gpus', key, held.gpus, place, { site })
  const { cardNode } = machine
  const card = cardNode === undefined ? place : nodePlace(cardNode)
  if (held.model !== null) compute.known('gpuModel', 'acceleratorType', held.model, card)
  if (held.cpus !== null) compute.known('cpus', 'machineType', held.cpus, place)
}

function claimReplicas(
  compute: SubjectBuilder<'Compute'>,
  first: Pool,
  pools: number,
  nodes: number | null,
  document: number,
  place: Place,
): void {
  const node = at(first.node, 'replicaCount')
  const shown = node === undefined || pools > 1 ? place : nodePlace(node)
  const site = keyedPlace(shown, document, [...first.keys, 'replicaCount'])
  if (nodes === null)
    compute.unknown('nodes', 'replicaCount', 'a number that is not readable', shown, { site })
  else if (node === undefined) compute.default('nodes', 'replicaCount', nodes, shown, { site })
  else compute.known('nodes', 'replicaCount', nodes, shown, { site })
}

/** Seven days, unless `scheduling.timeout` says otherwise. */
const week = 7 * 86_400

function claimScheduling(
  compute: SubjectBuilder<'Compute'>,
  spec: ConfigMap,
  keys: Keys,
  document: number,
  place: Place,
): void {
  const scheduling = at(spec, 'scheduling')
  const timeout = at(scheduling, 'timeout')
  const timeoutSite = keyedPlace(place, document, [...keys, 'scheduling', 'timeout'])
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(written(timeout) ?? '')?.[1]
  if (timeout === undefined)
    compute.default('timeLimit', 'scheduling.timeout', week, place, { site: timeoutSite })
  else if (seconds === undefined)
    compute.unknown('timeLimit', 'scheduling.timeout', 'a time that is not readable', nodePlace(timeout))
  else
    compute.known('timeLimit', 'scheduling.timeout', Number(seconds), nodePlace(timeout), {
      site: timeoutSite,
    })
  const found = entry(scheduling, 'strategy')
  const shown = found === undefined ? place : { start: found.keyStart, end: found.value.end }
  const site = keyedPlace(shown, document, [...keys, 'scheduling', 'strategy'])
  const strategy = text(found?.value)
  // Capacity that the queue gives out is cheaper already, and not taken away.
  compute.known('reserved', 'scheduling.strategy', strategy === 'FLEX_START', shown)
  if (found === undefined) compute.default('spot', 'scheduling.strategy', false, place, { site })
  else if (strategy === undefined)
    compute.unknown('spot', 'scheduling.strategy', 'not readable', shown, { site })
  else compute.known('spot', 'scheduling.strategy', /^(SPOT|LOW_COST)$/.test(strategy), shown, { site })
}

function changeJob(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined) return { reason: 'the file has changed' }
  switch (claim.setting) {
    case 'spot': {
      const base = keys.slice(0, -1)
      return writeKeys(
        claim,
        facts,
        'Run on spot capacity: scheduling.strategy: SPOT, started again when it is taken',
        [
          { keys, value: value === true ? 'SPOT' : 'STANDARD' },
          { keys: [...base, 'restartJobOnWorkerRestart'], value: true },
        ],
      )
    }
    case 'gpus':
      return keys.at(-1) === 'acceleratorCount'
        ? writeKeys(claim, facts, `Ask for ${value} GPU: acceleratorCount: ${value}`, [
            { keys, value: Number(value) },
          ])
        : { reason: 'the machine brings its accelerators' }
    case 'nodes':
      return writeKeys(claim, facts, `Run it on ${value} machine: replicaCount: ${value}`, [
        { keys, value: Number(value) },
      ])
    case 'instanceType': {
      const root = facts.config?.documents[claim.site.document ?? 0]?.root
      if (at(root, ...keys.slice(0, -1), 'acceleratorType') !== undefined)
        return { reason: 'accelerators are attached to the machine, which other types do not take' }
      return writeKeys(claim, facts, `Use ${value}`, [{ keys, value: String(value) }])
    }
    case 'timeLimit':
      return writeKeys(claim, facts, `End the job after ${Number(value) / 3600} hours`, [
        { keys, value: `${value}s` },
      ])
    default:
      return byHand(claim)
  }
}
