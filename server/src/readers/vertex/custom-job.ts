/**
 * Training jobs of Vertex AI from Python: `CustomJob`, `CustomJob.from_local_script`, and the `run` of `CustomTrainingJob`
 * and its kin. Source: google-cloud-aiplatform 1.70, aiplatform/jobs.py and training_jobs.py.
 */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal } from '../../edit/write.js'
import { readArguments as argumentsIn } from '../../link/script-arguments.js'
import type { Call, PythonModule } from '../../python/module.js'
import { uncalledDefault } from '../../python/uncalled.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression, textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert, orDefault, stated, unreadable } from '../../values/operations.js'
import { asNumber, asText } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { below, type Key, type Source } from '../../values/source.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import { ClaimBuilder, type SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { ownProcesses } from '../../workload/sharing.js'
import { startedUnder } from '../branches.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimInstalledPackages } from '../installed-at-start.js'
import { idAt, jobRole } from '../job-in-code.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { wordsOf } from '../words-in-code.js'
import {
  claimMachine,
  claimVertexService,
  heldBy,
  jobEvidence,
  type MachinePaths,
  pathsBelow,
  sameMachines,
  specOf,
  withoutAccelerators,
  writeMachine,
} from './machines.js'
import { claimJobProgram, claimPoolProgram } from './programs.js'
import { machineFields, machineKeys } from './python-fields.js'

const customJob = /^google\.cloud\.aiplatform\.(jobs\.)?CustomJob$/
const localScript = /^google\.cloud\.aiplatform\.(jobs\.)?CustomJob\.from_local_script$/
const trainingJob =
  /^google\.cloud\.aiplatform\.(training_jobs\.)?Custom(Container|PythonPackage)?TrainingJob$/
/** The component of pipelines: what it is given is what the job is given. */
const jobComponent = /^google_cloud_pipeline_components\..*\bCustomTrainingJobOp$/
/** The same as a component that takes what the job and its `run` take. */
const runComponent =
  /^google_cloud_pipeline_components\..*\bCustom(Container|PythonPackage)?TrainingJobRunOp$/
const tuningJob = /^google\.cloud\.aiplatform\.(jobs\.)?HyperparameterTuningJob$/
const week = 7 * 86_400

/** Of the machines, wherever they are asked for. */
const machineSettings = settingTable('Compute', {
  instanceType: {
    keys: ['machine_type'],
    parse: asText,
    write: String,
    title: (type, _, key) => `Use ${type}: ${key}`,
  },
  gpus: {
    keys: ['accelerator_count'],
    parse: asNumber,
    write: Number,
    title: (count, _, key) => `Request ${count} GPU: ${key} ${count}`,
  },
  nodes: {
    keys: ['replica_count'],
    parse: asNumber,
    otherwise: 1,
    write: Number,
    title: (count, _, key) => `Use ${count}: ${key}`,
  },
})

/** Of the call that starts the job; a week where no time is given. */
const runSettings = settingTable('Compute', {
  timeLimit: {
    keys: ['timeout'],
    parse: (value) => (value === null ? week : asNumber(value)),
    otherwise: week,
    write: Number,
    title: (seconds) => `End the job after ${Number(seconds) / 3600} hours: timeout=${seconds}`,
  },
})

export const vertexCustomJobReader = defineReader({
  name: 'vertex-custom-job',
  title: 'Vertex AI, from Python',
  leads: true,
  settings: [machineSettings, runSettings],
  languages: ['python'],
  triggers: ['CustomJob', 'TrainingJob', 'from_local_script', 'CustomTrainingJobOp'],
  read(facts, _context, claims) {
    const python = facts.python!
    if (
      !python.usesHere(
        'google.cloud.aiplatform.',
        'google.cloud.aiplatform',
        'google_cloud_pipeline_components.',
      )
    )
      return
    for (const call of python.calls) {
      const name = call.name ?? ''
      if (customJob.test(name) || jobComponent.test(name)) readCustomJob(python, claims, call)
      else if (localScript.test(name) || runComponent.test(name)) readArguments(python, claims, call, call)
      else if (call.method === 'run' || call.method === 'submit') {
        const made = call.receiverCall
        if (made !== null && trainingJob.test(made.name ?? '')) readArguments(python, claims, made, call)
      }
    }
  },
  change: changeJob,
})

function start(
  claims: ClaimBuilder,
  made: Call,
  source: CallSource,
  path: Key[],
  ran: Call | null,
): SubjectBuilder<'Compute'> {
  const { python } = source
  const place = calleePlace(made)
  const fields = machineFields(source, ...path)
  const { small, notebook } = python.evidence
  const evidence = { ...jobEvidence(heldBy(fields), jobRole(python)), small, notebook }
  const scope = [made.function?.qualified, made.assignedTo].filter(Boolean).join('.')
  const compute = claims.subject('Compute', place, scope, evidence, idAt(claims, 'vertex', place))
  const search = python.calls.find(
    (call) =>
      tuningJob.test(call.name ?? '') && call.expr.args.some((one) => python.callOf(one.value) === made),
  )
  const branches = startedUnder(python, made, claims)
  if (branches !== null) compute.known('branches', made.method, branches, place)
  claimVertexService(compute, 'Vertex AI', place, search !== undefined)
  // Cloud Storage is mounted under /gcs, and nothing else of its disk is kept.
  compute.known('losesFiles', 'container', true, place)
  const own = new CallSource(python, made, claims, { positions: { display_name: 0 } })
  compute.say('name', 'display_name', convert(own.get('display_name'), asText))
  compute.say('region', 'location', regionOf(python, own, claims))
  claimMachine(compute, fields, machineKeys)
  // A step is started by its pipeline, and may be given a time there.
  if (jobComponent.test(made.name ?? '')) {
    const text = convert(own.get('timeout'), asText)
    const seconds = convert(text, (given) => (/^\d+s$/.test(given) ? Number(given.slice(0, -1)) : undefined))
    compute.say('timeLimit', 'timeout', orDefault(seconds, week))
    return compute
  }
  if (runComponent.test(made.name ?? '')) {
    runSettings.claim(compute, own)
    return compute
  }
  // The trials of a search are started by the search.
  claimScheduling(python, compute, made, search === undefined ? ran : runOf(python, search))
  return compute
}

/** Its own location, else that of `aiplatform.init`, which is us-central1 by itself. */
function regionOf(python: PythonModule, own: CallSource, claims: ClaimBuilder): Given<string> {
  const given = convert(own.get('location'), asText)
  if (isGiven(given)) return given
  const inits = python.calls.filter((call) => /^google\.cloud\.aiplatform\.init$/.test(call.name ?? ''))
  const [init, ...others] = inits
  if (init === undefined || others.length > 0) return given
  const place = new CallSource(python, init, claims, { positions: { project: 0, location: 1 } })
  return orDefault(convert(place.get('location'), asText), 'us-central1')
}

/** What `run` is given; a job that is run elsewhere may be given anything. */
function claimScheduling(
  python: PythonModule,
  compute: SubjectBuilder<'Compute'>,
  made: Call,
  ran: Call | null,
): void {
  const place = calleePlace(made)
  const key = 'scheduling_strategy'
  if (ran === null) {
    compute.unknown('spot', key, 'the job is started elsewhere', place)
    compute.unknown('timeLimit', 'timeout', 'the job is started elsewhere', place)
    return
  }
  const source = new CallSource(python, ran, compute.locator, {
    target: { kind: 'call', role: 'run' },
    defaultOf: uncalledDefault,
  })
  runSettings.claim(compute, source)
  const strategy = source.get(key)
  const written = source.textOf(key) ?? ''
  compute.known('reserved', key, /FLEX_START/.test(written), place)
  const named = /\b(SPOT|LOW_COST|STANDARD|ON_DEMAND|FLEX_START)\b/.exec(written)?.[1]
  const spot = named === undefined ? undefined : /^(SPOT|LOW_COST)$/.test(named)
  const read = spot === undefined ? unreadable(strategy, 'not readable') : stated(strategy, spot)
  compute.say('spot', key, isGiven(strategy) ? read : orDefault(strategy, false))
}

/** The one call that starts a job; null: none, or several. */
function runOf(python: PythonModule, made: Call): Call | null {
  const runs = python.calls.filter(
    (one) => (one.method === 'run' || one.method === 'submit') && one.receiverCall === made,
  )
  return runs.length === 1 ? runs[0]! : null
}

function readCustomJob(python: PythonModule, claims: ClaimBuilder, made: Call): void {
  const key = 'worker_pool_specs'
  const source = new CallSource(python, made, claims, { positions: { [key]: 1 }, defaultOf: uncalledDefault })
  const pools = Array.from({ length: source.lengthOf(key) ?? 0 }, (_, index) => {
    const path = [key, index, 'machine_spec']
    const spec = source.expression(...path)
    return spec !== null && isWritten(python, spec) ? path : null
  })
  const [first] = pools
  if (first === undefined || first === null) return
  const compute = start(claims, made, source, first, runOf(python, made))
  const place = calleePlace(made)
  const known = pools.filter((one) => one !== null)
  const specs = known.map((path) => specOf(machineFields(source, ...path)))
  if (pools.length > 1) {
    const machines = known.length === pools.length && sameMachines(specs) ? replicasOf(source, key) : null
    if (machines === null) compute.unknown('nodes', 'replica_count', ownProcesses.pools, place)
    else compute.known('nodes', 'replica_count', machines, place)
    compute.known('sharing', key, ownProcesses.pools, place)
  } else claimReplicas(compute, below(source, key, 0))
  if (known.length !== pools.length || !sameMachines(specs))
    compute.known('sharing', key, ownProcesses.differingPools, place)
  pools.forEach((_path, index) => {
    const pool = source.expression(key, index)
    if (pool !== null) claimPoolProgram(python, claims, pool, compute.subject.job!, index)
  })
}

/** `{'machine_type': …}`, `MachineSpec(machine_type=…)`; what another call makes is not read. */
function isWritten(python: PythonModule, expr: Expr): boolean {
  const spec = python.definition(expr)
  return (
    spec.type === 'dict' ||
    (spec.type === 'call' && passedExpression(python.entry(spec, 'machine_type')) !== null)
  )
}

/** Machines of all pools; null where one of them is not known. */
function replicasOf(source: CallSource, key: string): number | null {
  let total = 0
  for (let index = 0; index < (source.lengthOf(key) ?? 0); index++) {
    const { value } = machineSettings.read('nodes', below(source, key, index))
    const count = effective(value)
    if (count === undefined) return null
    total += count
  }
  return total
}

/** Replicas learn from the service what they are: CLUSTER_SPEC and TF_CONFIG. */
function claimReplicas(compute: SubjectBuilder<'Compute'>, source: Source): void {
  const { key, value } = machineSettings.read('nodes', source)
  compute.say('nodes', key, value)
  if ((effective(value) ?? 1) > 1) compute.say('sharing', key, stated(value, ownProcesses.service))
}

/** `machine_type=…` as arguments: of `from_local_script`, or of the `run` of a training job. */
function readArguments(python: PythonModule, claims: ClaimBuilder, made: Call, asked: Call): void {
  const source = new CallSource(python, asked, claims, { defaultOf: uncalledDefault })
  // The default is a machine with four cores and nothing else.
  if (!isGiven(source.get('machine_type')) && !isGiven(source.get('accelerator_type'))) return
  const compute = start(claims, made, source, [], asked === made ? runOf(python, made) : asked)
  claimReplicas(compute, source)
  claimRequirements(python, claims, compute, made)
  claimScript(python, claims, made, asked, compute.subject.job!)
  claimJobProgram(python, claims, made, asked, compute.subject.job!)
}

/** Installed by pip in front of the script, at each start. */
function claimRequirements(
  python: PythonModule,
  claims: ClaimBuilder,
  compute: SubjectBuilder<'Compute'>,
  made: Call,
): void {
  const written = passedExpression(python.argument(made, 'requirements'))
  const names = written === null ? undefined : effective(python.fold(written))
  if (written === null || !Array.isArray(names)) return
  claimInstalledPackages(claims, compute, {
    key: 'requirements',
    packages: names.filter((one): one is string => typeof one === 'string' && one !== ''),
    at: { start: written.start, end: written.end },
    instead: 'build a container with them, and name it as the container_uri of the job',
    holder: 'the job',
  })
}

function claimScript(python: PythonModule, claims: ClaimBuilder, made: Call, asked: Call, job: string): void {
  // A container and a package have other arguments at this position.
  const position = /\bCustom(Job|TrainingJob(RunOp)?)\b/.test(made.name ?? '') ? 1 : null
  const path = python.argument(made, 'script_path', position)
  const script = textArgument(path)
  const shown = passedExpression(path)
  if (script === null || shown === null) return
  const words = wordsOf(python, python.argument(asked, 'args'))
  const given = words === null ? null : argumentsIn(words, (span) => claims.locate(span))
  claims.launch(
    {
      id: job,
      job,
      launcher: 'python',
      program: { path: script, module: null, bases: [''] },
      flags: given?.flags ?? {},
      positionals: given?.positionals ?? [],
      complete: given?.complete ?? false,
      environment: {},
      launcherFlags: {},
      processes: 1,
      nodes: 1,
      files: given?.files ?? [],
    },
    shown,
  )
}

function changeJob(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  const { target } = claim.site
  const machine = machineOf(claim, facts)
  if (machine !== null && claim.setting === 'instanceType')
    return writeMachine(machine.source, machine.paths, String(value))
  if (machine !== null && claim.setting === 'gpus' && value === 0)
    return withoutAccelerators(machine.source, machine.paths, 'Request no accelerators')
  if (claim.setting !== 'gpus' || claim.key === machineKeys.count) {
    if (Object.hasOwn(machineSettings.rows, claim.setting)) return machineSettings.change(claim, value, facts)
  }
  if (target?.kind !== 'call' || target.role !== 'run') return byHand(claim)
  if (claim.setting === 'timeLimit') return runSettings.change(claim, value, facts)
  if (claim.setting !== 'spot') return byHand(claim)
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  const spelled = nameFor(python.tree, 'google.cloud.aiplatform.compat.types', 'custom_job', {
    path: facts.path,
    fragment: facts.fragment.index,
    offset: call.expr.start,
  })
  const imports: Import[] = spelled.import === null ? [] : [spelled.import]
  const strategy = `${spelled.text}.Scheduling.Strategy.${value === true ? 'SPOT' : 'STANDARD'}`
  const set = (name: string, code: string) =>
    writeArgument(facts, call, name, python.argument(call, name), code)
  return changeOf(
    'Run on spot capacity, restarted when it is interrupted: scheduling_strategy',
    [set('scheduling_strategy', strategy), set('restart_job_on_worker_restart', 'True')],
    { imports },
  )
}

/** The request that the type or the number of accelerators stands in: arguments of a call, or the dictionary of a pool. */
function machineOf(
  { setting, key, site, reader }: Claim,
  { python, path, fragment }: FragmentFacts,
): { source: Source; paths: MachinePaths } | null {
  const wanted = setting === 'gpus' ? machineKeys.count : machineKeys.type
  const call = python?.callAt(site) ?? null
  if (python === undefined || call === null || key !== wanted) return null
  if (site.keys === undefined && python.argument(call, key).state !== 'given') return null
  return {
    source: new CallSource(python, call, new ClaimBuilder(path, fragment, reader)),
    paths: pathsBelow(site.keys?.slice(0, -1) ?? [], machineKeys),
  }
}
