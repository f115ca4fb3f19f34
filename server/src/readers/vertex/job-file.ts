/**
 * Custom jobs of Vertex AI in YAML and JSON: the configuration of `gcloud ai custom-jobs create --config`, and requests
 * of the REST interface. Source: reference of CustomJobSpec, WorkerPoolSpec and Scheduling (v1).
 */

import { at, entry, items, map, text } from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { ConfigSource } from '../../values/config-source.js'
import { both, orDefault, stated } from '../../values/operations.js'
import { asQuotedNumber, asText } from '../../values/parse.js'
import { effective, type Value } from '../../values/value.js'
import { ClaimBuilder, type Place, type SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { ownProcesses } from '../../workload/sharing.js'
import { bareCommand } from '../bare-command.js'
import { byHand } from '../change-answer.js'
import { type Keys, keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { claimContainer } from '../kubernetes/containers.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { claimShellLaunch, launchesOf } from '../shell/launches.js'
import {
  claimMachine,
  claimVertexService,
  heldBy,
  jobEvidence,
  type MachineFields,
  pathsBelow,
  sameMachines,
  specOf,
  withoutAccelerators,
  writeMachine,
} from './machines.js'

const poolSettings = settingTable('Compute', {
  instanceType: {
    keys: [['machineSpec', 'machineType']],
    parse: asText,
    write: String,
    title: (type) => `Use ${type}`,
  },
  gpus: {
    keys: [['machineSpec', 'acceleratorCount']],
    parse: asQuotedNumber,
    write: Number,
    title: (count) => `Request ${count} GPU: acceleratorCount: ${count}`,
  },
  nodes: {
    keys: ['replicaCount'],
    parse: asQuotedNumber,
    otherwise: 1,
    write: Number,
    title: (count) => `Run it on ${count} machine: replicaCount: ${count}`,
  },
})

const schedulingKeys = { timeLimit: ['scheduling', 'timeout'], spot: ['scheduling', 'strategy'] }

/** Seven days where no time is given. */
const schedulingSettings = settingTable('Compute', {
  timeLimit: {
    keys: [schedulingKeys.timeLimit],
    parse: (time) => {
      const seconds = /^(\d+(?:\.\d+)?)s$/.exec(String(time))?.[1]
      return seconds === undefined ? undefined : Number(seconds)
    },
    otherwise: 7 * 86_400,
    write: (seconds) => `${seconds}s`,
    title: (seconds) => `End the job after ${Number(seconds) / 3600} hours`,
  },
  spot: {
    keys: [schedulingKeys.spot],
    parse: (strategy) => (typeof strategy === 'string' ? /^(SPOT|LOW_COST)$/.test(strategy) : undefined),
    otherwise: false,
  },
})

export const vertexJobReader = defineReader({
  name: 'vertex-job',
  title: 'Vertex AI, in a file',
  settings: [poolSettings, schedulingSettings],
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
  source: ConfigSource
  machine: MachineFields
  replicas: Value<number>
}

const machineKeys = { type: 'machineType', accelerator: 'acceleratorType', count: 'acceleratorCount' }

function poolsOf(
  claims: ClaimBuilder,
  document: ConfigDocument,
  spec: ConfigMap,
  keys: Keys,
  shown: Place,
): Pool[] {
  const { value } = entry(spec, 'workerPoolSpecs')!
  // gcloud takes a single pool as a map as well.
  const all: [ConfigNode, Keys][] =
    value.kind === 'map'
      ? [[value, [...keys, 'workerPoolSpecs']]]
      : items(value).map((node, index): [ConfigNode, Keys] => [node, [...keys, 'workerPoolSpecs', index]])
  return all.flatMap(([node, path]): Pool[] => {
    if (at(node, 'machineSpec') === undefined) return []
    const options = { document: document.index, keys: path, shown }
    const source = new ConfigSource(node, claims, options)
    const withKeys = new ConfigSource(node, claims, { ...options, withKey: true })
    const machine: MachineFields = {
      type: source.text('machineSpec', machineKeys.type),
      accelerator: source.text('machineSpec', machineKeys.accelerator),
      count: withKeys.number('machineSpec', machineKeys.count),
    }
    const replicas = orDefault(poolSettings.read('nodes', source).value, 1)
    return [{ node, source, machine, replicas }]
  })
}

function readSpec(
  claims: ClaimBuilder,
  context: ReaderContext,
  document: ConfigDocument,
  spec: ConfigMap,
  keys: Keys,
): void {
  const said = entry(spec, 'workerPoolSpecs')!
  const place = keyedPlace({ start: said.keyStart, end: said.keyEnd }, document.index, keys)
  const pools = poolsOf(claims, document, spec, keys, place)
  const [first, ...others] = pools
  if (first === undefined) return
  const held = heldBy(first.machine)
  const name = text(at(document.root, 'displayName'))
  const id = `${claims.path}#${document.index}:customJob`
  const compute = claims.subject('Compute', place, name ?? 'customJob', jobEvidence(held), id)
  if (name !== undefined)
    compute.known('name', 'displayName', name, nodePlace(at(document.root, 'displayName')!))
  claimVertexService(compute, 'workerPoolSpecs', place, keys[0] === 'trialJobSpec')
  const same = sameMachines(pools.map((one) => specOf(one.machine)))
  claimMachine(compute, first.machine, machineKeys)
  const all = others.reduce((sum, { replicas }) => both(sum, replicas, (a, b) => a + b), first.replicas)
  const { location } = others.length > 0 ? claims.origin(place) : all
  compute.say('nodes', 'replicaCount', { ...all, location })
  const nodes = effective(all) ?? null
  const options = { document: document.index, keys, shown: place, withKey: true }
  claimScheduling(compute, new ConfigSource(spec, claims, options))
  pools.forEach((pool, index) => {
    claimPackage(claims, at(pool.node, 'pythonPackageSpec'), id, `${id}:${index}`, nodes)
    const container = entry(pool.node, 'containerSpec')
    if (container === undefined) return
    claimContainer(claims, context, asContainer(container.value), id, `${id}:${index}`, nodes)
  })
  // The service tells each replica what it is by CLUSTER_SPEC and TF_CONFIG.
  const sharing =
    !same || pools.length > 1 ? ownProcesses.differingPools : nodes === 1 ? null : ownProcesses.service
  if (sharing !== null) compute.known('sharing', 'workerPoolSpecs', sharing, place)
}

/** `pythonModule: trainer.task` of a package that was uploaded. */
function claimPackage(
  claims: ClaimBuilder,
  spec: ConfigNode | undefined,
  job: string,
  id: string,
  nodes: number | null,
): void {
  const module = at(spec, 'pythonModule')
  const name = text(module)
  if (module === undefined || name === undefined) return
  const args = items(at(spec, 'args'))
  const given = args.map(text)
  const place = { start: module.start, end: module.end }
  const word = (value: string, node: ConfigNode = module) => ({
    text: value,
    raw: value,
    start: node.start,
    end: node.end,
  })
  const words = [word('python'), word('-m'), word(name)]
  given.forEach((value, index) => {
    if (value !== undefined) words.push(word(value, args[index]))
  })
  for (const { parts } of launchesOf([bareCommand(words, place)], (span) => claims.locate(span))) {
    const complete = parts.complete && given.every((value) => value !== undefined)
    claimShellLaunch(
      claims,
      { command: bareCommand(words, place), parts: { ...parts, complete } },
      { job, id, nodes, place },
    )
  }
}

/** The container as Kubernetes writes one, so that one extraction serves both. */
function asContainer(node: ConfigNode): ConfigNode {
  if (node.kind !== 'map') return node
  const image = entry(node, 'imageUri')
  return image === undefined ? node : { ...node, entries: [...node.entries, { ...image, key: 'image' }] }
}

function claimScheduling(compute: SubjectBuilder<'Compute'>, source: ConfigSource): void {
  const { timeLimit, spot } = schedulingKeys
  compute.say('timeLimit', timeLimit.join('.'), schedulingSettings.read('timeLimit', source).value)
  const strategy = source.get(...spot)
  // Capacity that the queue gives out is cheaper already, and not taken away.
  compute.say('reserved', spot.join('.'), stated(strategy, effective(strategy) === 'FLEX_START'))
  compute.say('spot', spot.join('.'), schedulingSettings.read('spot', source).value)
}

function changeJob(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined) return { reason: 'the file has changed' }
  switch (claim.setting) {
    case 'spot': {
      const base = keys.slice(0, -1)
      return writeKeys(
        claim,
        facts,
        'Run on spot capacity: scheduling.strategy: SPOT, restarted when it is interrupted',
        [
          { keys, value: value === true ? 'SPOT' : 'STANDARD' },
          { keys: [...base, 'restartJobOnWorkerRestart'], value: true },
        ],
      )
    }
    case 'gpus':
      if (keys.at(-1) !== machineKeys.count) return { reason: 'the machine brings its accelerators' }
      return value === 0
        ? withoutAccelerators(
            sourceOf(claim, facts),
            pathsBelow(keys.slice(0, -1), machineKeys),
            'Request no accelerators',
          )
        : poolSettings.change(claim, value, facts)
    case 'instanceType':
      return writeMachine(sourceOf(claim, facts), pathsBelow(keys.slice(0, -1), machineKeys), String(value))
    case 'nodes':
      return poolSettings.change(claim, value, facts)
    case 'timeLimit':
      return schedulingSettings.change(claim, value, facts)
    default:
      return byHand(claim)
  }
}

function sourceOf({ site, reader }: Claim, { config, path, fragment }: FragmentFacts): ConfigSource {
  const { document = 0 } = site
  const shown = { start: site.start, end: site.end }
  const locator = new ClaimBuilder(path, fragment, reader)
  return new ConfigSource(config?.documents[document]?.root, locator, { document, keys: [], shown })
}
