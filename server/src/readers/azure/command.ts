/**
 * Command jobs of Azure Machine Learning from Python, SDK v2: `command(…)` and `CommandJob(…)`, run by themselves, swept,
 * or as a step of a pipeline. Source: azure-ai-ml 1.22, entities/_builders/command_func.py and command.py.
 */

import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { isLeftOut } from '../../values/argument.js'
import type { CallSource } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { asNumber, asText } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import { commandOutline } from '../command-outline.js'
import { idAt, jobRole, scopeOf } from '../job-in-code.js'
import { claimScript } from '../job-script.js'
import { launchValue } from '../launch-value.js'
import { claimWholeType } from '../machine-claims.js'
import { defineReader, type ReaderContext } from '../reader.js'
import type { JobMachine } from '../shell/job-operations.js'
import { changeCommand } from './command-change.js'
import { commandSettings } from './command-settings.js'
import { CommandSource, useOf } from './command-use.js'
import {
  atInputs,
  claimGpusByProcesses,
  claimJob,
  distributed,
  filledIn,
  folderOf,
  isGpuCluster,
  isServerless,
  type JobFacts,
  machineHeld,
  mayHaveGpus,
  mostCalls,
  sharingOf,
} from './job-claims.js'

const builder = 'azure.ai.ml.command'
const names = /^azure\.ai\.ml\.(command|(\w+\.)*CommandJob)$/

export const azureCommandReader = defineReader({
  name: 'azure-command',
  title: 'Azure ML, SDK v2',
  leads: true,
  settings: [commandSettings],
  languages: ['python'],
  triggers: ['azure.ai.ml'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls.filter((one) => names.test(one.name ?? '')).slice(0, mostCalls))
      readCommand(python, context, claims, call)
  },
  change: changeCommand,
})

function readCommand(python: PythonModule, context: ReaderContext, claims: ClaimBuilder, call: Call): void {
  // All of it comes from elsewhere.
  if (!call.expr.args.some((one) => one.name !== null)) return
  const place = calleePlace(call)
  const use = useOf(python, call)
  const id = idAt(claims, 'azure', place)
  const { target } = use
  const source = new CommandSource(python, call, use, claims)
  const { value: size } = commandSettings.read('instanceType', source)
  const isJob = use.submitted || use.steps > 0 || target.kind !== 'none' || isGiven(size) || use.swept
  const distribution = distributionOf(source)
  const nodes = commandSettings.read('nodes', source).value
  const nodeCount = effective(nodes) ?? null
  const remote = isJob && target.kind !== 'local'
  let compute: SubjectBuilder<'Compute'> | null = null
  let machine: JobMachine | null = null
  if (remote) {
    const { small, notebook } = python.evidence
    const title = ['display_name', 'name']
      .map((key) => ({ key, value: convert(source.get(key), asText) }))
      .find(({ value }) => effective(value) !== undefined)
    const facts: JobFacts = {
      place,
      scope: scopeOf(call),
      id,
      name: title ?? null,
      target,
      targetKey: 'compute',
      targetPlace: use.place ?? place,
      size: effective(size) ?? null,
      role: jobRole(python),
      small,
      notebook,
    }
    compute = claimJob(claims, facts)
    // With services, somebody works on it by hand while it waits.
    if (!isGiven(source.get('services')) && !use.assigned.has('services'))
      machine = machineHeld(compute, facts, nodeCount)
    compute.known('trials', 'sweep', use.swept && !use.submitted, place)
    if (isGiven(size)) claimWholeType(compute, 'instance_type', size)
    else if (isGpuCluster(target)) claimGpusByProcesses(compute, distribution.perNode)
    commandSettings.claim(
      compute,
      source,
      {},
      distribution.kind === null ? ['nodes'] : ['nodes', 'processes'],
    )
    // A sweep has limits of its own.
    if (!use.swept || use.submitted) claimLimit(compute, source)
    if (mayHaveGpus(target, isGiven(size))) compute.known('neverEnded', 'command', true, place)
    // Spot capacity is asked for on serverless compute only; clusters have it or not.
    if (isGiven(source.get('job_tier')) || isServerless(target))
      commandSettings.claim(compute, source, {}, ['spot'])
  }
  const sharing = claimCommand(python, context, claims, source, {
    job: remote ? id : null,
    id,
    nodes: nodeCount,
    distribution,
    searched: use.inputs,
    machine,
  })
  if (compute !== null && sharing !== null) compute.known('sharing', 'command', sharing, place)
  if (distribution.kind === null) compute?.known('undividedBy', 'distribution', 'distribution', place)
}

/** The class of a job has no argument of that name: it takes an object. */
function claimLimit(compute: SubjectBuilder<'Compute'>, source: CommandSource): void {
  const { key, value } = commandSettings.read('timeLimit', source)
  const none = isLeftOut(source.argument('limits')) && !isGiven(source.get('timeout'))
  compute.say('timeLimit', none && source.call.name !== builder ? 'limits' : key, value)
}

interface Distribution {
  /** In lower case; null: none. */
  kind: string | null
  perNode: Given<number>
}

/** `{'type': 'pytorch', 'process_count_per_instance': 4}`, `PyTorchDistribution(process_count_per_instance=4)`. */
function distributionOf(source: CallSource): Distribution {
  const perNode = convert(source.get('distribution', 'process_count_per_instance'), asNumber)
  if (isLeftOut(source.argument('distribution'))) return { kind: null, perNode }
  const made = source.maker('distribution')?.method ?? ''
  const named = /^(PyTorch|Mpi|TensorFlow|Ray)Distribution$/.exec(made)?.[1]
  const type = named ?? effective(source.get('distribution', 'type'))
  return { kind: typeof type === 'string' ? type.toLowerCase() : 'unknown', perNode }
}

/** As the launches want it; undefined: not given; null: not readable. */
const countOf = (given: Given<number>): number | null | undefined =>
  isGiven(given) ? (effective(given) ?? null) : undefined

interface Launched {
  job: string | null
  id: string
  nodes: number | null
  distribution: Distribution
  /** Inputs that get other values than those of the call. */
  searched: Set<string>
  machine: JobMachine | null
}

/** The programs of its command. What is returned is why others may use its machines as well; null: they do not. */
function claimCommand(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  source: CallSource,
  { job, id, nodes, distribution, searched, machine }: Launched,
): string | null {
  const shown = source.expression('command')
  const known = effective(source.get('command'))
  const written = typeof known === 'string' ? known : shown && commandOutline(python, shown)
  if (shown === null || written === null) return 'a command that cannot be read'
  const text = filledIn(written, (name) => {
    const value = searched.has(name) ? undefined : effective(source.get('inputs', name))
    return value === undefined ? undefined : (asPlainWord(value) ?? undefined)
  })
  const code = effective(source.get('code'))
  const perNode = countOf(distribution.perNode)
  const names = source.keysOf('environment_variables') ?? []
  const work = claimScript(claims, context, {
    node: { kind: 'scalar', value: text, raw: text, start: shown.start, end: shown.end },
    text,
    job: id,
    environment: Object.fromEntries(
      names.map((name) => [name, launchValue(source.get('environment_variables', name), asPlainWord)]),
    ),
    folder: folderOf(typeof code === 'string' ? code : null),
    placed: true,
    nodes,
    machine,
    adjust: (parts) =>
      atInputs(distributed(parts, distribution.kind, perNode), written, (name) => {
        const value = source.get('inputs', name)
        return isGiven(value) ? value.location : undefined
      }),
  })
  // What no machine is known for stands alone.
  if (job === null) for (const launch of claims.extraction.launches) if (launch.job === id) launch.job = null
  return work?.sharing ?? sharingOf(distribution.kind, nodes)
}

const asPlainWord = (value: Json): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null
