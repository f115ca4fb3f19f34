/**
 * Submitit: jobs of a batch system that a Python program asks for. Source: submitit 1.5, slurm/slurm.py
 * (`_equivalence_dict`, `_make_sbatch_string`: five minutes, one node, 256 jobs of an array at once) and auto/auto.py.
 */

import { gpu } from '../../catalog/gpus.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { isLeftOut, knownArgument, passedExpression, textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import {
  absent,
  convert,
  derived,
  firstKeyed,
  type Keyed,
  orDefault,
  orUnknown,
} from '../../values/operations.js'
import { asBoolean, asNumber, asText } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { Key, Locator, Source } from '../../values/source.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { startedUnder } from '../branches.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { evidenceOfJob, idAt } from '../job-in-code.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { gpusNamed, secondsOf } from '../slurm/job.js'

const executors = /^submitit\.(\w+\.)*(AutoExecutor|SlurmExecutor)$/
const update = 'update_parameters'

/** Minutes, or a time as the scheduler writes it. */
function secondsFrom(value: Json): number | undefined {
  if (typeof value === 'number') return value * 60
  return typeof value === 'string' ? (secondsOf(value) ?? undefined) : undefined
}

const minutesOf = (seconds: number | null): number => Math.round(Number(seconds) / 60)

const executorSettings = settingTable('Compute', {
  nodes: {
    keys: ['nodes', 'slurm_nodes'],
    parse: asNumber,
    otherwise: 1,
    write: Number,
    title: (count, _, key) => `Request ${count} node: ${key}=${count}`,
  },
  timeLimit: {
    keys: ['timeout_min', 'slurm_time'],
    parse: secondsFrom,
    otherwise: 300,
    write: minutesOf,
    title: (_, minutes, key) => `End the job after ${Number(minutes) / 60} hours: ${key}=${minutes}`,
  },
  exclusive: {
    keys: ['slurm_exclusive', ['slurm_additional_parameters', 'exclusive']],
    parse: asBoolean,
    otherwise: false,
    write: () => false,
    title: (_, __, key) => `Share the node: ${key}=False`,
  },
})

export const submititReader = defineReader({
  name: 'submitit',
  title: 'Submitit',
  leads: true,
  settings: [executorSettings],
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
  if (/^(local|debug)$/.test(textArgument(python.argument(made, 'cluster', 2)) ?? '')) return
  const updates = python.calls.filter((call) => call.method === update && call.receiverCall === made)
  const [first] = updates
  if (first === undefined) return
  const source = new Updates(python, updates, claims)
  const gpus = source.first(
    'gpus_per_node',
    'slurm_gpus_per_node',
    'slurm_num_gpus',
    'slurm_gpus_per_task',
    'slurm_gres',
  )
  const shown = source.callOf(gpus.key) ?? first
  const evidence = evidenceOfJob(python, isGiven(gpus.value) ? 'gpu' : 'maybe')
  const place = calleePlace(shown)
  const job = idAt(claims, 'submitit', place)
  const compute = claims.subject('Compute', place, shown.function?.qualified ?? '', evidence, job)
  const branches = startedUnder(python, shown, claims)
  if (branches !== null) compute.known('branches', shown.method, branches, place)
  compute.known('provider', 'submitit', 'own cluster', place)
  compute.known('choosesCapacity', 'submitit', false, place)
  compute.known('limitedBy', 'slurm_partition', 'the partition', place)
  compute.known('reserved', 'slurm_reservation', false, place)
  compute.known('service', 'submit', false, place)
  const name = source.first('name', 'slurm_job_name')
  compute.say('name', name.key, convert(name.value, asText))
  const tasks = fixedCount(orDefault(source.first('tasks_per_node', 'slurm_ntasks_per_node').value, 1))
  claimGpus(compute, gpus, tasks)
  executorSettings.claim(compute, source)
  // Without it the scheduler decides, by rules of its own.
  const cpus = fixedCount(source.first('cpus_per_task', 'slurm_cpus_per_task').value)
  if (cpus !== null && tasks !== null) compute.known('cpus', 'cpus_per_task', cpus * tasks, place)
  const submits = submitsOf(python, made)
  const many = submits.some(
    (call) => call.method === 'map_array' || call.loops.length > 0 || call.withs.length > 0,
  )
  compute.known('trials', 'submit', many, place)
  claimLaunches(python, claims, submits, {
    job,
    tasks,
    nodes: fixedCount(executorSettings.read('nodes', source).value),
  })
}

/** What all calls of `update_parameters` give together; the last one wins, and None gives nothing. */
class Updates implements Source {
  constructor(
    private readonly python: PythonModule,
    private readonly updates: readonly Call[],
    private readonly locator: Locator,
  ) {}

  /** The call that gives it; null: none does, as far as can be seen. */
  callOf(key: string): Call | null {
    const given = this.updates.filter((call) => !isLeftOut(this.python.argument(call, key)))
    const seen = given.filter((call) => passedExpression(this.python.argument(call, key)) !== null)
    return seen.at(-1) ?? given.at(-1) ?? null
  }

  get(...path: Key[]): Given<Json> {
    const key = String(path[0])
    const call = this.callOf(key)
    const own = new CallSource(this.python, call ?? this.updates[0]!, this.locator)
    return call === null ? absent(own.get(key)) : own.get(...path)
  }

  first(...keys: string[]): Keyed<Json> {
    const [first, ...others] = keys.map((key) => ({ key, value: this.get(key) }))
    return firstKeyed(first!, ...others)
  }

  set(path: readonly Key[]): Refusal {
    return { reason: `${path.join('.')} is set elsewhere` }
  }
}

/** Null: not a number, or an option of the program that a launch may replace. */
function fixedCount(given: Given<Json>): number | null {
  const value = given.overridable ? undefined : effective(given)
  return typeof value === 'number' ? value : null
}

/** `gpus_per_node=4`, `'a100:4'`, `slurm_gres='gpu:a40:1'`; for each task, so many times the tasks. */
function claimGpus(
  compute: SubjectBuilder<'Compute'>,
  { key, value }: Keyed<Json>,
  tasks: number | null,
): void {
  const factor = key === perTask ? tasks : 1
  const modelOf = (asked: Json) => {
    const model = typeof asked === 'string' ? gpusNamed(asked).model : null
    return model === null ? undefined : gpu(model)?.name
  }
  compute.say('gpuModel', key, derived(value, modelOf))
  const count = convert(value, (asked) => {
    const each = typeof asked === 'string' ? gpusNamed(asked).count : asNumber(asked)
    return each == null || factor === null ? undefined : each * factor
  })
  compute.say('gpus', key, orUnknown(count, 'not given'))
}

const perTask = 'slurm_gpus_per_task'

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
        // What it is called with takes the place of options, and those of this program are for whoever submits.
        complete:
          call.expr.args.length === 1 && (path !== python.path || python.programArguments.length === 0),
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

/** What the one call of the function around it passes for a parameter. */
function onlyPassed(python: PythonModule, expr: Expr): Expr {
  const [binding] = expr.type === 'name' ? python.bindingsOf(expr) : []
  const owner = binding?.kind === 'param' ? python.parameterOf(binding) : null
  const sites = owner === null ? null : python.callSites(owner.func)
  if (sites?.length !== 1) return expr
  return passedExpression(python.argument(sites[0]!, binding!.name, owner!.position)) ?? expr
}

/** The file of the project that holds a function; null: not known. */
function fileOf(python: PythonModule, given: Expr): string | null {
  const callee = onlyPassed(python, given)
  if (python.functionOf(callee) !== null) return python.path
  const target = python.targetOf(callee)
  return target === null ? null : (python.projectTarget(target)?.summary.path ?? null)
}

function changeExecutor(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  const { key } = claim
  if (call === null || facts.python === undefined) return byHand(claim)
  const plain = typeof knownArgument(facts.python.argument(call, key)) === 'number'
  if (key === 'slurm_time' && !plain) return { reason: 'write the time as the scheduler reads it' }
  if (claim.setting !== 'gpus') return executorSettings.change(claim, value, facts)
  if (key === perTask) return byHand(claim)
  if (key === 'slurm_gres' || !plain) return { reason: `${key} names the kind of GPU as well` }
  const title = `Request ${value === 1 ? 'one GPU' : `${value} GPUs`}: ${key}=${value}`
  const given = facts.python.argument(call, key)
  return changeOf(title, [writeArgument(facts, call, key, given, String(value))])
}
