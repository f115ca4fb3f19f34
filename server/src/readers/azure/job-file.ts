/**
 * Azure Machine Learning jobs in YAML (CLI v2): commands, sweeps, components, and the steps of pipelines. Source: references of the command, sweep and pipeline job schemas; azure-ai-ml 1.22, _schema/job.
 */
import {
  at,
  entries,
  entry,
  isNothing,
  map,
  number,
  text,
  textWithTemplates,
  written,
} from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { folderOf as folderOfPath, join } from '../../link/paths.js'
import { ConfigSource } from '../../values/config-source.js'
import { convert, firstGiven, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber, asText } from '../../values/parse.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, LaunchValue } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { type Keys, keyedPlace, nodePlace } from '../config-change.js'
import { claimScript } from '../job-script.js'
import { claimWholeType } from '../machine-claims.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { changeJobOperation, isJobOperation, type JobMachine } from '../shell/job-operations.js'
import { smallByFlags, smallByName } from '../tried-out.js'
import {
  atInputs,
  claimComponent,
  claimGpusByProcesses,
  claimJob,
  componentJob,
  distributed,
  filledIn,
  folderOf,
  isGpuCluster,
  isServerless,
  type JobFacts,
  machineHeld,
  mayHaveGpus,
  sharingOf,
} from './job-claims.js'
import { changeSweepFile, claimSweepFile, sweepLimits } from './sweep-file.js'
import { type Target, targetNamed } from './targets.js'

const resourceSettings = settingTable('Compute', {
  instanceType: {
    keys: ['instance_type'],
    parse: asText,
    write: String,
    title: (_, written) => `Use ${written}`,
  },
  nodes: {
    keys: ['instance_count'],
    parse: asQuotedNumber,
    otherwise: 1,
    write: Number,
    title: (count) => `Run it on ${count} node: instance_count: ${count}`,
  },
})
const processSettings = settingTable('Compute', {
  processes: {
    keys: [['distribution', 'process_count_per_instance']],
    parse: asQuotedNumber,
    otherwise: 1,
    write: Number,
    title: (count) =>
      `Start ${count} processes on each node: distribution.process_count_per_instance: ${count}`,
  },
})
const limitSettings = settingTable('Compute', {
  timeLimit: {
    keys: [['limits', 'timeout']],
    parse: asQuotedNumber,
    otherwise: null,
    write: Number,
    title: (seconds) => `End the job after ${Number(seconds) / 3600} hours: limits.timeout: ${seconds}`,
  },
})
const queueSettings = settingTable('Compute', {
  spot: {
    keys: [['queue_settings', 'job_tier']],
    parse: (tier) => (typeof tier === 'string' ? /^spot$/i.test(tier) : undefined),
    otherwise: false,
    write: (spot) => (spot ? 'Spot' : 'Standard'),
    title: () => 'Run on spot capacity: queue_settings.job_tier: Spot',
  },
})

export const azureJobReader = defineReader({
  name: 'azure-job',
  title: 'Azure ML, job in a file',
  settings: [resourceSettings, processSettings, limitSettings, queueSettings, sweepLimits],
  languages: ['yaml'],
  triggers: [
    'azureml',
    'sampling_algorithm',
    'instance_count',
    'type: command',
    'type: "command"',
    "type: 'command'",
  ],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? [])
      for (const job of jobsOf(document)) readJob(claims, context, job)
  },
  change: changeJobFile,
})

interface Job {
  document: ConfigDocument
  /** A component is what jobs run, and no job by itself. */
  kind: 'command' | 'sweep' | 'component'
  node: ConfigNode
  keys: Keys
  /** What stands for the job: its `type`, or the name of the step. */
  place: Place
  name: string | null
  /** The compute of the pipeline, for steps that name none. */
  compute: ConfigNode | undefined
  /** The pipeline has a limit of its own. */
  limited: boolean
}

function jobsOf(document: ConfigDocument): Job[] {
  const root = map(document.root)
  const type = entry(root, 'type')
  const schema = text(at(root, '$schema')) ?? ''
  if (schema !== '' && !/azureml/i.test(schema)) return []
  // The preview of the schema said `command_job` and `sweep_job`.
  const kind =
    text(type?.value)?.replace(/^(command|sweep|pipeline)_job$/, '$1') ??
    /(command|sweep|pipeline)Job\.schema/.exec(schema)?.[1]
  const said = type ?? entry(root, '$schema')
  if (kind === undefined || said === undefined) return []
  if (kind === 'command' || kind === 'sweep') {
    if (!isJob(root!, kind)) return []
    const span = { start: said.keyStart, end: said.value.end }
    const name = text(at(root, 'display_name')) ?? text(at(root, 'name')) ?? null
    return [
      {
        document,
        kind: isComponent(root!, schema) ? 'component' : kind,
        node: root!,
        keys: [],
        place: keyedPlace(span, document.index, []),
        name,
        compute: undefined,
        limited: false,
      },
    ]
  }
  if (kind !== 'pipeline') return []
  const compute = at(root, 'settings', 'default_compute') ?? at(root, 'compute')
  return entries(at(root, 'jobs')).flatMap((step): Job[] => {
    const own = text(at(step.value, 'type')) ?? 'command'
    if ((own !== 'command' && own !== 'sweep') || !isJob(step.value, own)) return []
    const keys = ['jobs', step.key]
    const place = keyedPlace({ start: step.keyStart, end: step.keyEnd }, document.index, keys)
    const limited = at(root, 'limits') !== undefined
    return [{ document, kind: own, node: step.value, keys, place, name: step.key, compute, limited }]
  })
}

/** It says what is run, and waits for a job to say where, or on what. */
function isComponent(root: ConfigNode, schema: string): boolean {
  // Trials are often written with the schema of a job; a sweep gives the values, and has limits of its own.
  const sweeps = entry(root, 'search_space') !== undefined
  if (!sweeps && /\$\{\{\s*search_space\./.test(textWithTemplates(at(root, 'command')) ?? '')) return true
  const open = entries(at(root, 'inputs')).some(
    ({ value }) => entry(value, 'type') !== undefined && value.kind === 'map' && value.entries.length === 1,
  )
  // With a cluster, a command line gives the rest (`--set inputs.data.path=…`).
  if (open && entry(root, 'compute') === undefined) return true
  if (schema !== '') return /component\.schema/i.test(schema)
  if (entry(root, 'compute') !== undefined) return false
  return entry(root, 'version') !== undefined || entry(root, 'is_deterministic') !== undefined
}

/** The component of the project that a step runs, or a sweep tries: `./train.yml`, `file:./train.yml`. */
function componentOf(node: ConfigNode, path: string): string | null {
  const written = text(at(node, 'component')) ?? text(at(node, 'trial'))
  const file = written === undefined ? null : /^(?:file:)?([\w./-]+\.ya?ml)$/.exec(written)
  return file === null || file[1]!.startsWith('/') ? null : componentJob(join(folderOfPath(path), file[1]!))
}

const jobIdOf = (path: string, document: number, keys: Keys): string =>
  `${path}#${document}:${keys.join('.')}`

/** Other tools have a `type` too. */
function isJob(node: ConfigNode, kind: 'command' | 'sweep'): boolean {
  if (kind === 'sweep')
    return entry(node, 'sampling_algorithm') !== undefined || entry(node, 'search_space') !== undefined
  if (text(at(node, 'component')) !== undefined && entry(node, 'command') === undefined)
    return entry(node, 'type') !== undefined || /^(file:)?\.{1,2}\//.test(text(at(node, 'component'))!)
  if (entry(node, 'command') === undefined) return false
  return ['environment', 'compute', 'code', 'resources', 'component'].some(
    (key) => entry(node, key) !== undefined,
  )
}

function readJob(claims: ClaimBuilder, context: ReaderContext, job: Job): void {
  const { node, document, keys, place, kind } = job
  // A sweep writes what it runs as its trial.
  const inner = kind === 'sweep' ? 'trial' : null
  const program = inner === null ? node : (at(node, inner) ?? node)
  const within: Keys = inner === null ? keys : [...keys, inner]
  const id = jobIdOf(claims.path, document.index, keys)
  if (kind === 'sweep') claimSweepFile(claims, node, document, keys, job.name ?? 'sweep', id)
  const given = at(node, 'compute') ?? at(program, 'compute') ?? job.compute
  const target = targetIn(given)
  // A local job runs on the machine of its author.
  if (target.kind === 'local') return
  const source = (map: ConfigNode | undefined, path: Keys, withKey = false): ConfigSource =>
    new ConfigSource(map, claims, { document: document.index, keys: path, shown: place, withKey })
  const ranked = source(program, within)
  // Previews of the schema counted the processes of all instances.
  const instances = at(program, 'compute', 'instance_count') ?? at(node, 'compute', 'instance_count')
  const each = number(instances) ?? 1
  const processes = firstGiven(
    ranked.number('distribution', 'process_count_per_instance'),
    convert(ranked.number('distribution', 'process_count'), (all) =>
      Number.isInteger(all / each) ? all / each : undefined,
    ),
  )
  const perNode = effective(processes)
  const divided = at(program, 'distribution') !== undefined
  const distribution = divided
    ? (text(at(program, 'distribution', 'type'))?.toLowerCase() ?? 'unknown')
    : null
  const preview = given?.kind === 'map' && at(given, 'target') !== undefined
  const resources = preview ? given : (at(node, 'resources') ?? at(program, 'resources'))
  const resourceKeys: Keys = [
    ...(at(node, 'resources') === undefined ? within : keys),
    preview ? 'compute' : 'resources',
  ]
  let compute: SubjectBuilder<'Compute'> | null = null
  let nodes: number | null = null
  let machine: JobMachine | null = null
  if (kind !== 'component') {
    const machines = source(resources, resourceKeys)
    const size = machines.text('instance_type')
    const facts = jobFacts(
      claims,
      job,
      target,
      given,
      id,
      effective(size) ?? null,
      textWithTemplates(at(program, 'command')) ?? '',
    )
    compute = claimJob(claims, facts)
    compute.known('trials', 'type', kind === 'sweep', place)
    if (isGiven(size)) claimWholeType(compute, 'instance_type', size)
    else if (isGpuCluster(target)) claimGpusByProcesses(compute, processes)
    resourceSettings.claim(compute, machines, {}, ['nodes'])
    if (divided) processSettings.claim(compute, ranked)
    nodes = effective(resourceSettings.read('nodes', machines).value) ?? null
    // With services, somebody works on it by hand while it waits.
    if (at(node, 'services') === undefined) machine = machineHeld(compute, facts, nodes)
    // A sweep has limits of its own.
    if (kind !== 'sweep') {
      compute.say('timeLimit', 'limits.timeout', limitOf(source(node, keys), job.limited))
      if (mayHaveGpus(target, isGiven(size))) compute.known('neverEnded', 'type', true, place)
    }
    const queue = entry(node, 'queue_settings') === undefined && program !== node
    const tier = queue ? source(program, within, true) : source(node, keys, true)
    // Spot capacity is asked for on serverless compute only; clusters have it or not.
    if (isServerless(target) || tier.has('queue_settings', 'job_tier')) queueSettings.claim(compute, tier)
    const component = componentOf(node, claims.path)
    if (component !== null) claimComponent(claims, id, component, nodes, place)
  } else nodes = at(resources, 'instance_count') === undefined ? 1 : null
  const command = at(program, 'command')
  if (command === undefined) return
  const line = textWithTemplates(command)
  const inputs = [program, node].map((holder) => at(holder, 'inputs'))
  const work = claimScript(claims, context, {
    node: command,
    text:
      line === undefined
        ? undefined
        : filledIn(line, (name) => inputs.map((holder) => written(at(holder, name))).find(Boolean)),
    job: id,
    environment: environmentOf(claims, at(program, 'environment_variables')),
    folder: folderOf(text(at(program, 'code')) ?? text(at(program, 'code', 'local_path'))),
    placed: true,
    nodes,
    machine,
    adjust: (parts) =>
      atInputs(distributed(parts, distribution, perNode), line ?? '', (name) => {
        const given = inputs.map((holder) => at(holder, name)).find((one) => one !== undefined)
        return given === undefined ? undefined : claims.locate(given)
      }),
  })
  const sharing = work?.sharing ?? sharingOf(distribution, nodes)
  if (sharing !== null) compute?.known('sharing', 'command', sharing, place)
  if (!divided) compute?.known('undividedBy', 'distribution', 'distribution', place)
}

/** A value that is not readable (`${{parent.inputs.compute}}`) is some cluster. */
function targetIn(given: ConfigNode | undefined): Target {
  // `compute: {target: azureml:gpus, instance_count: 2}` of the preview.
  const name = given?.kind === 'map' ? at(given, 'target') : given
  if (name === undefined || isNothing(name)) return { kind: 'none' }
  return targetNamed(written(name) ?? null)
}

function jobFacts(
  claims: ClaimBuilder,
  { place, kind, name }: Job,
  target: Target,
  given: ConfigNode | undefined,
  id: string,
  size: string | null,
  command: string,
): JobFacts {
  return {
    place,
    scope: name ?? kind,
    id,
    name: name === null ? null : { key: 'display_name', value: stated(claims.origin(place), name) },
    target,
    targetKey: 'compute',
    targetPlace: given === undefined ? place : nodePlace(given),
    size,
    role: 'job',
    small: smallByName(name ?? undefined) ?? smallByFlags(command),
    notebook: false,
  }
}

/** Seconds; without it a job runs for as long as it likes. */
function limitOf(source: ConfigSource, limitedByPipeline: boolean): Given<number | null> {
  const { value } = limitSettings.read('timeLimit', source)
  return limitedByPipeline && !source.has('limits', 'timeout')
    ? unreadable(value, 'limits of the pipeline')
    : value
}

function environmentOf(claims: ClaimBuilder, node: ConfigNode | undefined): Record<string, LaunchValue> {
  return Object.fromEntries(
    entries(node).map(({ key, value }) => [
      key,
      { value: written(value) ?? null, location: claims.locate(value) },
    ]),
  )
}

function changeJobFile(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys } = claim.site
  if (isJobOperation(claim)) return changeJobOperation(claim, facts)
  if (keys === undefined) return byHand(claim)
  switch (claim.setting) {
    case 'processes':
      return processSettings.change(claim, value, facts)
    case 'timeLimit':
      return limitSettings.change(claim, value, facts)
    case 'spot':
      return queueSettings.change(claim, value, facts)
    case 'nodes':
    case 'instanceType':
      return resourceSettings.change(claim, value, facts)
    default:
      return changeSweepFile(claim, value, facts)
  }
}
