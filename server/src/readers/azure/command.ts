/**
 * Command jobs of Azure Machine Learning from Python, SDK v2: `command(…)` and `CommandJob(…)`, run by themselves, swept,
 * or as a step of a pipeline. Source: azure-ai-ml 1.22, entities/_builders/command_func.py and command.py.
 */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { define } from '../../text/records.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { LaunchValue } from '../../workload/claim.js'
import { claimArgument } from '../claim-argument.js'
import { idAt, jobRole, scopeOf } from '../job-in-code.js'
import { claimScript } from '../job-script.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { foldedValue } from '../search/plain-argument.js'
import type { JobMachine } from '../shell/job-operations.js'
import { changeCommand } from './command-change.js'
import { type CommandUse, fieldOf, laterCall, useOf } from './command-use.js'
import {
  claimGpusByProcesses,
  claimJob,
  claimJobMachine,
  distributed,
  filledIn,
  folderOf,
  isGpuCluster,
  isServerless,
  type JobFacts,
  machineHeld,
  mostCalls,
  sharingOf,
} from './job-claims.js'

const names = /^azure\.ai\.ml\.(command|(\w+\.)*CommandJob)$/

export const azureCommandReader = defineReader({
  name: 'azure-command',
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
  const size = resource(python, call, use, 'instance_type')
  const type = foldedValue(size.value)
  const isJob =
    use.submitted || use.steps > 0 || target.kind !== 'none' || size.value.state !== 'absent' || use.swept
  const distribution = distributionOf(python, call)
  const nodes = resource(python, call, use, 'instance_count')
  const count = nodes.value.state === 'absent' ? 1 : foldedValue(nodes.value)
  const nodeCount = typeof count === 'number' ? count : null
  const remote = isJob && target.kind !== 'local'
  let compute: SubjectBuilder<'Compute'> | null = null
  let machine: JobMachine | null = null
  if (remote) {
    const { small, notebook } = python.evidence
    const title = ['display_name', 'name']
      .map((key) => ({ key, value: python.argument(call, key) }))
      .find(({ value }) => typeof foldedValue(value) === 'string')
    const facts: JobFacts = {
      place,
      scope: scopeOf(call),
      id,
      name:
        title?.value.state === 'given'
          ? { key: title.key, value: foldedValue(title.value) as string, place: { ...title.value.span } }
          : null,
      target,
      targetKey: 'compute',
      targetPlace: use.place ?? place,
      size: typeof type === 'string' ? type : null,
      role: jobRole(python),
      small,
      notebook,
    }
    compute = claimJob(claims, facts)
    // With services, somebody works on it by hand while it waits.
    if (python.argument(call, 'services').state === 'absent' && !use.assigned.has('services'))
      machine = machineHeld(compute, facts, nodeCount)
    compute.known('trials', 'sweep', use.swept && !use.submitted, place)
    if (typeof type === 'string' && size.value.state === 'given')
      claimJobMachine(compute, 'instance_type', type, { ...size.value.span }, { site: callSite(size.call) })
    else if (size.value.state !== 'absent')
      compute.unknown('gpus', 'instance_type', 'a machine that cannot be read', place)
    else if (isGpuCluster(target))
      claimGpusByProcesses(
        compute,
        'process_count_per_instance',
        distribution.perNode,
        distribution.place ?? place,
      )
    claimArgument(compute, 'nodes', 'instance_count', nodes.call, nodes.value, {
      convert: (value) => (value === null ? 1 : asNumber(value)),
      otherwise: 1,
    })
    claimLimit(python, compute, call, use)
    claimTier(python, compute, call, use)
  }
  const sharing = claimCommand(python, context, claims, call, {
    job: remote ? id : null,
    id,
    nodes: nodeCount,
    distribution,
    searched: use.inputs,
    machine,
  })
  if (compute !== null && sharing !== null) compute.known('sharing', 'command', sharing, place)
}

interface Resource {
  /** The call that carries it. */
  call: Call
  value: ArgumentValue
}

/** In the call itself, in what is given as its `resources`, or set afterwards. */
function resource(python: PythonModule, call: Call, use: CommandUse, key: string): Resource {
  const own = python.argument(call, key)
  if (own.state !== 'absent') return { call, value: own }
  const given = python.argument(call, 'resources')
  if (given.state !== 'absent') return fieldOf(python, call, given, key)
  const later = laterCall(python, use, 'set_resources')
  if (later !== null) return { call: later, value: python.argument(later, key) }
  if (use.assigned.has('resources'))
    return { call, value: { state: 'unknown', because: 'it is set afterwards' } }
  return { call, value: own }
}

/** Seconds after which the job is cancelled; left out, nothing does. A sweep has limits of its own. */
function claimLimit(
  python: PythonModule,
  compute: SubjectBuilder<'Compute'>,
  call: Call,
  use: CommandUse,
): void {
  if (use.swept && !use.submitted) return
  const builder = call.name === 'azure.ai.ml.command'
  let found: Resource = { call, value: python.argument(call, builder ? 'timeout' : 'limits') }
  const limits = python.argument(call, 'limits')
  const later = laterCall(python, use, 'set_limits')
  let key = builder ? 'timeout' : 'limits'
  if (limits.state !== 'absent' && foldedValue(limits) !== null) {
    found = fieldOf(python, call, limits, 'timeout')
    key = 'timeout'
  } else if (later !== null) {
    found = { call: later, value: python.argument(later, 'timeout') }
    key = 'timeout'
  } else if (use.assigned.has('limits')) {
    compute.unknown('timeLimit', 'limits', 'it is set afterwards', calleePlace(call))
    return
  }
  claimArgument(compute, 'timeLimit', key, found.call, found.value, {
    convert: (value) => (value === null ? null : asNumber(value)),
    otherwise: null,
  })
}

/** Spot capacity is asked for by the tier, on serverless compute only; clusters have it or not. */
function claimTier(
  python: PythonModule,
  compute: SubjectBuilder<'Compute'>,
  call: Call,
  use: CommandUse,
): void {
  let found: Resource = { call, value: python.argument(call, 'job_tier') }
  const settings = python.argument(call, 'queue_settings')
  const later = laterCall(python, use, 'set_queue_settings')
  if (settings.state !== 'absent') found = fieldOf(python, call, settings, 'job_tier')
  else if (later !== null) found = { call: later, value: python.argument(later, 'job_tier') }
  else if (found.value.state === 'absent') {
    if (!isServerless(use.target)) return
    if (use.assigned.has('queue_settings')) {
      compute.unknown('spot', 'job_tier', 'it is set afterwards', calleePlace(call))
      return
    }
  }
  claimArgument(compute, 'spot', 'job_tier', found.call, found.value, {
    convert: (value) =>
      typeof value === 'string' ? /^spot$/i.test(value) : value === null ? false : undefined,
    otherwise: false,
  })
}

interface Distribution {
  /** In lower case; null: none; undefined: not readable. */
  kind: string | null | undefined
  perNode: number | null | undefined
  place: Place | null
}

/** `{'type': 'pytorch', 'process_count_per_instance': 4}`, `PyTorchDistribution(process_count_per_instance=4)`. */
function distributionOf(python: PythonModule, call: Call): Distribution {
  const given = python.argument(call, 'distribution')
  if (given.state === 'absent' || foldedValue(given) === null)
    return { kind: null, perNode: undefined, place: null }
  const made = given.state === 'given' ? python.callOf(given.expr) : null
  const named = /^(PyTorch|Mpi|TensorFlow|Ray)Distribution$/.exec(made?.method ?? '')?.[1]
  const type = named ?? foldedValue(fieldOf(python, call, given, 'type').value)
  const count = fieldOf(python, call, given, 'process_count_per_instance').value
  const perNode = count.state === 'absent' ? undefined : foldedValue(count)
  return {
    kind: typeof type === 'string' ? type.toLowerCase() : 'unknown',
    perNode: typeof perNode === 'number' ? perNode : count.state === 'absent' ? undefined : null,
    place: count.state === 'given' ? { ...count.span } : null,
  }
}

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
  call: Call,
  { job, id, nodes, distribution, searched, machine }: Launched,
): string | null {
  const argument = python.argument(call, 'command')
  const written = foldedValue(argument)
  if (argument.state !== 'given' || typeof written !== 'string') return 'a command that cannot be read'
  const inputs = python.argument(call, 'inputs')
  const text = filledIn(written, (name) => {
    if (searched.has(name)) return undefined
    const value = inputs.state === 'given' ? foldedValue(python.entry(inputs.expr, name)) : undefined
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  })
  const code = foldedValue(python.argument(call, 'code'))
  const work = claimScript(claims, context, {
    node: { kind: 'scalar', value: text, raw: text, ...argument.span },
    text,
    job: id,
    environment: environmentOf(python, claims, call),
    folder: folderOf(typeof code === 'string' ? code : null),
    placed: true,
    nodes,
    machine,
    adjust: (parts) => distributed(parts, distribution.kind, distribution.perNode),
  })
  // What no machine is known for stands alone.
  if (job === null) for (const launch of claims.reading.launches) if (launch.job === id) launch.job = null
  return work?.sharing ?? sharingOf(distribution.kind, nodes)
}

function environmentOf(python: PythonModule, claims: ClaimBuilder, call: Call): Record<string, LaunchValue> {
  const given = python.argument(call, 'environment_variables')
  if (given.state !== 'given') return {}
  const found: Record<string, LaunchValue> = {}
  for (const key of python.keysOf(given.expr) ?? []) {
    const value = python.entry(given.expr, key)
    const folded = foldedValue(value)
    define(found, key, {
      value: typeof folded === 'string' || typeof folded === 'number' ? String(folded) : null,
      location: claims.locate(value.state === 'given' ? value.span : given.span),
    })
  }
  return found
}
