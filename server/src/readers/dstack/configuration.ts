/**
 * Configurations of dstack: tasks, development environments, fleets. Source: dstack 0.20, core/models/profiles.py and
 * configurations.py: on demand, without a limit of time (since 0.19), without retries; environments without a limit of inactivity;
 * the command line and profiles may set the same.
 */
import {
  at,
  boolean,
  entries,
  entry,
  items,
  map,
  text,
  textWithTemplates,
  written,
} from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import { ConfigSource } from '../../values/config-source.js'
import { absent, orDefault, readAs } from '../../values/operations.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence, LaunchValue } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { type Keys, keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { claimScript } from '../job-script.js'
import { claimMachineRequest } from '../machine-claims.js'
import { claimPool, type Pool } from '../pool-claims.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { smallByName } from '../tried-out.js'
import {
  type Accelerators,
  acceleratorsOf,
  durationOf,
  rangeOf,
  secondsOf,
  spelledDuration,
} from './resources.js'
import { taskRows } from './task-rows.js'

const kinds = ['task', 'dev-environment', 'fleet'] as const
/** Seconds that a fleet keeps a machine without work. */
const fleetIdle = 3 * 86_400

const taskSettings = settingTable('Compute', {
  spot: { ...taskRows.spot, title: () => 'Run on spot capacity: spot_policy: spot' },
  timeLimit: { ...taskRows.timeLimit, title: (_, written) => `End the run after ${written}: max_duration` },
})

const environmentSettings = settingTable('Compute', {
  idleStop: {
    keys: ['inactivity_duration'],
    parse: secondsOf,
    otherwise: null,
    openDefault: true,
    write: (seconds) => (seconds === null ? 'off' : spelledDuration(seconds)),
    title: (_, written) => `Stop it after ${written} without activity: inactivity_duration`,
  },
})

export const dstackReader = defineReader({
  name: 'dstack',
  title: 'dstack',
  settings: [taskSettings, environmentSettings],
  languages: ['yaml'],
  triggers: [
    'dev-environment',
    ...['task', 'fleet'].flatMap((type) => [`type: ${type}`, `type: "${type}"`, `type: '${type}'`]),
  ],
  read(facts, context, claims) {
    const named = /(^|[/.])dstack\.ya?ml$/.test(facts.path)
    for (const document of facts.config?.documents ?? []) {
      const root = map(document.root)
      const kind = kinds.find((one) => one === text(at(root, 'type')))
      if (root === undefined || kind === undefined) continue
      // Other tools have tasks and fleets too.
      const own =
        kind === 'dev-environment'
          ? at(root, 'ide')
          : kind === 'task'
            ? at(root, 'commands')
            : at(root, 'nodes')
      if (!named && own === undefined) continue
      const gpus = acceleratorsOf(root)
      if (gpus === null) continue
      const configuration = { document, root, gpus }
      if (kind === 'task') readTask(claims, context, configuration)
      else if (kind === 'fleet') readFleet(claims, configuration)
      else readEnvironment(claims, configuration)
      if (kind !== 'fleet') readKept(claims, kind, configuration)
    }
  },
  change: changeConfiguration,
})

interface Configuration {
  document: ConfigDocument
  root: ConfigMap
  gpus: Accelerators
}

const spanOf = (found: { keyStart: number; value: ConfigNode }) => ({
  start: found.keyStart,
  end: found.value.end,
})

function readTask(claims: ClaimBuilder, context: ReaderContext, configuration: Configuration): void {
  const { document, root, gpus } = configuration
  const place = keyedPlace(spanOf(gpus.found), document.index, ['resources', 'gpu'])
  const name = text(at(root, 'name'))
  const evidence: Evidence = {
    role: 'job',
    accelerator: gpus.tpu ? 'tpu' : gpus.count === 0 ? 'none' : 'gpu',
    small: smallByName(name),
    notebook: false,
  }
  const job = `${claims.path}#${document.index}:dstack`
  const compute = claims.subject('Compute', place, name ?? 'task', evidence, job)
  if (name !== undefined) compute.known('name', 'name', name, nodePlace(at(root, 'name')!))
  compute.known('provider', 'backends', 'other', place)
  compute.known('takesCheapest', 'backends', true, place)
  claimAccelerators(compute, configuration)
  taskSettings.claim(compute, sourceOf(claims, configuration), context.versions)
  claimCapacity(compute, configuration)
  claimRetry(compute, configuration)
  compute.known('reserved', 'reservation', at(root, 'reservation') !== undefined, place)
  compute.known('trials', 'type', false, place)
  const nodes = claimNodes(compute, configuration)
  const list = at(root, 'commands')
  const source = items(list).map(textWithTemplates)
  const readable = list !== undefined && source.length > 0 && !source.includes(undefined)
  const known: Record<string, string> = {}
  if (gpus.count !== null) known.DSTACK_GPUS_PER_NODE = String(gpus.count)
  if (nodes !== null) known.DSTACK_NODES_NUM = String(nodes)
  if (gpus.count !== null && nodes !== null) known.DSTACK_GPUS_NUM = String(gpus.count * nodes)
  const work = readable
    ? claimScript(claims, context, {
        node: list,
        text: source.join('\n'),
        known,
        job,
        environment: environmentOf(claims, at(root, 'env')),
        folder: folderOf(at(root, 'working_dir')),
        nodes,
        image: text(at(root, 'image')) ?? null,
        machine:
          gpus.count === 0
            ? null
            : {
                holder: name === undefined ? 'The task' : `The task "${name}"`,
                gpus: gpus.count === null || nodes === null ? null : gpus.count * nodes,
                model: gpus.model,
                evidence,
              },
      })
    : null
  const ports = entry(root, 'ports') !== undefined && work?.trains !== true
  compute.known('service', 'commands', ports || work?.service === true, place)
  const ranked = /DSTACK_(NODE_RANK|NODES_IPS|MASTER_NODE_IP)/.test(source.join('\n'))
  const sharing = ranked
    ? 'a command for each node'
    : work === null
      ? 'commands that cannot be read'
      : work.sharing
  if (sharing !== null) compute.known('sharing', 'commands', sharing, place)
}

/** Where the repository is put, which is where commands start. */
function folderOf(node: ConfigNode | undefined): string | null {
  if (node === undefined) return ''
  const path = text(node)
  return path === undefined || /^[~/]/.test(path) ? null : path.replace(/^\.\/?/, '')
}

/** `- NAME=value`, or a map; a name alone is brought from outside. */
function environmentOf(claims: ClaimBuilder, node: ConfigNode | undefined): Record<string, LaunchValue> {
  const pairs: [string, string | null, ConfigNode][] =
    node?.kind === 'map'
      ? entries(node).map(({ key, value }) => [key, written(value) ?? null, value])
      : items(node).flatMap((item) => {
          const [, key, value] = /^(\w+)(?:=([\s\S]*))?$/.exec(text(item) ?? '') ?? []
          return key === undefined ? [] : [[key, value ?? null, item] as [string, string | null, ConfigNode]]
        })
  return Object.fromEntries(pairs.map(([key, value, at]) => [key, { value, location: claims.locate(at) }]))
}

function claimAccelerators(compute: SubjectBuilder<'Compute'>, { document, gpus }: Configuration): void {
  const place = keyedPlace(spanOf(gpus.found), document.index, ['resources', 'gpu'])
  compute.say('gpus', 'gpu', readAs(compute.locator.origin(place), gpus.count, 'a range'))
  if (gpus.model !== null) compute.known('gpuModel', 'gpu', gpus.model, place)
  else if (gpus.choices.length > 0) compute.known('gpuChoices', 'gpu', gpus.choices, place)
}

function claimNodes(compute: SubjectBuilder<'Compute'>, configuration: Configuration): number | null {
  const { root, document } = configuration
  const found = entry(root, 'nodes')
  const shown = found === undefined ? configuration.gpus.found.value : spanOf(found)
  const place = keyedPlace(shown, document.index, ['nodes'])
  const at = compute.locator.origin(place)
  const range = found === undefined ? { least: 1, most: 1 } : rangeOf(found.value)
  const fixed = range !== null && range.least === range.most ? range.least : null
  const nodes = found === undefined ? orDefault(absent(at), 1) : readAs(at, fixed, 'a range')
  if (entry(root, 'groups') === undefined) compute.say('nodes', 'nodes', nodes)
  else compute.unknown('nodes', 'groups', 'groups of nodes', place)
  return entry(root, 'groups') === undefined ? fixed : null
}

function sourceOf(claims: ClaimBuilder, { root, document, gpus }: Configuration): ConfigSource {
  const shown = spanOf(gpus.found)
  return new ConfigSource(root, claims, { document: document.index, keys: [], shown, withKey: true })
}

function claimCapacity(compute: SubjectBuilder<'Compute'>, { root, gpus }: Configuration): void {
  // A fleet of somebody's own machines has neither.
  const elsewhere = entry(root, 'fleets') !== undefined || entry(root, 'instances') !== undefined
  const place = spanOf(entry(root, 'spot_policy') ?? gpus.found)
  compute.known('choosesCapacity', 'spot_policy', !elsewhere, place)
  const idle = at(root, 'utilization_policy')
  if (idle !== undefined)
    compute.unknown('timeLimit', 'utilization_policy', 'accelerators without work end it', nodePlace(idle))
}

/** A failure of the program counts as long as its last one is not longer ago than `duration`: there is no end to it. */
function claimRetry(compute: SubjectBuilder<'Compute'>, { root, document }: Configuration): void {
  const found = entry(root, 'retry')
  if (found === undefined) return
  const { value } = found
  const place = keyedPlace(spanOf(found), document.index, ['retry'])
  const events = items(at(value, 'on_events')).map(text)
  const any = boolean(value) === true || (value.kind === 'map' && at(value, 'on_events') === undefined)
  if (any || events.includes('error')) compute.known('retries', 'retry', null, place)
}

function readEnvironment(claims: ClaimBuilder, { document, root, gpus }: Configuration): void {
  const key = 'inactivity_duration'
  const found = entry(root, key)
  const place = spanOf(found ?? gpus.found)
  const name = text(at(root, 'name'))
  const compute = claimMachineRequest(claims, null, {
    provider: 'other',
    interactive: true,
    place: keyedPlace(spanOf(gpus.found), document.index, []),
    site: place,
    scope: name ?? 'dev-environment',
  })
  if (name !== undefined) compute.known('name', 'name', name, nodePlace(at(root, 'name')!))
  claimAccelerators(compute, { document, root, gpus })
  const other = ['max_duration', 'utilization_policy', 'dstack'].find((one) => entry(root, one) !== undefined)
  if (other !== undefined && durationOf(at(root, other)!) !== null)
    compute.known('endedBy', other, other, nodePlace(at(root, other)!))
  environmentSettings.claim(compute, sourceOf(claims, { document, root, gpus }))
}

function readFleet(claims: ClaimBuilder, configuration: Configuration): void {
  const { document, root, gpus } = configuration
  const nodes = entry(root, 'nodes')
  const range = rangeOf(nodes?.value)
  // Machines that are reached by SSH are somebody's own.
  if (nodes === undefined || range === null || entry(root, 'ssh_config') !== undefined) return
  const name = text(at(root, 'name')) ?? 'fleet'
  const place = keyedPlace(spanOf(nodes), document.index, ['nodes'])
  const pool: Pool = claimPool(claims, {
    kind: 'fleet',
    provider: 'other',
    name,
    place,
    scope: name,
    words: [name],
  })
  claimPoolAccelerators(pool, claims, gpus)
  const fixed = range.least === range.most
  // What never changes its size is made for one work as often as not, and deleted with it.
  pool.known('minimum', 'nodes', range.least, place, { overridable: fixed })
  pool.known('maximum', 'nodes', range.most, place)
  pool.known('fixed', 'nodes', fixed, place)
  const policy = text(at(root, 'spot_policy')) ?? 'on-demand'
  const capacity = policy === 'spot' ? 'spot' : policy === 'auto' ? 'mixed' : 'on-demand'
  pool.known('capacity', 'spot_policy', at(root, 'reservation') === undefined ? capacity : 'reserved', place)
  if (claimIdleTime(pool, claims, configuration)) return
  // Machines that a run asks for obey the run, whose own default is minutes.
  const site = keyedPlace(place, document.index, ['idle_duration'])
  if (range.least > 0) pool.default('idleDelay', 'idle_duration', fleetIdle, place, { site })
}

/** The machine that a run asked for waits for the next run; one that a run only uses obeys its fleet. */
function readKept(claims: ClaimBuilder, kind: (typeof kinds)[number], configuration: Configuration): void {
  const { root, document, gpus } = configuration
  const found = entry(root, 'idle_duration')
  if (found === undefined || gpus.count === 0 || text(at(root, 'creation_policy')) === 'reuse') return
  const name = text(at(root, 'name')) ?? null
  const place = keyedPlace(spanOf(found), document.index, ['idle_duration'])
  const scope = name ?? kind
  const pool = claimPool(claims, {
    kind: kind === 'task' ? 'task' : 'development environment',
    provider: 'other',
    name,
    place,
    scope,
    words: [scope],
  })
  claimPoolAccelerators(pool, claims, gpus)
  claimIdleTime(pool, claims, configuration)
}

function claimPoolAccelerators(pool: Pool, claims: ClaimBuilder, gpus: Accelerators): void {
  const shown = spanOf(gpus.found)
  pool.say('gpus', 'gpu', readAs(claims.origin(shown), gpus.count, 'a range'))
  if (gpus.model !== null) pool.known('gpuModel', 'gpu', gpus.model, shown)
}

/** False: it says nothing of how long a machine is kept without work. */
function claimIdleTime(pool: Pool, claims: ClaimBuilder, { root, document }: Configuration): boolean {
  const key = 'idle_duration'
  const idle = entry(root, key)
  if (idle === undefined) return false
  const place = keyedPlace(spanOf(idle), document.index, [key])
  const seconds = durationOf(idle.value)
  if (seconds === null) pool.known('blockedBy', key, '`idle_duration: off`', place)
  else pool.say('idleDelay', key, readAs(claims.origin(place), seconds ?? null, 'a template'))
  return true
}

function changeConfiguration(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined) return byHand(claim)
  const set = (title: string, to: Json, path: Keys = keys) =>
    writeKeys(claim, facts, title, [{ keys: path, value: to }])
  const after = Number(value)
  switch (claim.setting) {
    case 'timeLimit':
      return taskSettings.change(claim, value, facts)
    case 'idleStop':
      return environmentSettings.change(claim, value, facts)
    case 'idleDelay':
      return set(`Release machines after ${spelledDuration(after)}: idle_duration`, spelledDuration(after))
    case 'blockedBy':
      return set('Release machines after 10m: idle_duration', '10m')
    case 'spot':
      return value === true ? taskSettings.change(claim, value, facts) : byHand(claim)
    case 'nodes':
      return set(`Run it on ${value} node: nodes: ${value}`, after)
    case 'retries':
      return set('Retry for lost machines only: retry.on_events', {
        on_events: ['no-capacity', 'interruption'],
      })
    case 'minimum': {
      const range = rangeOf(at(facts.config?.documents[claim.site.document ?? 0]?.root, ...keys))
      return range === null ? byHand(claim) : set('Scale to zero: nodes', `0..${range.most ?? ''}`)
    }
    case 'gpus': {
      const node = at(facts.config?.documents[claim.site.document ?? 0]?.root, ...keys)
      if (node?.kind === 'map' && entry(node, 'count') !== undefined)
        return set(`Request ${value} GPU: count`, after, [...keys, 'count'])
      const source = written(node)
      if (source === undefined) return byHand(claim)
      // `24GB` and `A100` say no number that could be replaced.
      if (after === 0) return set('Request no GPU: gpu: 0', 0)
      const to = /^\d+$/.test(source) ? after : source.replace(/(^|:)\d+(?=:|$)/, `$1${value}`)
      return set(`Request ${value} GPU: ${to}`, to)
    }
    default:
      return byHand(claim)
  }
}
