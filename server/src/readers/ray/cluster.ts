/**
 * Clusters that `ray up` starts: pools of worker machines, and the job that commands send to them. Source: ray,
 * autoscaler/ray-schema.json and the providers' defaults.yaml: no worker at least, taken away after five idle minutes; the
 * oldest form has one kind of worker, at the top.
 */
import { gpu } from '../../catalog/gpus.js'
import { at, entry, isUnknown, items, map, number, text } from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { clusterJob } from '../../link/clusters.js'
import type { Json } from '../../text/json.js'
import { ConfigSource, nodeValue } from '../../values/config-source.js'
import { convert, firstGiven, orDefault, orUnknown, readAs, stated } from '../../values/operations.js'
import { asQuotedNumber, asText } from '../../values/parse.js'
import type { Locator } from '../../values/source.js'
import type { Value } from '../../values/value.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { type Keys, keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { acceleratorModel, acceleratorsInType, claimType } from '../machine-claims.js'
import { claimFixed, claimPool, claimPoolMachine, type Pool } from '../pool-claims.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { claimSetUpPhase } from '../shell/job-operations.js'
import { claimShellLaunch, launchesOf } from '../shell/launches.js'

const idleKey = 'idle_timeout_minutes'
const defaultIdle = 5 * 60

type Provider = 'aws' | 'gcp' | 'azure'

const clusterSettings = settingTable('Scaling', {
  idleDelay: {
    keys: [idleKey],
    parse: (value) => {
      const minutes = asQuotedNumber(value)
      return minutes === undefined ? undefined : minutes * 60
    },
    otherwise: defaultIdle,
  },
})

export const rayClusterReader = defineReader({
  name: 'ray-cluster',
  title: 'Ray clusters',
  settings: [clusterSettings],
  languages: ['yaml'],
  triggers: ['available_node_types', 'worker_nodes'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      readCluster(claims, context, document)
      claimStarted(claims, context, document)
    }
  },
  change: changeCluster,
})

/** Programs among the commands that a machine runs once it is there. */
function claimStarted(claims: ClaimBuilder, context: ReaderContext, { root }: ConfigDocument): void {
  for (const key of ['head_setup_commands', 'setup_commands', 'head_start_ray_commands']) {
    items(at(root, key)).forEach((node, index) => {
      const script = text(node)
      if (script === undefined) return
      const place: Place = { start: node.start, end: node.end }
      launchesOf(context.shell(script).commands, () => claims.locate(place)).forEach((launch, count) => {
        const id = `${claims.path}#ray:${key}:${index}:${count}`
        claimShellLaunch(claims, launch, { job: null, id, place, folder: null })
      })
    })
  }
}

interface NodeType {
  name: string
  place: Place
  /** Where its sizes stand, and where its machine is described. */
  sizes: { node: ConfigNode; keys: Keys }
  machine: { node: ConfigNode | undefined; keys: Keys }
}

function readCluster(claims: ClaimBuilder, context: ReaderContext, document: ConfigDocument): void {
  const root = map(document.root)
  const provider = text(at(root, 'provider', 'type'))
  if (root === undefined || (provider !== 'aws' && provider !== 'gcp' && provider !== 'azure')) return
  const region = text(at(root, 'provider', provider === 'azure' ? 'location' : 'region'))
  const workers = workersOf(root, document.index)
  claimOwnJob(claims, root, { provider, region, workers, document: document.index })
  const head = headOf(root, document.index)
  if (head !== null) claimHead(claims, provider, region, head, document.index)
  const [most] = [...(head === null ? [] : [head]), ...workers]
    .map((one) => heldBy(claims, provider, one, document.index))
    .sort((a, b) => b.gpus - a.gpus)
  if (most !== undefined && most.gpus > 0) claimSetUp(claims, context, root, most)
  let first = true
  for (const type of workers) {
    const pool = claimPool(claims, {
      kind: 'node type',
      provider,
      name: type.name,
      place: type.place,
      scope: type.name,
      words: [type.name, text(at(root, 'cluster_name')) ?? ''],
      ...(region === undefined ? {} : { region }),
    })
    const accelerated = claimMachine(pool, provider, type, document.index)
    claimSizes(pool, root, type, document.index)
    claimCapacity(pool, provider, type, document.index)
    // One delay holds for all of them; it is spoken of once.
    if (accelerated && first) {
      first = false
      claimIdle(pool, root, type.place, document.index)
    }
  }
}

interface OwnJob {
  provider: Provider
  region: string | undefined
  workers: NodeType[]
  document: number
}

/** What commands send to the cluster runs on its machines: the head, and workers like it that are always there. */
function claimOwnJob(
  claims: ClaimBuilder,
  root: ConfigMap,
  { provider, region, workers, document }: OwnJob,
): void {
  const head = headOf(root, document)
  if (head === null) return
  const gpusOf = (one: NodeType) => heldBy(claims, provider, one, document).gpus
  if (gpusOf(head) === 0) {
    // One worker that is always there; others come only when something asks for their accelerators.
    const accelerated = workers.filter((one) => gpusOf(one) > 0)
    const [only] = accelerated
    const isOne = (key: string): boolean => number(at(only?.sizes.node, key)) === 1
    if (only === undefined || accelerated.length > 1 || !isOne('min_workers') || !isOne('max_workers')) return
    claimJobOn(claims, only, 1, { provider, region, workers, document })
    return
  }
  const type = machineOf(claims, provider, head, document)
  const always = workers.map((one) => {
    const least = at(one.sizes.node, 'min_workers')
    const count = least === undefined ? 0 : number(least)
    const same = effective(machineOf(claims, provider, one, document)) === effective(type)
    return count === undefined || (count > 0 && !same) ? Number.NaN : count
  })
  const nodes = always.reduce((sum, count) => sum + count, 1)
  if (!Number.isNaN(nodes)) claimJobOn(claims, head, nodes, { provider, region, workers, document })
}

/** The machines that what is sent to the cluster has. */
function claimJobOn(
  claims: ClaimBuilder,
  node: NodeType,
  nodes: number,
  { provider, region, document }: OwnJob,
): void {
  const { place } = node
  const evidence: Evidence = { role: 'job', accelerator: 'gpu', small: null, notebook: false }
  const compute = claims.subject('Compute', place, node.name, evidence, clusterJob(claims.path))
  compute.known('provider', 'provider', provider, place)
  if (region !== undefined) compute.known('region', 'region', region, place)
  compute.known('service', 'head_node_type', false, place)
  compute.known('nodes', 'min_workers', nodes, place)
  claimNode(compute, provider, node, document)
}

/** Its type, and what is attached to it. */
function claimNode(
  compute: SubjectBuilder<'Compute'>,
  provider: Provider,
  node: NodeType,
  document: number,
): void {
  const type = machineOf(compute.locator, provider, node, document)
  const attached = attachedTo(compute.locator, provider, node)
  const key = machineKeys[provider].at(-1)!
  if (attached === null) {
    claimType(compute, key, type)
    return
  }
  compute.say('instanceType', key, type)
  compute.say('gpus', 'guestAccelerators', attached.count)
  if (attached.model !== null) compute.say('gpuModel', 'guestAccelerators', attached.model)
}

/** The delay after which idle machines go is that of workers: the head stays until somebody takes the cluster down. */
function claimHead(
  claims: ClaimBuilder,
  provider: Provider,
  region: string | undefined,
  head: NodeType,
  document: number,
): void {
  if (heldBy(claims, provider, head, document).gpus === 0) return
  // Accelerators may be attached to a machine whose type is not given.
  const type = at(head.machine.node, ...machineKeys[provider])
  const place: Place = type === undefined ? head.place : { start: type.start, end: type.end }
  const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  const compute = claims.subject('Compute', place, head.name, evidence, `${claims.path}#cluster head`)
  compute.known('provider', 'provider', provider, place)
  compute.known('interactive', 'head_node_type', false, place)
  compute.known('service', 'head_node_type', true, place)
  if (region !== undefined) compute.known('region', 'region', region, place)
  claimNode(compute, provider, head, document)
  compute.default('idleStop', 'ray down', null, place)
}

/** What each machine runs before it joins the cluster. */
function claimSetUp(claims: ClaimBuilder, context: ReaderContext, root: ConfigMap, held: Held): void {
  const lists = ['setup_commands', 'head_setup_commands', 'worker_setup_commands'].flatMap(
    (key) => entry(root, key) ?? [],
  )
  const [first] = lists
  if (first === undefined) return
  const commands = lists.flatMap(({ value }) => items(value)).map((one) => text(one) ?? '')
  const evidence: Evidence = { role: 'job', accelerator: 'gpu', small: null, notebook: false }
  const machine = { holder: 'each machine', ...held, evidence }
  claimSetUpPhase(claims, context.shell(commands.join('\n')), machine, () => ({
    start: first.keyStart,
    end: first.keyEnd,
  }))
}

interface Held {
  gpus: number
  model: string | null
}

/** Accelerators of one machine, as far as they are known. */
function heldBy(claims: ClaimBuilder, provider: Provider, node: NodeType, document: number): Held {
  const attached = attachedTo(claims, provider, node)
  const type = effective(machineOf(claims, provider, node, document)) ?? ''
  const gpus = attached === null ? acceleratorsInType(type) : effective(attached.count)
  const model = attached === null ? acceleratorModel(type) : effective(attached.model ?? undefined)
  return { gpus: gpus ?? 0, model: model ?? null }
}

/** The head stays for as long as the cluster does; only the others come and go. */
function workersOf(root: ConfigMap, document: number): NodeType[] {
  if (map(at(root, 'available_node_types')) !== undefined) {
    const head = text(at(root, 'head_node_type'))
    return namedTypes(root, document).filter(({ name }) => name !== head)
  }
  const single = entry(root, 'worker_nodes')
  if (single === undefined || (map(single.value)?.entries.length ?? 0) === 0) return []
  return [
    {
      name: 'worker_nodes',
      place: keyedPlace({ start: single.keyStart, end: single.keyEnd }, document, ['worker_nodes']),
      sizes: { node: root, keys: [] },
      machine: { node: single.value, keys: ['worker_nodes'] },
    },
  ]
}

function namedTypes(root: ConfigMap, document: number): NodeType[] {
  return (map(at(root, 'available_node_types'))?.entries ?? []).flatMap((one) => {
    if (map(one.value) === undefined) return []
    const keys = ['available_node_types', one.key]
    return {
      name: one.key,
      place: keyedPlace({ start: one.keyStart, end: one.keyEnd }, document, keys),
      sizes: { node: one.value, keys },
      machine: { node: at(one.value, 'node_config'), keys: [...keys, 'node_config'] },
    }
  })
}

/** The machine that every cluster has; null: it is not described here. */
function headOf(root: ConfigMap, document: number): NodeType | null {
  const name = text(at(root, 'head_node_type'))
  const single = entry(root, 'head_node')
  if (name !== undefined || single === undefined)
    return namedTypes(root, document).find((one) => one.name === name) ?? null
  return {
    name: 'head_node',
    place: keyedPlace({ start: single.keyStart, end: single.keyEnd }, document, ['head_node']),
    sizes: { node: root, keys: [] },
    machine: { node: single.value, keys: ['head_node'] },
  }
}

/** Where each provider is told the type of a machine. */
const machineKeys: Record<Provider, string[]> = {
  aws: ['InstanceType'],
  gcp: ['machineType'],
  azure: ['azure_arm_parameters', 'vmSize'],
}

/** The type of a machine, as it is written. */
function machineOf(
  locator: Locator,
  provider: Provider,
  { machine, place }: NodeType,
  document: number,
): Value<string> {
  const path = machineKeys[provider]
  const shown = keyedPlace(place, document, [...machine.keys, ...path])
  const given = nodeValue(at(machine.node, ...path), place, locator, { site: shown })
  return orUnknown(convert(given, asText), 'a machine that is chosen elsewhere')
}

/** False: it has no accelerators, as far as is known. */
function claimMachine(pool: Pool, provider: Provider, type: NodeType, document: number): boolean {
  const named = machineOf(pool.locator, provider, type, document)
  const held = claimPoolMachine(pool, machineKeys[provider].at(-1)!, named)
  const attached = attachedTo(pool.locator, provider, type)
  if (attached === null) return held
  pool.say('gpus', 'guestAccelerators', attached.count)
  if (attached.model !== null) pool.say('gpuModel', 'guestAccelerators', attached.model)
  return (effective(attached.count) ?? 0) > 0
}

/** Accelerators beside the type of a machine; null: the type tells all. `model` null: a kind that the catalogue does not know. */
function attachedTo(
  locator: Locator,
  provider: Provider,
  { machine }: NodeType,
): { count: Value<number>; model: Value<string> | null } | null {
  const node = provider === 'gcp' ? at(machine.node, 'guestAccelerators', 0) : undefined
  if (node === undefined) return null
  const origin = locator.origin(nodePlace(node))
  const count = number(at(node, 'acceleratorCount')) ?? null
  // A name, or the address of a type: `projects/p/zones/z/acceleratorTypes/nvidia-tesla-t4`.
  const model = gpu(text(at(node, 'acceleratorType'))?.split('/').at(-1) ?? '')
  return {
    count: readAs(origin, count, 'a number that is not readable'),
    model: model === undefined ? null : stated(origin, model.name),
  }
}

function claimSizes(pool: Pool, root: ConfigMap, { sizes, place }: NodeType, document: number): void {
  const size = (key: string) => {
    const site = keyedPlace(place, document, [...sizes.keys, key])
    return convert(nodeValue(at(sizes.node, key), place, pool.locator, { site }), asQuotedNumber)
  }
  const whole = convert(nodeValue(at(root, 'max_workers'), place, pool.locator), asQuotedNumber)
  const [least, most] = [orDefault(size('min_workers'), 0), firstGiven(size('max_workers'), whole)]
  // What never changes its size is made for one job as often as not, and taken down with it.
  const fixed = effective(least) !== undefined && effective(least) === effective(most)
  pool.say('minimum', 'min_workers', fixed ? { ...least, overridable: true } : least)
  pool.say('maximum', 'max_workers', most)
  claimFixed(pool, 'max_workers', least, most)
}

function claimIdle(pool: Pool, root: ConfigMap, place: Place, document: number): void {
  const source = new ConfigSource(root, pool.locator, { document, keys: [], shown: place, withKey: true })
  clusterSettings.claim(pool, source)
}

/** Where each provider is asked for spot machines. */
const spotKeys: Record<Provider, Keys> = {
  aws: ['InstanceMarketOptions', 'MarketType'],
  gcp: ['scheduling'],
  azure: ['azure_arm_parameters', 'priority'],
}

function claimCapacity(pool: Pool, provider: Provider, { machine, place }: NodeType, document: number): void {
  const path = spotKeys[provider]
  const site = keyedPlace(place, document, [...machine.keys, ...path])
  const key = path.at(-1) as string
  const node = at(machine.node, ...path)
  if (machine.node === undefined || isUnknown(node)) {
    pool.unknown('capacity', key, 'template', place, { site })
    return
  }
  const reserved =
    at(machine.node, 'CapacityReservationSpecification') ?? at(machine.node, 'reservationAffinity')
  if (reserved !== undefined) pool.known('capacity', 'reservation', 'reserved', nodePlace(reserved))
  else if (node === undefined) pool.default('capacity', key, 'on-demand', place, { site })
  else {
    const spot =
      provider === 'gcp'
        ? (node.kind === 'list' ? items(node) : [node]).some(isPreemptible)
        : /^spot$/i.test(text(node) ?? '')
    pool.known('capacity', key, spot ? 'spot' : 'on-demand', nodePlace(node), { site })
  }
}

function isPreemptible(node: ConfigNode): boolean {
  const preemptible = at(node, 'preemptible')
  return (
    (preemptible?.kind === 'scalar' && preemptible.value === true) ||
    /^spot$/i.test(text(at(node, 'provisioningModel')) ?? '')
  )
}

function changeCluster(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined) return byHand(claim)
  const set = (title: string, path: Keys, to: Json, after?: string) =>
    writeKeys(claim, facts, title, [{ keys: path, value: to, ...(after === undefined ? {} : { after }) }])
  switch (claim.setting) {
    case 'minimum':
      return set(`Scale down to ${value} machines: min_workers: ${value}`, keys, Number(value))
    case 'idleDelay': {
      const minutes = Math.round(Number(value) / 60)
      return set(`Release machines after ${minutes} idle minutes: ${idleKey}: ${minutes}`, keys, minutes)
    }
    case 'capacity':
      if (value !== 'spot') return byHand(claim)
      if (keys.at(-1) === 'MarketType')
        return set(
          'Buy spot machines: InstanceMarketOptions',
          keys.slice(0, -1),
          { MarketType: 'spot' },
          'InstanceType',
        )
      if (keys.at(-1) === 'priority') return set('Buy spot machines: priority: Spot', keys, 'Spot', 'vmSize')
      return claim.state === 'default'
        ? set('Buy preemptible machines: scheduling', keys, [{ preemptible: true }])
        : { reason: 'add `- preemptible: true` to the list of `scheduling`' }
    case 'instanceType':
      return set(`Take ${value}: ${keys.at(-1)}: ${value}`, keys, String(value))
    default:
      return byHand(claim)
  }
}
