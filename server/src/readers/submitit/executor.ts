/**
 * Submitit: jobs of a batch system that a Python program asks for. Source: submitit 1.5, slurm/slurm.py
 * (`_equivalence_dict`, `_make_sbatch_string`: five minutes, one node, 256 jobs of an array at once) and auto/auto.py.
 */

import { gpu } from '../../catalog/gpus.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimArgument, claimedCall } from '../claim-argument.js'
import { evidenceOfJob, idAt } from '../job-in-code.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { foldedValue } from '../search/plain-argument.js'
import { gpusNamed, secondsOf } from '../slurm/job.js'

const executors = /^submitit\.(\w+\.)*(AutoExecutor|SlurmExecutor)$/
const update = 'update_parameters'

export const submititReader = defineReader({
  name: 'submitit',
  languages: ['python'],
  triggers: ['submitit'],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const made of python.calls) if (executors.test(made.name ?? '')) readExecutor(python, claims, made)
  },
  change: changeExecutor,
})

function readExecutor(python: PythonModule, claims: ClaimBuilder, made: Call): void {
  // On the machine at hand nothing is asked for.
  if (/^(local|debug)$/.test(String(foldedValue(python.argument(made, 'cluster', 2)) ?? ''))) return
  const updates = python.calls.filter((call) => call.method === update && call.receiverCall === made)
  const [first] = updates
  if (first === undefined) return
  const options = new Options(python, updates)
  const gpus = options.find(
    'gpus_per_node',
    'slurm_gpus_per_node',
    'slurm_num_gpus',
    'slurm_gpus_per_task',
    'slurm_gres',
  )
  const shown = gpus?.call ?? first
  const evidence = evidenceOfJob(python, gpus === null ? 'maybe' : 'gpu')
  const place = calleePlace(shown)
  const job = idAt(claims, 'submitit', place)
  const compute = claims.subject('Compute', place, shown.function?.qualified ?? '', evidence, job)
  compute.known('provider', 'submitit', 'own cluster', place)
  compute.known('choosesCapacity', 'submitit', false, place)
  compute.known('limitedBy', 'slurm_partition', 'the partition', place)
  compute.known('reserved', 'slurm_reservation', false, place)
  compute.known('service', 'submit', false, place)
  const name = options.find('name', 'slurm_job_name')
  const called = name === null ? undefined : foldedValue(name.argument)
  if (typeof called === 'string' && name?.argument.state === 'given')
    compute.known('name', name.key, called, name.argument.span)
  const tasks = options.number('tasks_per_node', 'slurm_ntasks_per_node') ?? null
  claimGpus(compute, gpus, tasks, place)
  claim(compute, options, 'nodes', ['nodes', 'slurm_nodes'], asNumber, 1)
  claim(compute, options, 'timeLimit', ['timeout_min', 'slurm_time'], secondsFrom, 300)
  claim(compute, options, 'exclusive', ['slurm_exclusive'], asBoolean, false)
  // Without it the scheduler decides, by rules of its own.
  const cpus = options.given('cpus_per_task', 'slurm_cpus_per_task')
  if (cpus !== undefined && tasks !== null) compute.known('cpus', 'cpus_per_task', cpus * tasks, place)
  const submits = submitsOf(python, made)
  const many = submits.some(
    (call) => call.method === 'map_array' || call.loops.length > 0 || call.withs.length > 0,
  )
  compute.known('trials', 'submit', many, place)
  claimLaunches(python, claims, submits, {
    job,
    tasks,
    nodes: options.number('nodes', 'slurm_nodes') ?? null,
  })
}

interface Option {
  key: string
  call: Call
  argument: ArgumentValue
}

/** What all calls of `update_parameters` give together; the last one wins. */
class Options {
  constructor(
    private readonly python: PythonModule,
    readonly updates: Call[],
  ) {}

  find(...names: string[]): Option | null {
    let unreadable: Option | null = null
    for (const call of [...this.updates].reverse()) {
      for (const key of names) {
        const argument = this.python.argument(call, key)
        if (argument.state === 'given' && !isNone(argument)) return { key, call, argument }
        if (argument.state === 'unknown') unreadable ??= { key, call, argument }
      }
    }
    return unreadable
  }

  /** One where it is not given; undefined: it is not known. */
  number(...names: string[]): number | undefined {
    return this.find(...names) === null ? 1 : this.given(...names)
  }

  given(...names: string[]): number | undefined {
    const found = this.find(...names)
    if (found === null) return undefined
    const { argument } = found
    // An option of the program, which a launch may replace.
    if (argument.state !== 'given' || argument.folded.state !== 'known' || argument.folded.overridable)
      return undefined
    return asNumber(argument.folded.value)
  }
}

const isNone = (argument: ArgumentValue): boolean =>
  argument.state === 'given' && argument.folded.state === 'known' && argument.folded.value === null

/** Minutes, or a time as the scheduler writes it. */
function secondsFrom(value: Json): number | undefined {
  if (typeof value === 'number') return value * 60
  return typeof value === 'string' ? (secondsOf(value) ?? undefined) : undefined
}

function claim<K extends 'nodes' | 'timeLimit' | 'exclusive'>(
  compute: SubjectBuilder<'Compute'>,
  options: Options,
  setting: K,
  names: string[],
  convert: (value: Json) => (K extends 'exclusive' ? boolean : number) | undefined,
  otherwise: K extends 'exclusive' ? boolean : number,
): void {
  const found = options.find(...names)
  const key = found?.key ?? names[0]!
  claimArgument(
    compute,
    setting,
    key,
    found?.call ?? options.updates[0]!,
    found?.argument ?? { state: 'absent' },
    {
      convert: convert as never,
      otherwise: otherwise as never,
      anchor: key,
    },
  )
}

/** `gpus_per_node=4`, `'a100:4'`, `slurm_gres='gpu:a40:1'`; for each task, so many times the tasks. */
function claimGpus(
  compute: SubjectBuilder<'Compute'>,
  gpus: Option | null,
  tasks: number | null,
  place: Place,
): void {
  if (gpus === null) {
    compute.unknown('gpus', 'gpus_per_node', 'not given', place)
    return
  }
  const { key, call, argument } = gpus
  const each = key === 'slurm_gpus_per_task'
  const factor = each ? tasks : 1
  const value = foldedValue(argument)
  if (typeof value === 'string') {
    const asked = gpusNamed(value)
    const model = asked.model === null ? undefined : gpu(asked.model)
    if (model !== undefined && argument.state === 'given')
      compute.known('gpuModel', key, model.name, argument.span)
  }
  claimArgument(compute, 'gpus', key, call, argument, {
    convert: (given) => {
      const count = typeof given === 'string' ? gpusNamed(given).count : asNumber(given)
      return count == null || factor === null ? undefined : count * factor
    },
    ...(each ? {} : { anchor: key }),
  })
}

function submitsOf(python: PythonModule, made: Call): Call[] {
  return python.calls.filter(
    (call) => (call.method === 'submit' || call.method === 'map_array') && call.receiverCall === made,
  )
}

/** The function that is submitted runs in a process of its own, as if it were a program. */
function claimLaunches(
  python: PythonModule,
  claims: ClaimBuilder,
  submits: Call[],
  { job, tasks, nodes }: { job: string; tasks: number | null; nodes: number | null },
): void {
  const seen = new Set<string>()
  for (const call of submits) {
    const first = call.expr.args[0]
    const path = first === undefined ? null : fileOf(python, first.value)
    if (path === null || seen.has(path)) continue
    seen.add(path)
    claims.launch(
      {
        id: `${job}:${seen.size}`,
        job,
        launcher: 'srun',
        everyNode: true,
        program: { path, module: null, bases: [] },
        flags: {},
        positionals: [],
        // What it is called with takes the place of options.
        complete: call.expr.args.length === 1,
        environment: {},
        launcherFlags: {},
        processes: tasks,
        nodes,
        files: [],
      },
      calleePlace(call),
    )
  }
}

/** The file of the project that holds a function; null: not known, or it takes options that a call replaces. */
function fileOf(python: PythonModule, callee: Expr): string | null {
  if (python.functionOf(callee) !== null) return python.programArguments.length === 0 ? python.path : null
  const target = python.targetOf(callee)
  return target === null ? null : (python.projectTarget(target)?.summary.path ?? null)
}

function changeExecutor(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  const key = claim.site.anchor
  if (call === null || key === undefined || facts.python === undefined) return byHand(claim)
  const given = facts.python.argument(call, key)
  const write = (title: string, code: string): Change | Refusal => {
    const one = writeArgument(facts, call, key, given, code)
    return 'reason' in one ? one : { title, safety: 'unsafe', writes: [one], imports: [] }
  }
  switch (claim.setting) {
    case 'gpus':
      if (key === 'slurm_gres' || typeof foldedValue(given) !== 'number')
        return { reason: `${key} names the kind of GPU as well` }
      return write(`Ask for ${value === 1 ? 'one GPU' : `${value} GPUs`}: ${key}=${value}`, String(value))
    case 'nodes':
      return write(`Ask for ${value} node: ${key}=${value}`, String(value))
    case 'timeLimit': {
      const minutes = Math.round(Number(value) / 60)
      return key === 'slurm_time' && typeof foldedValue(given) !== 'number'
        ? { reason: 'write the time as the scheduler reads it' }
        : write(`End the job after ${minutes / 60} hours: ${key}=${minutes}`, String(minutes))
    }
    case 'exclusive':
      return write(`Share the node: ${key}=False`, 'False')
    default:
      return byHand(claim)
  }
}
