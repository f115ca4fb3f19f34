/**
 * Training jobs of Vertex AI from Python: `CustomJob`, `CustomJob.from_local_script`, and the `run` of `CustomTrainingJob`
 * and its kin. Source: google-cloud-aiplatform 1.70, aiplatform/jobs.py and training_jobs.py.
 */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { define } from '../../text/records.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimArgument, claimFolded } from '../claim-argument.js'
import { idAt, jobRole } from '../job-in-code.js'
import { defineReader, type UnitFacts } from '../reader.js'
import { foldedValue } from '../search/plain-argument.js'
import { claimVertexService, jobEvidence, type MachineSpec, machineHeld, sameMachines } from './machines.js'

const customJob = /^google\.cloud\.aiplatform\.(jobs\.)?CustomJob$/
const localScript = /^google\.cloud\.aiplatform\.(jobs\.)?CustomJob\.from_local_script$/
const trainingJob =
  /^google\.cloud\.aiplatform\.(training_jobs\.)?Custom(Container|PythonPackage)?TrainingJob$/
const tuningJob = /^google\.cloud\.aiplatform\.(jobs\.)?HyperparameterTuningJob$/
const week = 7 * 86_400

export const vertexCustomJobReader = defineReader({
  name: 'vertex-custom-job',
  languages: ['python'],
  triggers: ['CustomJob', 'TrainingJob', 'from_local_script'],
  read(facts, _context, claims) {
    const python = facts.python!
    if (!python.usesHere('google.cloud.aiplatform.', 'google.cloud.aiplatform')) return
    for (const call of python.calls) {
      const name = call.name ?? ''
      if (customJob.test(name)) readCustomJob(python, claims, call)
      else if (localScript.test(name)) readArguments(python, claims, call, call)
      else if (call.method === 'run' || call.method === 'submit') {
        const made = call.receiverCall
        if (made !== null && trainingJob.test(made.name ?? '')) readArguments(python, claims, made, call)
      }
    }
  },
  change: changeJob,
})

interface Fields {
  type: ArgumentValue
  accelerator: ArgumentValue
  count: ArgumentValue
  replicas: ArgumentValue
}

const word = (value: ArgumentValue): string | null => {
  const folded = foldedValue(value)
  return typeof folded === 'string' ? folded : null
}

/** `aiplatform.gapic.AcceleratorType.NVIDIA_TESLA_K80`, with or without `.name`. */
function acceleratorOf(value: ArgumentValue): string | null {
  const plain = word(value)
  if (plain !== null || value.state !== 'given') return plain
  for (let { expr } = value; expr.type === 'attribute'; expr = expr.value)
    if (/^(NVIDIA|TPU|ACCELERATOR)_/.test(expr.attr)) return expr.attr
  return null
}

function specOf({ type, accelerator, count }: Fields): MachineSpec {
  const number = foldedValue(count)
  return {
    type: word(type),
    accelerator: acceleratorOf(accelerator),
    count: count.state === 'absent' || isNone(count) ? undefined : typeof number === 'number' ? number : null,
  }
}

const isNone = (value: ArgumentValue): boolean =>
  value.state === 'given' && value.folded.state === 'known' && value.folded.value === null

function start(
  python: PythonModule,
  claims: ClaimBuilder,
  made: Call,
  fields: Fields,
  ran: Call | null,
): SubjectBuilder<'Compute'> {
  const place = calleePlace(made)
  const spec = specOf(fields)
  const readable =
    fields.accelerator.state === 'absent' || spec.accelerator !== null || isNone(fields.accelerator)
  const held = readable ? machineHeld(spec) : { gpus: null, model: null, cpus: null, tpu: false }
  const { small, notebook } = python.evidence
  const evidence = { ...jobEvidence(held, jobRole(python)), small, notebook }
  const scope = [made.function?.qualified, made.assignedTo].filter(Boolean).join('.')
  const id = idAt(claims, 'vertex', place)
  const compute = claims.subject('Compute', place, scope, evidence, id)
  const site = callSite(made)
  const search = python.calls.find(
    (call) =>
      tuningJob.test(call.name ?? '') && call.expr.args.some((one) => python.callOf(one.value) === made),
  )
  claimVertexService(compute, 'Vertex AI', place, search !== undefined)
  const name = python.argument(made, 'display_name', 0)
  const display = word(name)
  if (display !== null && name.state === 'given') compute.known('name', 'display_name', display, name.span)
  const { type, count } = fields
  if (type.state === 'given')
    claimFolded(compute, 'instanceType', 'machine_type', type.folded, { ...type.span }, asText, {
      ...type.span,
      // Other machines do not take accelerators of this kind.
      anchor: fields.accelerator.state === 'absent' ? 'value' : 'attached',
    })
  const own = count.state === 'given' && !isNone(count) ? count : type
  const key = own === count ? 'accelerator_count' : 'machine_type'
  const at: Place = own.state === 'given' ? { ...own.span } : place
  const valueSite: Place = own === count ? { ...at, anchor: 'value' } : site
  if (held.gpus === null) compute.unknown('gpus', key, 'a machine that is not known', at, { site: valueSite })
  else compute.known('gpus', key, held.gpus, at, { site: valueSite })
  const { accelerator } = fields
  const card: Place = accelerator.state === 'given' && !isNone(accelerator) ? { ...accelerator.span } : at
  if (held.model !== null) compute.known('gpuModel', 'accelerator_type', held.model, card)
  if (held.cpus !== null) compute.known('cpus', 'machine_type', held.cpus, at)
  // The trials of a search are started by the search.
  claimScheduling(python, compute, made, search === undefined ? ran : runOf(python, search))
  return compute
}

const asText = (value: Json): string | undefined => (typeof value === 'string' ? value : undefined)

/** What `run` is given; a job that is run elsewhere may be given anything. */
function claimScheduling(
  python: PythonModule,
  compute: SubjectBuilder<'Compute'>,
  made: Call,
  ran: Call | null,
): void {
  const place = calleePlace(made)
  if (ran === null) {
    compute.unknown('spot', 'scheduling_strategy', 'the job is started elsewhere', place)
    compute.unknown('timeLimit', 'timeout', 'the job is started elsewhere', place)
    return
  }
  claimArgument(compute, 'timeLimit', 'timeout', ran, python.argument(ran, 'timeout'), {
    convert: (value) => (value === null ? week : asNumber(value)),
    otherwise: week,
  })
  const strategy = python.argument(ran, 'scheduling_strategy')
  const site = callSite(ran, 'run')
  compute.known('reserved', 'scheduling_strategy', /FLEX_START/.test(textOf(python, strategy)), place)
  if (strategy.state === 'absent')
    compute.default('spot', 'scheduling_strategy', false, calleePlace(ran), { site })
  else if (strategy.state === 'unknown')
    compute.unknown('spot', 'scheduling_strategy', strategy.because, place, { site })
  else {
    const written = textOf(python, strategy)
    const said = /\b(SPOT|LOW_COST|STANDARD|ON_DEMAND|FLEX_START)\b/.exec(written)?.[1]
    if (said === undefined)
      compute.unknown('spot', 'scheduling_strategy', 'not readable', { ...strategy.span }, { site })
    else
      compute.known(
        'spot',
        'scheduling_strategy',
        /^(SPOT|LOW_COST)$/.test(said),
        { ...strategy.span },
        { site },
      )
  }
}

const textOf = (python: PythonModule, value: ArgumentValue): string =>
  value.state === 'given' ? (word(value) ?? python.text.slice(value.span.start, value.span.end)) : ''

/** The one call that starts a job; null: none, or several. */
function runOf(python: PythonModule, made: Call): Call | null {
  const runs = python.calls.filter(
    (one) => (one.method === 'run' || one.method === 'submit') && one.receiverCall === made,
  )
  return runs.length === 1 ? runs[0]! : null
}

function readCustomJob(python: PythonModule, claims: ClaimBuilder, made: Call): void {
  const given = python.argument(made, 'worker_pool_specs', 1)
  if (given.state !== 'given') return
  const list = python.definition(given.expr)
  if (list.type !== 'list') return
  const pools = list.items.map((item) => poolOf(python, item))
  const [first] = pools
  if (first === undefined || first === null) return
  const compute = start(python, claims, made, first, runOf(python, made))
  const place = calleePlace(made)
  const known = pools.filter((one) => one !== null)
  const uniform = known.length === pools.length && sameMachines(known.map(specOf))
  if (pools.length > 1) {
    compute.unknown('nodes', 'replica_count', 'several worker pools', place)
    compute.known('sharing', 'worker_pool_specs', 'several worker pools', place)
  } else claimReplicas(compute, first.replicas, made)
  if (!uniform) compute.known('sharing', 'worker_pool_specs', 'worker pools that differ', place)
}

function poolOf(python: PythonModule, item: Expr): Fields | null {
  const pool = python.definition(item)
  if (pool.type !== 'dict') return null
  const machine = python.entry(pool, 'machine_spec')
  if (machine.state !== 'given') return null
  const spec = python.definition(machine.expr)
  if (spec.type !== 'dict') return null
  return {
    type: python.entry(spec, 'machine_type'),
    accelerator: python.entry(spec, 'accelerator_type'),
    count: python.entry(spec, 'accelerator_count'),
    replicas: python.entry(pool, 'replica_count'),
  }
}

/** Replicas learn from the service what they are: CLUSTER_SPEC and TF_CONFIG. */
function claimReplicas(compute: SubjectBuilder<'Compute'>, replicas: ArgumentValue, made: Call): void {
  const place = calleePlace(made)
  const count = replicas.state === 'absent' ? 1 : foldedValue(replicas)
  if (typeof count !== 'number') {
    compute.unknown('nodes', 'replica_count', 'a number that is not readable', place)
    return
  }
  const at: Place = replicas.state === 'given' ? { ...replicas.span } : place
  compute.known('nodes', 'replica_count', count, at, { site: { ...at, anchor: 'value' } })
  if (count > 1) compute.known('sharing', 'replica_count', 'variables of the service', place)
}

/** `machine_type=…` as arguments: of `from_local_script`, or of the `run` of a training job. */
function readArguments(python: PythonModule, claims: ClaimBuilder, made: Call, asked: Call): void {
  const argument = (name: string) => python.argument(asked, name)
  if (asked.expr.args.some((one) => one.name === null && one.star > 0)) return
  const type = argument('machine_type')
  const fields: Fields = {
    type,
    accelerator: argument('accelerator_type'),
    count: argument('accelerator_count'),
    replicas: argument('replica_count'),
  }
  // The default is a machine with four cores and nothing else.
  if (type.state === 'absent' && fields.accelerator.state === 'absent') return
  const compute = start(python, claims, made, fields, asked === made ? runOf(python, made) : asked)
  claimReplicas(compute, fields.replicas, made)
  claimScript(python, claims, made, asked, compute.subject.job!)
}

function claimScript(python: PythonModule, claims: ClaimBuilder, made: Call, asked: Call, job: string): void {
  const path = python.argument(made, 'script_path', 1)
  const script = word(path)
  if (script === null || path.state !== 'given') return
  const args = python.argument(asked, 'args')
  const values = args.state === 'absent' ? [] : foldedValue(args)
  const flags = Array.isArray(values) ? flagsOf(values, claims, path.span) : null
  claims.launch(
    {
      id: job,
      job,
      launcher: 'python',
      program: { path: script, module: null, bases: [''] },
      flags: flags ?? {},
      positionals: [],
      complete: flags !== null,
      environment: {},
      launcherFlags: {},
      processes: 1,
      nodes: 1,
      files: [],
    },
    { ...path.span },
  )
}

/** `['--epochs=10', '--lr', '0.1']`; null: not readable. */
function flagsOf(values: Json[], claims: ClaimBuilder, place: Place) {
  const flags: Record<
    string,
    { value: string | boolean | null; location: ReturnType<ClaimBuilder['locate']> }
  > = {}
  const location = claims.locate(place)
  for (let index = 0; index < values.length; index++) {
    const one = values[index]
    if (typeof one !== 'string') return null
    const match = /^--?([\w-]+)(?:=([\s\S]*))?$/.exec(one)
    if (match === null) continue
    const next = values[index + 1]
    const value = match[2] ?? (next !== undefined && !/^-/.test(String(next)) ? String(next) : true)
    define(flags, match[1]!, { value, location })
  }
  return flags
}

function changeJob(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const python = facts.python!
  const { unit, start: from, end, anchor } = claim.site
  if (anchor === 'value') {
    const old = python.text.slice(from, end)
    const quote = /^["']/.exec(old)?.[0]
    const literal = typeof value === 'number' ? /^\d+$/.test(old) : quote !== undefined
    if (!literal) return { reason: `${claim.key} is set in another place` }
    const text = typeof value === 'number' ? String(value) : `${quote}${value}${quote}`
    const write: Write = { kind: 'replace', path: facts.path, range: { unit, start: from, end }, text }
    const title =
      claim.setting === 'gpus' ? `Ask for ${value} GPU: ${claim.key} ${value}` : `Use ${value}: ${claim.key}`
    return { title, safety: 'unsafe', writes: [write], imports: [] }
  }
  if (claim.setting !== 'spot' || anchor !== 'run') return byHand(claim)
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  const spelled = nameFor(python.tree, 'google.cloud.aiplatform.compat.types', 'custom_job', {
    path: facts.path,
    unit: facts.unit.index,
    offset: call.expr.start,
  })
  const imports: Import[] = spelled.import === null ? [] : [spelled.import]
  const strategy = `${spelled.text}.Scheduling.Strategy.${value === true ? 'SPOT' : 'STANDARD'}`
  const writes = [
    writeArgument(facts, call, 'scheduling_strategy', python.argument(call, 'scheduling_strategy'), strategy),
    writeArgument(
      facts,
      call,
      'restart_job_on_worker_restart',
      python.argument(call, 'restart_job_on_worker_restart'),
      'True',
    ),
  ]
  return changeOf('Run on spot capacity, and start again when it is taken: scheduling_strategy', writes, {
    imports,
  })
}
