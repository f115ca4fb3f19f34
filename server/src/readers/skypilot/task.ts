/** SkyPilot tasks: YAML files for `sky launch` and `sky jobs launch`. Source: skypilot, sky/resources.py (`AutostopConfig`). */
import { at, boolean, entries, entry, map, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigDocument, ConfigFacts, ConfigNode } from '../../config/node.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { ConfigSource } from '../../values/config-source.js'
import { orDefault, unreadable } from '../../values/operations.js'
import { asQuotedNumber, asSwitch } from '../../values/parse.js'
import type { Source } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence, LaunchValue } from '../../workload/claim.js'
import { nodePlace } from '../config-change.js'
import { claimScript } from '../job-script.js'
import { workOfName } from '../pipelines/step-work.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { claimSetUpPhase, type JobMachine } from '../shell/job-operations.js'
import type { Work } from '../shell/launches.js'
import { syncs } from '../shell/setting-up.js'
import { smallByName } from '../tried-out.js'
import { claimReplicas, serviceSettings } from './service.js'
import { acceleratorsAsked, claimAccelerators } from './task-accelerators.js'
import { changeTask, keepsResults } from './task-change.js'
import { candidatesDiffer, cloudNamed, clouds, type Task, taskOf } from './task-file.js'

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
    synced: syncs(context.shell(textWithTemplates(at(root, 'setup')) ?? '')),
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
  claimLostFiles(compute, task)
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

function claimCloud(compute: SubjectBuilder<'Compute'>, task: Task): void {
  const { resources, place } = task
  const infra = written(at(resources, 'infra'))?.split('/')
  const cloud = cloudNamed(resources)
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

/** `down: true`: what lies on the disk of the cluster goes with it, be it that its task has failed. */
function claimLostFiles(compute: SubjectBuilder<'Compute'>, { resources, root }: Task): void {
  const down = entry(at(resources, 'autostop'), 'down')
  if (down === undefined || boolean(down.value) !== true || keepsResults(root)) return
  compute.known('losesFiles', 'cluster', true, { start: down.keyStart, end: down.value.end })
}

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
