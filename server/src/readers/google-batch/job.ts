/**
 * Jobs of Google Cloud Batch in JSON and YAML (`gcloud batch jobs submit --config`). Source: reference of
 * projects.locations.jobs, v1: on demand, no retries and no limit of time of its own by default; a job ends after 14 days.
 */
import { instance } from '../../catalog/instances.js'
import { at, entry, items, map, text, textWithTemplates } from '../../config/access.js'
import type { ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import { ConfigSource } from '../../values/config-source.js'
import { convert } from '../../values/operations.js'
import { asCount, asText, asWord } from '../../values/parse.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { type Keys, type KeyWrite, keyedPlace, writeKeys } from '../config-change.js'
import { claimScript, type ScriptWork } from '../job-script.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { smallByName } from '../tried-out.js'
import { claimMachine, heldBy, type MachineFields } from '../vertex/machines.js'

const fortnight = 14 * 86_400
const policyKeys = ['allocationPolicy', 'instances', 0, 'policy'] as const

const capacities = new Map([
  ['SPOT', true],
  ['PREEMPTIBLE', true],
  ['STANDARD', false],
  ['PROVISIONING_MODEL_UNSPECIFIED', false],
])

const policySettings = settingTable('Compute', {
  spot: {
    keys: ['provisioningModel'],
    parse: asWord(capacities),
    otherwise: false,
    write: (spot) => (spot ? 'SPOT' : 'STANDARD'),
    title: () => 'Run on spot capacity: provisioningModel SPOT',
  },
})

const taskSettings = settingTable('Compute', {
  timeLimit: {
    keys: ['maxRunDuration'],
    parse: (value) => secondsOf(value),
    otherwise: fortnight,
    write: (seconds) => `${seconds}s`,
    title: (_, written) => `End each task after ${written}: maxRunDuration`,
  },
  retries: { keys: ['maxRetryCount'], parse: asCount, otherwise: 0 },
})

export const googleBatchReader = defineReader({
  name: 'google-batch',
  title: 'Google Cloud Batch',
  settings: [policySettings, taskSettings],
  languages: ['json', 'yaml'],
  triggers: ['taskGroups'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const root = map(document.root)
      const group = map(at(root, 'taskGroups', 0))
      const policy = map(at(root, ...policyKeys))
      if (root === undefined || group === undefined || policy === undefined) continue
      readJob(claims, context, { root, group, policy, document: document.index })
    }
  },
  change: changeJob,
})

interface BatchJob {
  root: ConfigMap
  group: ConfigMap
  policy: ConfigMap
  document: number
}

function readJob(claims: ClaimBuilder, context: ReaderContext, batch: BatchJob): void {
  const { root, group, policy, document } = batch
  const type = entry(policy, 'machineType') ?? entry(root, 'allocationPolicy')!
  const place = keyedPlace({ start: type.keyStart, end: type.value.end }, document, [...policyKeys])
  const source = new ConfigSource(policy, claims, { document, keys: [...policyKeys], shown: place })
  const cards = map(at(policy, 'accelerators', 0))
  const attached = new ConfigSource(cards, claims, {
    document,
    keys: [...policyKeys, 'accelerators', 0],
    shown: cards ?? policy,
  })
  const fields: MachineFields = {
    type: source.text('machineType'),
    accelerator: attached.text('type'),
    count: convert(attached.get('count'), asCount),
  }
  const { gpus, model } = heldBy(fields)
  const name = text(at(root, 'name'))
  const evidence: Evidence = {
    role: 'job',
    accelerator: gpus === null ? 'maybe' : gpus > 0 ? 'gpu' : 'none',
    small: smallByName(name),
    notebook: false,
  }
  const job = `${claims.path}#${document}:google-batch`
  const compute = claims.subject('Compute', place, name ?? 'job', evidence, job)
  compute.known('provider', 'allocationPolicy', 'gcp', place)
  compute.known('choosesCapacity', 'allocationPolicy', true, place)
  compute.known('reserved', 'reservation', at(policy, 'reservation') !== undefined, place)
  compute.known('trials', 'taskGroups', false, place)
  if (name !== undefined) compute.known('name', 'name', name, place)
  claimMachine(compute, fields, { type: 'machineType', accelerator: 'accelerators', count: 'accelerators' })
  policySettings.claim(compute, source)
  taskSettings.claim(compute, specSource(claims, batch))
  const nodes = claimNodes(compute, group, place)
  const work = claimRunnables(claims, context, batch, { job, nodes, gpus, model, evidence, name })
  compute.known('service', 'runnables', work?.service === true, place)
  const sharing = work === null ? 'commands that cannot be read' : work.sharing
  if (sharing !== null) compute.known('sharing', 'runnables', sharing, place)
}

function specSource(claims: ClaimBuilder, { group, document }: BatchJob): ConfigSource {
  const spec = map(at(group, 'taskSpec'))
  const keys = ['taskGroups', 0, 'taskSpec']
  return new ConfigSource(spec, claims, { document, keys, shown: spec ?? group })
}

/** Tasks are spread over machines as they come free: how many there are is known for one task only. */
function claimNodes(compute: SubjectBuilder<'Compute'>, group: ConfigMap, place: Place): number | null {
  const tasks = at(group, 'taskCount')
  const count = tasks === undefined ? 1 : Number(text(tasks) ?? (tasks.kind === 'scalar' ? tasks.value : NaN))
  if (count === 1) compute.default('nodes', 'taskCount', 1, place)
  else compute.unknown('nodes', 'taskCount', 'tasks share machines', place)
  return count === 1 ? 1 : null
}

interface JobAround {
  job: string
  nodes: number | null
  gpus: number | null
  model: string | null
  evidence: Evidence
  name: string | undefined
}

/** What its scripts and containers start, one after the other; null: a part of it cannot be read. */
function claimRunnables(
  claims: ClaimBuilder,
  context: ReaderContext,
  { group }: BatchJob,
  { job, nodes, gpus, model, evidence, name }: JobAround,
): ScriptWork | null {
  const list = at(group, 'taskSpec', 'runnables')
  const texts = items(list).map(commandOf)
  if (list === undefined || texts.length === 0 || texts.includes(undefined)) return null
  return claimScript(claims, context, {
    node: list,
    text: texts.join('\n'),
    job,
    folder: null,
    nodes,
    image:
      items(list)
        .map((one) => text(at(one, 'container', 'imageUri')))
        .find((uri) => uri !== undefined) ?? null,
    machine:
      gpus === 0
        ? null
        : {
            holder: name === undefined ? 'The job' : `The job "${name}"`,
            gpus: nodes === 1 ? gpus : null,
            model,
            evidence,
          },
  })
}

/** `script.text`, a script's path, or a container's entry point and commands as one line; undefined: not readable. */
function commandOf(runnable: ConfigNode): string | undefined {
  const script = at(runnable, 'script')
  if (script !== undefined) {
    const inline = at(script, 'text')
    return inline === undefined ? text(at(script, 'path')) : textWithTemplates(inline)
  }
  const container = at(runnable, 'container')
  if (container === undefined) return undefined
  const words = [at(container, 'entrypoint'), ...items(at(container, 'commands'))].filter(
    (one): one is ConfigNode => one !== undefined,
  )
  const written = words.map(text)
  // `["-c", "python train.py"]` after the entry point of a shell.
  return written.includes(undefined)
    ? undefined
    : written
        .map((word) =>
          /\s/.test(word!) && !/^(-\w*c)$/.test(word!) ? `'${word!.replaceAll("'", "'\\''")}'` : word,
        )
        .join(' ')
}

/** '3600s', '3.5s'. */
function secondsOf(value: Json): number | undefined {
  const written = /^(\d+(?:\.\d+)?)s$/.exec(asText(value) ?? '')?.[1]
  return written === undefined ? undefined : Number(written)
}

function changeJob(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'spot' && value === true) return policySettings.change(claim, value, facts)
  if (claim.setting === 'timeLimit') return taskSettings.change(claim, value, facts)
  const bare = instance(String(value))?.gpu === null
  if (claim.setting === 'instanceType' && bare)
    return writeKeys(claim, facts, `Use ${value}: machineType`, [
      { keys: [...policyKeys, 'machineType'], value: String(value) },
      ...withoutCards(claim, facts),
    ])
  if (claim.setting === 'gpus' && value === 0)
    return writeKeys(claim, facts, 'Request no accelerators', withoutCards(claim, facts))
  return byHand(claim)
}

/** What only machines with accelerators have. */
function withoutCards(claim: Claim, { config }: FragmentFacts): KeyWrite[] {
  const root = config?.documents[claim.site.document ?? 0]?.root
  const keys: Keys[] = [
    [...policyKeys, 'accelerators'],
    ['allocationPolicy', 'instances', 0, 'installGpuDrivers'],
  ]
  return keys.filter((one) => at(root, ...one) !== undefined).map((one) => ({ keys: one, value: undefined }))
}
