/**
 * Azure Machine Learning jobs in YAML (CLI v2): commands, sweeps, and those steps of pipelines that are written in
 * place. Source: references of the command, sweep and pipeline job schemas; azure-ai-ml 1.22, _schema/job.
 */
import { instance } from '../../catalog/instances.js'
import { at, entries, entry, map, number, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { LaunchParts } from '../../link/launch-line.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence, LaunchValue } from '../../workload/claim.js'
import { type Keys, keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { claimScript } from '../job-script.js'
import { defineReader, type ReaderContext, type UnitFacts } from '../reader.js'
import { changeSweepFile, claimSweepFile } from './sweep-file.js'

export const azureJobReader = defineReader({
  name: 'azure-job',
  languages: ['yaml'],
  triggers: ['azureml', 'sampling_algorithm', 'instance_count', 'type: command'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? [])
      for (const job of jobsOf(document)) readJob(claims, context, job)
  },
  change: changeJobFile,
})

interface Job {
  document: ConfigDocument
  kind: 'command' | 'sweep'
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
  const kind = text(type?.value) ?? /(command|sweep|pipeline)Job\.schema/.exec(schema)?.[1]
  const said = type ?? entry(root, '$schema')
  if (kind === undefined || said === undefined) return []
  if (kind === 'command' || kind === 'sweep') {
    if (!isJob(root!, kind)) return []
    const span = { start: said.keyStart, end: said.value.end }
    const name = text(at(root, 'display_name')) ?? text(at(root, 'name')) ?? null
    return [
      {
        document,
        kind,
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

/** Other tools have a `type` too. */
function isJob(node: ConfigNode, kind: 'command' | 'sweep'): boolean {
  if (kind === 'sweep')
    return entry(node, 'sampling_algorithm') !== undefined || entry(node, 'search_space') !== undefined
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
  const target = written(at(node, 'compute') ?? at(program, 'compute') ?? job.compute)
  if (kind === 'sweep') claimSweepFile(claims, node, document, keys, job.name ?? 'sweep')
  // A local job runs on the machine of its author.
  if (target === 'local') return
  const serverless = target === undefined || /^(azureml:)?serverless$/i.test(target)
  const resources = at(node, 'resources') ?? at(program, 'resources')
  const resourceKeys: Keys = [...(at(node, 'resources') === undefined ? within : keys), 'resources']
  const type = at(resources, 'instance_type')
  const typeName = text(type)
  const machine = typeName === undefined ? undefined : instance(typeName)
  const perNode = number(at(program, 'distribution', 'process_count_per_instance'))
  const named = /(^|[^a-z])(gpu|nc|nd|a100|v100|h100|t4)(?![a-z])/i.test(target ?? '')
  const gpu = machine === undefined ? named : machine.gpuCount > 0
  const evidence: Evidence = {
    role: 'job',
    accelerator: gpu ? 'gpu' : machine === undefined ? 'maybe' : 'none',
    small: null,
    notebook: false,
  }
  const id = `${claims.path}#${document.index}:${keys.join('.')}`
  const compute = claims.subject('Compute', place, job.name ?? kind, evidence, id)
  if (job.name !== null) compute.known('name', 'display_name', job.name, place)
  compute.known('provider', 'compute', 'azure', place)
  compute.known('choosesCapacity', 'compute', serverless, place)
  compute.known('reserved', 'compute', false, place)
  compute.known('service', 'command', false, place)
  compute.known('trials', 'type', kind === 'sweep', place)
  if (typeName !== undefined) {
    const shown = nodePlace(type!)
    const site = keyedPlace(shown, document.index, [...resourceKeys, 'instance_type'])
    compute.known('instanceType', 'instance_type', typeName, shown, { site })
    if (machine === undefined)
      compute.unknown('gpus', 'instance_type', 'a machine that the catalogue does not know', shown)
    else {
      compute.known('gpus', 'instance_type', machine.gpuCount, shown, { site })
      compute.known('cpus', 'instance_type', machine.vcpus, shown)
      if (machine.gpu !== null) compute.known('gpuModel', 'instance_type', machine.gpu.name, shown)
    }
  } else if (named && perNode !== undefined && perNode > 1) {
    // One process for each GPU: more of them than one tell how many there are.
    const at_ = nodePlace(at(program, 'distribution', 'process_count_per_instance')!)
    compute.known('gpus', 'process_count_per_instance', perNode, at_)
  } else compute.unknown('gpus', 'compute', 'the cluster is defined elsewhere', place)
  const nodes = claimNodes(compute, resources, resourceKeys, job)
  claimLimit(compute, job)
  claimTier(compute, job, program, serverless)
  const distribution = text(at(program, 'distribution', 'type'))
  const command = at(program, 'command')
  if (command === undefined) return
  const work = claimScript(claims, context, {
    node: command,
    text: filledIn(textWithTemplates(command), program, node),
    job: id,
    environment: environmentOf(claims, at(program, 'environment_variables')),
    folder: folderOf(at(program, 'code')),
    nodes,
    machine: null,
    adjust: (parts) => distributed(parts, distribution, perNode),
  })
  const sharing =
    work?.sharing ??
    (distribution === undefined && nodes !== 1
      ? 'several nodes without a distribution'
      : distribution !== undefined && distribution !== 'pytorch'
        ? 'variables of the service'
        : null)
  if (sharing !== null) compute.known('sharing', 'command', sharing, place)
}

function claimNodes(
  compute: SubjectBuilder<'Compute'>,
  resources: ConfigNode | undefined,
  keys: Keys,
  { place, document }: Job,
): number | null {
  const given = at(resources, 'instance_count')
  const shown = given === undefined ? place : nodePlace(given)
  const site = keyedPlace(shown, document.index, [...keys, 'instance_count'])
  if (given === undefined) {
    compute.default('nodes', 'instance_count', 1, place, { site })
    return 1
  }
  const count = number(given)
  if (count === undefined) compute.unknown('nodes', 'instance_count', 'an expression', shown, { site })
  else compute.known('nodes', 'instance_count', count, shown, { site })
  return count ?? null
}

/** `limits.timeout`: seconds; a job without it runs for as long as it likes. A sweep has limits of its own. */
function claimLimit(compute: SubjectBuilder<'Compute'>, job: Job): void {
  const { node, document, keys, place, kind } = job
  if (kind === 'sweep') return
  const given = at(node, 'limits', 'timeout')
  const site = keyedPlace(place, document.index, [...keys, 'limits', 'timeout'])
  if (given !== undefined) {
    const seconds = number(given)
    if (seconds === undefined)
      compute.unknown('timeLimit', 'limits.timeout', 'an expression', nodePlace(given), { site })
    else compute.known('timeLimit', 'limits.timeout', seconds, nodePlace(given), { site })
  } else if (job.limited)
    compute.unknown('timeLimit', 'limits.timeout', 'limits of the pipeline', place, { site })
  else compute.default('timeLimit', 'limits.timeout', null, place, { site })
}

/** Spot capacity is asked for by the tier of the queue, on serverless compute only; clusters have it or not. */
function claimTier(
  compute: SubjectBuilder<'Compute'>,
  { node, document, keys, place }: Job,
  program: ConfigNode,
  serverless: boolean,
): void {
  const found = entry(at(node, 'queue_settings') ?? at(program, 'queue_settings'), 'job_tier')
  if (found !== undefined) {
    const shown = { start: found.keyStart, end: found.value.end }
    const site = keyedPlace(shown, document.index, [...keys, 'queue_settings', 'job_tier'])
    const tier = text(found.value)
    if (tier === undefined) compute.unknown('spot', 'job_tier', 'an expression', shown, { site })
    else compute.known('spot', 'job_tier', /^spot$/i.test(tier), shown, { site })
    return
  }
  if (!serverless) return
  const site = keyedPlace(place, document.index, [...keys, 'queue_settings', 'job_tier'])
  compute.default('spot', 'job_tier', false, place, { site })
}

/** The folder that is uploaded, which the command starts in; null: another place, or none. */
function folderOf(code: ConfigNode | undefined): string | null {
  const path = text(code)
  return path === undefined || /^([a-z]+:|\/|~)/i.test(path) ? null : path.replace(/^\.\/?/, '')
}

function environmentOf(claims: ClaimBuilder, node: ConfigNode | undefined): Record<string, LaunchValue> {
  return Object.fromEntries(
    entries(node).map(({ key, value }) => [
      key,
      { value: written(value) ?? null, location: claims.locate(value) },
    ]),
  )
}

/** `${{inputs.epochs}}` with the value that the same file gives. */
function filledIn(source: string | undefined, ...holders: ConfigNode[]): string | undefined {
  return source?.replace(/\$\{\{\s*inputs\.([\w-]+)\s*\}\}/g, (whole, name: string) => {
    for (const holder of holders) {
      const value = written(at(holder, 'inputs', name))
      if (value !== undefined && /^[\w.+-]+$/.test(value)) return value
    }
    return whole
  })
}

/** The service starts the processes by itself, as torchrun or mpirun would. */
function distributed(parts: LaunchParts, kind: string | undefined, perNode: number | undefined): LaunchParts {
  if (parts.launcher !== 'python' || kind === undefined) return parts
  const launcher = kind === 'pytorch' ? 'torchrun' : kind === 'mpi' ? 'mpirun' : null
  return launcher === null ? { ...parts, processes: null } : { ...parts, launcher, processes: perNode ?? 1 }
}

function changeJobFile(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined) return { reason: `${claim.key} has to be changed by hand here` }
  const set = (title: string, to: string | number) => writeKeys(claim, facts, title, [{ keys, value: to }])
  switch (claim.setting) {
    case 'timeLimit':
      return set(`End the job after ${Number(value) / 3600} hours: limits.timeout: ${value}`, Number(value))
    case 'spot':
      return set('Run on spot capacity: queue_settings.job_tier: Spot', value === true ? 'Spot' : 'Standard')
    case 'nodes':
      return set(`Run it on ${value} node: instance_count: ${value}`, Number(value))
    case 'instanceType': {
      const name = String(value)
      return set(`Use ${name}`, name)
    }
    default:
      return changeSweepFile(claim, value, facts)
  }
}
