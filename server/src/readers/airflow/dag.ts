/** Apache Airflow: when DAGs run, and what their training tasks ask for. */

import { cronInterval } from '../../estimate/schedule.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimArgument } from '../claim-argument.js'
import { jobRole } from '../job-in-code.js'
import { dateOf, secondsOf } from '../pipelines/time.js'
import { codeMatches } from '../pytorch/evidence.js'
import { resumption } from '../pytorch/resume.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { changeAirflow } from './change.js'
import { type Dag, dagsOf, defaultArgument, type Task, taskArgument } from './dags.js'
import { defaultActiveRuns, majorVersion } from './names.js'
import { claimPod } from './pods.js'
import { gpusOf, type ReadTask, usesAccelerator, workOf } from './tasks.js'

export const airflowReader = defineReader({
  name: 'airflow',
  languages: ['python'],
  triggers: ['airflow'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined || ![...python.imports].some((name) => /^airflow(\.|$)/.test(name))) return
    const version = majorVersion(python, context.versions)
    for (const dag of dagsOf(python)) readDag(python, context, claims, dag, version)
  },
  change: changeAirflow,
})

function readDag(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  dag: Dag,
  version: 2 | 3 | null,
): void {
  const tasks: ReadTask[] = dag.tasks.map((task) => ({
    task,
    work: workOf(python, context, task),
    gpus: gpusOf(python, task),
    limit: limitOf(python, dag, task),
  }))
  const dear = tasks.filter(({ work, gpus }) => work.work.includes('train') || gpus !== null)
  if (dear.length === 0) return
  const asked = Math.max(0, ...tasks.map(({ gpus }) => gpus?.count ?? 0))
  const worker = dear.some(({ task }) => usesAccelerator(python, task))
  const { notebook } = python.evidence
  const evidence: Evidence = {
    role: jobRole(python),
    accelerator: asked > 0 ? 'gpu' : worker ? python.evidence.accelerator : 'none',
    small: null,
    notebook,
  }
  readPipeline(python, claims, dag, dear, evidence, version, asked)
  for (const one of dear) {
    readStep(python, claims, dag, one, evidence)
    claimPod(python, claims, dag, one, evidence)
  }
}

/** What a task reads to work on the interval of its run. */
const ofInterval =
  /\{\{\s*(ds|ts|execution_date|logical_date|data_interval|prev_ds|next_ds)|\b(execution_date|logical_date|data_interval_(start|end))\b/

function readPipeline(
  python: PythonModule,
  claims: ClaimBuilder,
  dag: Dag,
  dear: ReadTask[],
  evidence: Evidence,
  version: 2 | 3 | null,
  gpus: number,
): void {
  const { call } = dag
  const place = calleePlace(call)
  const site = callSite(call)
  const name = nameOf(python, dag)
  const pipeline = claims.subject('Pipeline', place, name ?? '', evidence)
  pipeline.known('engine', 'Airflow', version === null ? 'Airflow' : `Airflow ${version}`, place, { site })
  if (name !== null) pipeline.known('name', 'dag_id', name, place, { site })
  const work = [...new Set(dear.flatMap((one) => one.work.work))]
  pipeline.known('work', 'tasks', work, place, { site })
  if (gpus > 0) pipeline.known('gpus', 'tasks', gpus, place, { site })
  pipeline.known('perInterval', 'tasks', codeMatches(python, ofInterval), place, { site })
  claimSchedule(python, pipeline, call, version)

  const ignored = defaultArgument(python, dag, 'catchup')
  const otherwise = version === null ? undefined : version === 2
  const catchup = python.argument(call, 'catchup')
  if (catchup.state === 'absent' && otherwise === undefined)
    pipeline.unknown('catchUp', 'catchup', 'the version of Airflow', place, { site })
  else {
    const anchor = ignored.state === 'given' ? 'ignored' : undefined
    claimArgument(pipeline, 'catchUp', 'catchup', call, catchup, {
      convert: asBoolean,
      ...(otherwise === undefined ? {} : { otherwise }),
      ...(anchor === undefined ? {} : { anchor }),
    })
  }
  if (ignored.state === 'given' && catchup.state === 'absent')
    pipeline.known('misplaced', 'catchup', 'default_args', { ...ignored.span })
  claimConcurrency(python, pipeline, dag, dear)
  const limit = python.argument(call, 'dagrun_timeout')
  const ofTasks = dear.every((one) => one.limit !== null) ? Math.max(...dear.map((one) => one.limit!)) : null
  const seconds = limit.state === 'given' ? secondsOf(python, limit.expr) : null
  if (seconds !== null) pipeline.known('runLimit', 'dagrun_timeout', seconds, place, { site })
  else if (limit.state !== 'absent')
    pipeline.unknown('runLimit', 'dagrun_timeout', 'a time that cannot be read', place, { site })
  else if (ofTasks !== null) pipeline.known('runLimit', 'execution_timeout', ofTasks, place, { site })
  else pipeline.default('runLimit', 'dagrun_timeout', null, place, { site })
}

function nameOf(python: PythonModule, dag: Dag): string | null {
  const id = python.argument(dag.call, 'dag_id', 0)
  if (id.state === 'given' && id.folded.state === 'known' && typeof id.folded.value === 'string')
    return id.folded.value
  return dag.func?.name ?? null
}

function claimSchedule(
  python: PythonModule,
  pipeline: SubjectBuilder<'Pipeline'>,
  call: Call,
  version: 2 | 3 | null,
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const key =
    ['schedule', 'schedule_interval', 'timetable'].find((name) =>
      call.expr.args.some((one) => one.name === name),
    ) ?? 'schedule'
  const given = python.argument(call, key)
  if (given.state === 'unknown') pipeline.unknown('interval', key, given.because, place, { site })
  else if (given.state === 'absent') {
    if (version === null) pipeline.unknown('interval', key, 'the version of Airflow', place, { site })
    else if (version === 3) pipeline.default('interval', key, null, place, { site })
    else {
      pipeline.default('interval', key, 86_400, place, { site })
      pipeline.default('schedule', key, 'every day, the default', place, { site })
    }
  } else {
    const at: Place = { ...given.span }
    const read = intervalOf(python, given)
    if (read === null) pipeline.unknown('interval', key, 'a schedule that cannot be read', at, { site })
    else {
      pipeline.known('interval', key, read.seconds, at, { site })
      if (read.text !== null) pipeline.known('schedule', key, read.text, at, { site })
    }
  }
  for (const [setting, keyword] of [
    ['start', 'start_date'],
    ['end', 'end_date'],
  ] as const) {
    const own = python.argument(call, keyword)
    const value = own.state === 'absent' ? inDefaults(python, call, keyword) : own
    if (value.state === 'absent') continue
    const day = value.state === 'given' ? dateOf(python, value.expr) : null
    const at = value.state === 'given' ? { ...value.span } : place
    if (day === null) pipeline.unknown(setting, keyword, 'a day that moves', at, { site })
    else pipeline.known(setting, keyword, day, at, { site })
  }
}

function inDefaults(python: PythonModule, call: Call, key: string): ArgumentValue {
  const given = python.argument(call, 'default_args')
  return given.state === 'given' ? python.entry(given.expr, key, call.expr.start) : given
}

/** Seconds between two runs; null inside: no clock starts it. */
function intervalOf(
  python: PythonModule,
  given: ArgumentValue & { state: 'given' },
): { seconds: number | null; text: string | null } | null {
  const text = python.text.slice(given.expr.start, given.expr.end)
  const ofCron = (cron: string) => {
    if (/^@(once|continuous)$/.test(cron)) return { seconds: null, text: cron }
    const seconds = cronInterval(cron)
    return seconds === null ? null : { seconds, text: cron }
  }
  if (given.folded.state === 'known') {
    const { value } = given.folded
    if (value === null) return { seconds: null, text: null }
    return typeof value === 'string' ? ofCron(value) : null
  }
  const seconds = secondsOf(python, given.expr)
  if (seconds !== null) return { seconds, text }
  const value = python.definition(given.expr)
  if (value.type !== 'call') return null
  const call = python.callOf(value)
  const first = value.args.find((one) => one.name === null || one.name === 'cron' || one.name === 'delta')
  if (call === null || first === undefined) return null
  if (/^Cron\w*Timetable$/.test(call.method)) {
    const cron = python.fold(first.value)
    return cron.state === 'known' && typeof cron.value === 'string' ? ofCron(cron.value) : null
  }
  if (/^Delta\w*Timetable$/.test(call.method)) {
    const delta = secondsOf(python, first.value)
    return delta === null ? null : { seconds: delta, text }
  }
  return null
}

/** Runs at the same time: those of the DAG, unless its training tasks take turns by themselves. */
function claimConcurrency(
  python: PythonModule,
  pipeline: SubjectBuilder<'Pipeline'>,
  dag: Dag,
  dear: ReadTask[],
): void {
  const key = 'max_active_runs'
  const place = calleePlace(dag.call)
  const site = callSite(dag.call)
  const oneAtATime = [
    'depends_on_past',
    'wait_for_downstream',
    'max_active_tis_per_dag',
    'task_concurrency',
  ].find((name) =>
    dear.every(({ task }) => {
      const value = taskArgument(python, dag, task, name)
      return (
        value.state === 'given' &&
        value.folded.state === 'known' &&
        (value.folded.value === true || value.folded.value === 1)
      )
    }),
  )
  if (oneAtATime !== undefined) {
    pipeline.known('concurrentRuns', oneAtATime, 1, place, { site })
    return
  }
  const pooled = dear.some(({ task }) => taskArgument(python, dag, task, 'pool').state !== 'absent')
  const given = python.argument(dag.call, key)
  if (given.state === 'absent' && pooled)
    pipeline.unknown('concurrentRuns', 'pool', 'a pool has slots of its own', place, { site })
  else
    claimArgument(pipeline, 'concurrentRuns', key, dag.call, given, {
      convert: asNumber,
      otherwise: defaultActiveRuns,
    })
}

function limitOf(python: PythonModule, dag: Dag, task: Task): number | null {
  const given = taskArgument(python, dag, task, 'execution_timeout')
  return given.state === 'given' ? secondsOf(python, given.expr) : null
}

const afterFailure =
  /^(all_done|always|one_failed|all_failed|one_done|ALL_DONE|ALWAYS|ONE_FAILED|ALL_FAILED|ONE_DONE|none_skipped)$/

function readStep(
  python: PythonModule,
  claims: ClaimBuilder,
  dag: Dag,
  read: ReadTask,
  evidence: Evidence,
): void {
  const { task, work, gpus } = read
  const node = task.call?.expr ?? task.decorator
  if (node == null) return
  const place: Place = task.call === null ? { start: node.start, end: node.end } : calleePlace(task.call)
  const site: Place = { start: node.start, end: node.end, anchor: task.call === null ? 'decorator' : 'call' }
  const uses = gpus !== null || usesAccelerator(python, task)
  const step = claims.subject('Step', place, task.name, {
    ...evidence,
    accelerator: gpus !== null ? 'gpu' : uses ? python.evidence.accelerator : 'none',
    small: uses && gpus === null ? python.evidence.small : null,
  })
  step.known('name', 'task_id', task.name, place, { site })
  step.known('engine', 'Airflow', 'Airflow', place, { site })
  step.known('work', task.kind, work.work, place, { site })
  step.known('unseen', task.kind, work.unseen, place, { site })
  step.known('unit', task.kind, work.job ? 'job' : 'task', place, { site })
  if (gpus !== null)
    step.known('gpus', gpus.key, gpus.count, { start: gpus.at.start, end: gpus.at.end }, { site })
  claimRetries(python, step, dag, task, place, site)
  claimResumption(python, step, task, place, site)
  const rule =
    task.call === null ? ({ state: 'absent' } as const) : python.argument(task.call, 'trigger_rule')
  if (rule.state === 'given') {
    const { expr } = rule
    const value =
      rule.folded.state === 'known' ? String(rule.folded.value) : expr.type === 'attribute' ? expr.attr : null
    if (value !== null)
      step.known(
        'startsAfterFailure',
        `trigger_rule="${value.toLowerCase()}"`,
        afterFailure.test(value),
        { ...rule.span },
        { site },
      )
  }
}

function claimRetries(
  python: PythonModule,
  step: SubjectBuilder<'Step'>,
  dag: Dag,
  task: Task,
  place: Place,
  site: Place,
): void {
  const given = taskArgument(python, dag, task, 'retries')
  if (given.state === 'absent') step.default('retries', 'retries', 0, place, { site })
  else if (given.state === 'unknown') step.unknown('retries', 'retries', given.because, place, { site })
  else {
    const { folded, span } = given
    const count = folded.state === 'known' ? asNumber(folded.value) : undefined
    if (folded.state === 'unknown' || count === undefined)
      step.unknown(
        'retries',
        'retries',
        folded.state === 'unknown' ? folded.because : 'a value that is not understood',
        { ...span },
        { site },
      )
    else
      step.known(
        'retries',
        'retries',
        count,
        { ...span },
        { site, overridable: folded.overridable, channel: folded.channel },
      )
  }
}

/** Whether a further attempt goes on from what an earlier one saved, where the code that trains stands in this file. */
function claimResumption(
  python: PythonModule,
  step: SubjectBuilder<'Step'>,
  task: Task,
  place: Place,
  site: Place,
): void {
  if (task.func === null) return
  const result = resumption(python)
  if (result === 'unknown')
    step.unknown('resumes', 'checkpoint', 'something is saved or loaded', place, { site })
  else step.known('resumes', 'checkpoint', result === 'resumes', place, { site })
}
