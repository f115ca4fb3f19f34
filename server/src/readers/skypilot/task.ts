/**
 * SkyPilot tasks: YAML files for `sky launch` and `sky jobs launch`. Source: skypilot, sky/utils/schemas.py
 * (`get_task_schema`, `_get_single_resources_schema`), sky/resources.py (`AutostopConfig`).
 */
import { instance } from '../../catalog/instances.js'
import {
  at,
  boolean,
  entries,
  entry,
  items,
  map,
  number,
  text,
  textWithTemplates,
  written,
} from '../../config/access.js'
import type { ConfigDocument, ConfigFacts, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { ConfigSource } from '../../values/config-source.js'
import { orDefault, readAs, unreadable } from '../../values/operations.js'
import { asQuotedNumber, asSwitch } from '../../values/parse.js'
import type { Source } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence, LaunchValue } from '../../workload/claim.js'
import type { ComputeSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { claimScript } from '../job-script.js'
import { acceleratorsOf } from '../machine-claims.js'
import { workOfName } from '../pipelines/step-work.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { claimSetUpPhase, type JobMachine } from '../shell/job-operations.js'
import type { Work } from '../shell/launches.js'
import { smallByName } from '../tried-out.js'
import { claimReplicas, policyKeys, serviceSettings } from './service.js'

const taskKeys = new Set([
  'name',
  'workdir',
  'event_callback',
  'num_nodes',
  'resources',
  'file_mounts',
  'service',
  'pool',
  'setup',
  'run',
  'envs',
  'secrets',
  'managed_secrets',
  'inputs',
  'outputs',
  'volumes',
  'volume_mounts',
  'config',
  'experimental',
  'api_server_access',
  '_metadata',
])
/** Keys by which the request for machines is one of SkyPilot's. */
const resourceKeys = [
  'accelerators',
  'instance_type',
  'use_spot',
  'cloud',
  'infra',
  'any_of',
  'ordered',
  'cpus',
]

const minutesOf: Record<string, number> = { m: 1, h: 60, d: 1440, w: 10_080 }

/** Minutes, `2h`, a map of both, or off; `true` is the default of the version. */
function autostopOf(value: Json): number | null | undefined {
  if (value === false) return null
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  const minutes = isMap ? lookUp(value, 'idle_minutes') : value
  const match = /^(\d+)\s*([mhdw]?)$/.exec(String(minutes))
  return match === null ? undefined : Number(match[1]) * lookUp(minutesOf, match[2] || 'm')! * 60
}

const taskSettings = settingTable('Compute', {
  nodes: { keys: ['num_nodes'], parse: asQuotedNumber, otherwise: 1 },
  spot: { keys: [['resources', 'use_spot']], parse: asSwitch, otherwise: false },
  idleStop: { keys: [['resources', 'autostop']], parse: autostopOf },
})

export const skypilotTaskReader = defineReader({
  name: 'skypilot-task',
  title: 'SkyPilot, in a file',
  settings: [taskSettings, serviceSettings],
  languages: ['yaml'],
  triggers: ['accelerators', 'use_spot', 'num_nodes', 'instance_type', 'SKYPILOT_', 'setup:'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) readTask(claims, context, facts.config!, document)
  },
  change: changeTask,
})

interface Task {
  document: ConfigDocument
  root: ConfigMap
  resources: ConfigNode
  /** Candidates of `any_of` and `ordered`, each laid over what is common to all; one without them. */
  candidates: (ConfigNode | undefined)[]
  place: Place
}

function taskOf(document: ConfigDocument): Task | null {
  const root = map(document.root)
  if (root === undefined || !root.entries.every((one) => taskKeys.has(one.key))) return null
  const resources = entry(root, 'resources')
  if (resources === undefined || map(resources.value) === undefined) return null
  if (entry(root, 'run') === undefined && entry(root, 'setup') === undefined) return null
  if (!resourceKeys.some((key) => entry(resources.value, key) !== undefined)) return null
  const several = [...items(at(resources.value, 'any_of')), ...items(at(resources.value, 'ordered'))]
  return {
    document,
    root,
    resources: resources.value,
    candidates: several.length === 0 ? [undefined] : several,
    place: keyedPlace({ start: resources.keyStart, end: resources.keyEnd }, document.index, ['resources']),
  }
}

function readTask(
  claims: ClaimBuilder,
  context: ReaderContext,
  facts: ConfigFacts,
  document: ConfigDocument,
): void {
  const task = taskOf(document)
  if (task === null) return
  const { root, place } = task
  const wanted = acceleratorsAsked(task)
  const name = text(at(root, 'name'))
  const evidence: Evidence = {
    role: 'job',
    accelerator: wanted.tpu ? 'tpu' : wanted.count === 0 ? 'none' : wanted.count === null ? 'maybe' : 'gpu',
    small: smallByName(name),
    notebook: false,
  }
  const job = `${claims.path}#${document.index}:task`
  const compute = claims.subject('Compute', place, name ?? 'task', evidence, job)
  if (name !== undefined) compute.known('name', 'name', name, nodePlace(at(root, 'name')!))
  claimCloud(compute, task)
  const source = new ConfigSource(root, claims, {
    document: document.index,
    keys: [],
    shown: place,
    withKey: true,
  })
  taskSettings.claim(compute, source, {}, ['nodes'])
  const nodes = effective(taskSettings.read('nodes', source).value) ?? null
  claimAccelerators(compute, task, wanted)
  claimSpot(compute, task, source)
  compute.known('reserved', 'resources', false, place)
  compute.known('trials', 'resources', false, place)
  const run = at(root, 'run')
  const machine: JobMachine = {
    holder: name === undefined ? 'The task' : `The task "${name}"`,
    gpus: wanted.count === null || nodes === null ? null : wanted.count * nodes,
    model: wanted.model ?? null,
    evidence,
  }
  const work =
    run === undefined
      ? null
      : claimScript(claims, context, {
          node: run,
          job,
          known: {
            ...(wanted.count === null || wanted.unsaid === true
              ? {}
              : { SKYPILOT_NUM_GPUS_PER_NODE: String(wanted.count) }),
            ...(nodes === null ? {} : { SKYPILOT_NUM_NODES: String(nodes) }),
          },
          environment: environmentOf(claims, at(root, 'envs')),
          folder: folderOf(at(root, 'workdir')),
          nodes,
          machine: (wanted.count ?? 1) === 0 ? null : machine,
        })
  const serves = entry(root, 'service') !== undefined || entry(root, 'pool') !== undefined
  const held = (wanted.count ?? 1) > 0
  if (held && !serves && work?.service !== true) claimSetup(claims, context, at(root, 'setup'), machine)
  // Nothing is run, or what somebody works in.
  const byHand =
    held &&
    !serves &&
    !trainsByTitle(name) &&
    (work === null ? run === undefined : work.probes || work.workbench)
  if (byHand) compute.known('interactive', 'run', true, place)
  // What answers with a trained model only reads from there.
  if (work?.trains === true || !answers.test(textWithTemplates(run) ?? ''))
    claimCheckpointBucket(compute, task)
  claimAutostop(
    compute,
    task,
    source,
    held && (byHand || work?.comesToAnEnd === true || trainsByTitle(name)) && !endsByItself(facts),
    byHand || saysHow(facts),
  )
  claimReplicas(claims, root, document, {
    name: name ?? null,
    evidence,
    gpus: wanted.count,
    gpuModel: wanted.model,
    shown: place,
  })
  compute.known('service', 'run', serves || (work?.service === true && !byHand), place)
  const sharing = sharingOf(run, work)
  if (sharing !== null) compute.known('sharing', 'run', sharing, place)
}

/** `setup:` runs on the machines of the task, at the start of each cluster. */
function claimSetup(
  claims: ClaimBuilder,
  context: ReaderContext,
  setup: ConfigNode | undefined,
  machine: JobMachine,
): void {
  const source = textWithTemplates(setup)
  if (setup === undefined || source === undefined) return
  claimSetUpPhase(claims, context.shell(source), machine, () => ({ start: setup.start, end: setup.end }))
}

/** `sky-training`, `finetune-llama`, whatever its commands are called. */
function trainsByTitle(name: string | undefined): boolean {
  const work = name === undefined ? [] : workOfName(name)
  return work.length === 1 && (work[0] === 'train' || work[0] === 'tune')
}

/** The commands of the task run on every node; what asks for its rank, or the addresses, divides the work itself. */
function sharingOf(run: ConfigNode | undefined, work: Work | null): string | null {
  if (/SKYPILOT_(NODE_RANK|NODE_IPS|TASK_ID)/.test(textWithTemplates(run) ?? ''))
    return 'a command for each node'
  return work?.sharing ?? null
}

function folderOf(workdir: ConfigNode | undefined): string | null {
  const path = text(workdir)
  return path === undefined || /^[~/$]|:\/\//.test(path) ? null : path === '.' ? '' : path
}

/** Defaults that `--env` replaces. */
function environmentOf(claims: ClaimBuilder, envs: ConfigNode | undefined): Record<string, LaunchValue> {
  return Object.fromEntries(
    entries(envs).map(({ key, value }) => [
      key,
      { value: written(value) || null, location: claims.locate(value), overridable: true as const },
    ]),
  )
}

interface Asked {
  /** On each node; null: not readable, or different in each candidate. */
  count: number | null
  /** Nothing is said of accelerators or machines: whoever launches the task may (`--gpus`). */
  unsaid?: true
  model: string | null
  tpu: boolean
  /** Where the number is written, if in one place only. */
  node: ConfigNode | null
}

function acceleratorsAsked(task: Task): Asked {
  const found = task.candidates.flatMap((candidate) =>
    kindsOf(at(candidate, 'accelerators') ?? at(task.resources, 'accelerators')),
  )
  const single = task.candidates[0] === undefined ? (at(task.resources, 'accelerators') ?? null) : null
  if (found.includes('tpu')) return { count: null, model: null, tpu: true, node: single }
  if (found.length === 0) {
    const types = task.candidates.map(
      (one) => at(one, 'instance_type') ?? at(task.resources, 'instance_type'),
    )
    if (types.every((one) => one === undefined))
      return { count: 0, unsaid: true, model: null, tpu: false, node: null }
    const machine = types.length === 1 ? instance(text(types[0]) ?? '') : undefined
    return machine === undefined
      ? { count: null, model: null, tpu: false, node: null }
      : { count: machine.gpuCount, model: machine.gpu?.name ?? null, tpu: false, node: null }
  }
  const known = found.filter((one) => one !== null && one !== 'tpu') as Kind[]
  const [first] = known
  if (first === undefined || known.length < found.length)
    return { count: null, model: null, tpu: false, node: single }
  const count = known.every((one) => one.count === first.count) ? first.count : null
  const model = known.every((one) => one.model === first.model) ? first.model : null
  return { count, model, tpu: false, node: known.length === 1 ? single : null }
}

interface Kind {
  model: string | null
  count: number
}

/** `A100:8`, `{A100: 8}`, `{A100:8, V100:8}`, `[A100:8, V100:8]`. */
function kindsOf(node: ConfigNode | undefined): (Kind | 'tpu' | null)[] {
  const read = (written: string): Kind | 'tpu' | null =>
    /^tpu/i.test(written) ? 'tpu' : acceleratorsOf(written)
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return []
  if (node.kind === 'list') return node.items.map((one) => read(text(one) ?? ''))
  if (node.kind === 'map')
    return node.entries.map(({ key, value }) => {
      const count = number(value)
      return read(count === undefined ? key : `${key}:${count}`)
    })
  return [node.kind === 'scalar' ? read(String(node.value)) : null]
}

function claimAccelerators(compute: SubjectBuilder<'Compute'>, task: Task, asked: Asked): void {
  const { document, place } = task
  const keys = ['resources', 'accelerators']
  const given = entry(task.resources, 'accelerators')
  const shown = given === undefined ? place : { start: given.keyStart, end: given.value.end }
  const site = keyedPlace(shown, document.index, asked.node === null ? ['resources'] : keys)
  const type = task.candidates[0] === undefined ? at(task.resources, 'instance_type') : undefined
  const name = text(type)
  if (name !== undefined) {
    const machine = nodePlace(type!)
    compute.known('instanceType', 'instance_type', name, machine, {
      site: keyedPlace(machine, document.index, ['resources', 'instance_type']),
    })
    if (given === undefined && asked.count !== null) {
      compute.known('gpus', 'instance_type', asked.count, machine)
      if (asked.model !== null) compute.known('gpuModel', 'instance_type', asked.model, machine)
      return
    }
  }
  const at_ = compute.locator.origin(shown, { site })
  if (asked.unsaid === true) compute.default('gpus', 'accelerators', 0, shown, { site, overridable: true })
  // A slice of a TPU: the number in its name counts chips or cores.
  else if (asked.tpu) compute.say('gpus', 'accelerators', { ...at_, state: 'range', low: 1, high: null })
  else compute.say('gpus', 'accelerators', readAs(at_, asked.count, 'candidates that differ'))
  if (asked.count !== null && asked.model !== null)
    compute.known('gpuModel', 'accelerators', asked.model, shown)
}

const clouds: Record<string, ComputeSettings['provider']> = {
  aws: 'aws',
  gcp: 'gcp',
  azure: 'azure',
  kubernetes: 'kubernetes',
  k8s: 'kubernetes',
}

function onPods(resources: ConfigNode | undefined): boolean {
  const named = written(at(resources, 'infra')) ?? written(at(resources, 'cloud')) ?? ''
  return lookUp(clouds, named.split('/')[0]!.toLowerCase()) === 'kubernetes'
}

function claimCloud(compute: SubjectBuilder<'Compute'>, task: Task): void {
  const { resources, place } = task
  const infra = written(at(resources, 'infra'))?.split('/')
  const cloud = (infra?.[0] ?? written(at(resources, 'cloud')) ?? '').toLowerCase()
  const open = task.candidates.some(
    (one) =>
      at(one, 'infra') !== undefined || at(one, 'cloud') !== undefined || at(one, 'region') !== undefined,
  )
  if (open) {
    compute.unknown('provider', 'any_of', 'candidates that differ', place)
    return
  }
  compute.known('provider', 'cloud', lookUp(clouds, cloud) ?? 'other', place)
  if (cloud !== '' && cloud !== '*' && lookUp(clouds, cloud) === undefined)
    compute.known('gpuCloud', 'cloud', cloud, place)
  compute.known('takesCheapest', 'accelerators', lookUp(clouds, cloud) !== 'kubernetes', place)
  // A cluster of somebody's own has the machines that it has.
  compute.known('choosesCapacity', 'cloud', lookUp(clouds, cloud) !== 'kubernetes', place)
  // `8+` may be any number from there on.
  const cpus = candidatesDiffer(task, 'cpus') ? null : /^(\d+)$/.exec(written(at(resources, 'cpus')) ?? '')
  if (cpus !== null) compute.known('cpus', 'cpus', Number(cpus[1]), place)
  const region = infra?.[1] ?? written(at(resources, 'region'))
  if (region !== undefined && region !== '*') compute.known('region', 'region', region, place)
}

/** `any_of` and `ordered` may say something else for each candidate. */
function candidatesDiffer(task: Task, key: string): boolean {
  return task.candidates.some((one) => entry(one, key) !== undefined)
}

/** What each candidate says, where they all say the same; it cannot be changed in one place. */
function agreed(
  compute: SubjectBuilder<'Compute'>,
  task: Task,
  key: string,
  common: Given<boolean>,
): Given<boolean> {
  const values = task.candidates.map((one) =>
    entry(one, key) === undefined ? effective(common) : boolean(at(one, key)),
  )
  const [value] = values
  const own = task.candidates.flatMap((one) => entry(one, key) ?? [])[0]!
  if (value === undefined || values.some((one) => one !== value))
    return unreadable(common, 'candidates that differ')
  const shown = { start: own.keyStart, end: own.value.end }
  const target = { kind: 'refused' as const, reason: `${key} is said for each candidate` }
  return { ...compute.locator.origin(shown, { site: { ...shown, target } }), state: 'known', value }
}

function claimSpot(compute: SubjectBuilder<'Compute'>, task: Task, source: Source): void {
  const { key, value } = taskSettings.read('spot', source)
  compute.say('spot', key, candidatesDiffer(task, key) ? agreed(compute, task, key, value) : value)
}

/**
 * Without autostop the cluster of `sky launch` stays up; that of `sky jobs launch` ends with its task. A flag may stop
 * it (`-i 10`), which nobody thinks of who writes a file for a workstation.
 */
function claimAutostop(
  compute: SubjectBuilder<'Compute'>,
  task: Task,
  source: Source,
  forgotten: boolean,
  asWritten: boolean,
): void {
  const { resources, root } = task
  const { key, value } = taskSettings.read('idleStop', source)
  // These are for managed jobs and services only, which end their clusters themselves; spot capacity mostly is.
  const managed =
    (!asWritten && boolean(at(resources, 'use_spot')) === true) ||
    ['job_recovery', 'spot_recovery'].some((one) => entry(resources, one) !== undefined) ||
    entry(root, 'service') !== undefined ||
    entry(root, 'pool') !== undefined
  if (candidatesDiffer(task, key)) compute.say('idleStop', key, unreadable(value, 'candidates that differ'))
  else compute.say('idleStop', key, managed || !forgotten ? value : orDefault(value, null, !asWritten))
}

/**
 * A pipeline of several tasks, or a task that says how it is started: as a managed job, which ends its clusters, or with
 * a flag that ends its own.
 */
function endsByItself({ documents, comments }: ConfigFacts): boolean {
  if (documents.length > 1) return true
  return comments.some(({ text }) =>
    /sky (managed-)?(jobs|spot) launch|sky launch .*(\s-i\s?\d|--idle-minutes-to-autostop|--down\b)/.test(
      text,
    ),
  )
}

/** `# sky launch -c dev task.yaml`: the file says how it is started. */
function saysHow({ comments }: ConfigFacts): boolean {
  return comments.some(({ text }) => /\bsky launch\b.*\.ya?ml\b/.test(text))
}

const answers = /\binfer(ence)?(\.py)?\b|\bvllm serve\b|api_server\b|launch_server\b/

/** A bucket that is mounted where checkpoints are kept. */
function claimCheckpointBucket(compute: SubjectBuilder<'Compute'>, { root }: Task): void {
  for (const mount of entries(at(root, 'file_mounts'))) {
    if (!/(^|[^a-z])(ckpts?|checkpoints?)([^a-z]|$)/i.test(mount.key)) continue
    const mode = written(at(mount.value, 'mode'))
    const bucket = map(mount.value) !== undefined && (mode === undefined || /^MOUNT/i.test(mode))
    if (!bucket) continue
    compute.known('checkpointStore', `file_mounts: ${mount.key}`, mount.key, {
      start: mount.keyStart,
      end: mount.keyEnd,
    })
    return
  }
}

const uploading =
  /\b(s3|gs|gcs|az|abfss?|r2):\/\/|\b(aws s3|gsutil|gcloud storage|rclone|azcopy|scp|(hf|huggingface-cli) upload)\b|push[-_]to[-_]hub/i

/** A bucket is mounted, or its commands send something away. */
function keepsResults(root: ConfigNode | undefined): boolean {
  const mounted = entries(at(root, 'file_mounts')).some(
    ({ value }) => map(value) !== undefined && /^MOUNT/i.test(written(at(value, 'mode')) ?? 'MOUNT'),
  )
  const volumes = entries(at(root, 'volumes')).length > 0
  return mounted || volumes || uploading.test(textWithTemplates(at(root, 'run')) ?? '')
}

/** Clouds whose machines can only be taken down. Source: SkyPilot, sky/clouds (`CloudImplementationFeatures.STOP`). */
const withoutStop = /^(runpod|lambda|fluidstack|cudo|shadeform)$/

function neverStops(resources: ConfigNode | undefined): boolean {
  const named = written(at(resources, 'infra')) ?? written(at(resources, 'cloud')) ?? ''
  return withoutStop.test(named.split('/')[0]!.toLowerCase())
}

function changeTask(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const set = (title: string, keys: (string | number)[], to: Json, after?: string) =>
    writeKeys(claim, facts, title, [{ keys, value: to, ...(after === undefined ? {} : { after }) }])
  const resources = facts.config?.documents[claim.site.document ?? 0]?.root
  const present = (key: string) => entry(at(resources, 'resources'), key) !== undefined
  switch (claim.setting) {
    case 'spot':
      return set(
        'Run on spot capacity: use_spot: true (start it with `sky jobs launch`, which resumes after an interruption)',
        ['resources', 'use_spot'],
        value === true,
        present('accelerators') ? 'accelerators' : undefined,
      )
    case 'nodes':
      return set(`Run it on ${value} node: num_nodes: ${value}`, ['num_nodes'], Number(value))
    case 'idleStop': {
      const minutes = Math.round(Number(value) / 60)
      const keys = ['resources', 'autostop']
      const isWorkstation = minutes >= 60
      const stays = neverStops(at(resources, 'resources')) || onPods(at(resources, 'resources'))
      const kept = !isWorkstation && keepsResults(resources)
      // What lies on its disk outlives a stop, but nothing of it a machine that is taken down.
      if (!kept && !stays)
        return set(`Stop the cluster after ${minutes} idle minutes: autostop`, keys, minutes)
      const title = `Take the cluster down after ${minutes} idle minutes: autostop`
      const down = { idle_minutes: minutes, down: true }
      if (kept) return set(title, keys, down)
      const change = set(`${title}, where its files are kept elsewhere`, keys, down)
      return 'reason' in change ? change : { ...change, safety: 'display' }
    }
    case 'gpus': {
      const keys = ['resources', 'accelerators']
      const node = at(resources, ...keys)
      if (claim.site.keys?.[1] !== 'accelerators' || node === undefined)
        return { reason: 'the accelerators are written in several places' }
      const title = `Request ${value} GPU`
      if (node.kind === 'map' && node.entries.length === 1) {
        const [only] = node.entries
        if (number(only!.value) !== undefined) return set(title, [...keys, only!.key], Number(value))
      }
      const kind = /^([^:]+)(:|$)/.exec(text(node) ?? '')?.[1]
      return kind === undefined
        ? { reason: 'the accelerators cannot be read' }
        : set(title, keys, `${kind}:${value}`)
    }
    case 'minReplicas':
      return value === 0
        ? set('Keep no replica without traffic: min_replicas: 0', [...policyKeys, 'min_replicas'], 0)
        : { reason: 'say under replica_policy how many replicas there may be, and at which load' }
    default:
      return byHand(claim)
  }
}
