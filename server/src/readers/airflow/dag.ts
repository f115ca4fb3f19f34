/** Apache Airflow: when DAGs run, and what their training tasks ask for. */

import { cronInterval } from '../../estimate/schedule.js'
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression, textArgument, understood } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert, derived, orDefault, orUnknown, stated } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { jobRole } from '../job-in-code.js'
import { dateOf, secondsOf, timeOf } from '../pipelines/time.js'
import { codeMatches } from '../pytorch/evidence.js'
import { resumption } from '../pytorch/resume.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { changeAirflow } from './change.js'
import { type Dag, dagsOf, placesOf, type Task, TaskSource } from './dags.js'
import { claimDeployments } from './deployments.js'
import { claimMappedTasks } from './mapped-tasks.js'
import { defaultActiveRuns, majorVersion, scheduleKeys } from './names.js'
import { claimPod } from './pods.js'
import { gpusOf, type ReadTask, usesAccelerator, workOf } from './tasks.js'

const taskSettings = settingTable('Step', {
  retries: { keys: ['retries'], parse: asNumber, otherwise: 0 },
})

export const airflowReader = defineReader({
  name: 'airflow',
  title: 'Airflow',
  leads: true,
  settings: [taskSettings],
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
  claimDeployments(python, claims, dag)
  const tasks: ReadTask[] = dag.tasks.map((task) => ({
    task,
    work: workOf(python, context, task),
    gpus: gpusOf(python, task),
    limit: limitOf(python, claims, dag, task),
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
    claimMappedTasks(python, claims, one)
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
  const source = new CallSource(python, call, claims)
  claimSchedule(python, pipeline, source, version)
  const catchup = convert(new CallSource(python, call, claims).get('catchup'), asBoolean)
  const byVersion =
    version === null ? orUnknown(catchup, 'the version of Airflow') : orDefault(catchup, version === 2)
  pipeline.say('catchUp', 'catchup', byVersion)
  if (source.expression('default_args', 'catchup') !== null && !isGiven(catchup))
    pipeline.say('misplaced', 'catchup', stated(source.get('default_args', 'catchup'), 'default_args'))
  claimConcurrency(python, pipeline, dag, source, dear)
  const key = 'dagrun_timeout'
  const limit = timeOf(python, source.get(key), source.argument(key))
  const limits = dear.map((one) => one.limit)
  if (!isGiven(limit) && !limits.includes(null))
    pipeline.known('runLimit', 'execution_timeout', Math.max(...limits.map(Number)), place, { site })
  else pipeline.say('runLimit', key, orDefault<number | null>(limit, null))
}

function nameOf(python: PythonModule, dag: Dag): string | null {
  return textArgument(python.argument(dag.call, 'dag_id', 0)) ?? dag.func?.name ?? null
}

function claimSchedule(
  python: PythonModule,
  pipeline: SubjectBuilder<'Pipeline'>,
  source: CallSource,
  version: 2 | 3 | null,
): void {
  const key =
    scheduleKeys.find((name) => source.call.expr.args.some((one) => one.name === name)) ?? 'schedule'
  const argument = source.argument(key)
  const read = (expr: Expr) => intervalOf(python, expr)
  const given = understood(source.get(key), argument, read, 'a schedule that cannot be read')
  const byDefault = version === 3 ? never : { seconds: 86_400, text: 'every day, the default' }
  const interval = version === null ? orUnknown(given, 'the version of Airflow') : orDefault(given, byDefault)
  pipeline.say(
    'interval',
    key,
    convert(interval, ({ seconds }) => seconds),
  )
  if (effective(interval) !== undefined)
    pipeline.say(
      'schedule',
      key,
      derived(interval, ({ text }) => text ?? undefined),
    )
  const day = (keyword: string): Given<string> => {
    const path = isGiven(source.get(keyword)) ? [keyword] : ['default_args', keyword]
    return understood(
      source.get(...path),
      source.argument(...path),
      (expr) => dateOf(python, expr),
      'a day that moves',
    )
  }
  pipeline.say('start', 'start_date', day('start_date'))
  pipeline.say('end', 'end_date', day('end_date'))
}

/** Seconds between two runs, and how that is written; null: no clock starts it. */
interface Interval {
  seconds: number | null
  text: string | null
}
const never: Interval = { seconds: null, text: null }

function intervalOf(python: PythonModule, expr: Expr): Interval | null {
  const text = python.text.slice(expr.start, expr.end)
  const ofCron = (cron: unknown): Interval | null => {
    if (typeof cron !== 'string') return null
    if (/^@(once|continuous)$/.test(cron)) return { seconds: null, text: cron }
    const seconds = cronInterval(cron)
    return seconds === null ? null : { seconds, text: cron }
  }
  const known = effective(python.fold(expr))
  if (known !== undefined) return known === null ? never : ofCron(known)
  const seconds = secondsOf(python, expr)
  if (seconds !== null) return { seconds, text }
  const value = python.definition(expr)
  if (value.type !== 'call') return null
  const call = python.callOf(value)
  const first = value.args.find((one) => one.name === null || one.name === 'cron' || one.name === 'delta')
  if (call === null || first === undefined) return null
  if (/^Cron\w*Timetable$/.test(call.method)) return ofCron(effective(python.fold(first.value)))
  if (!/^Delta\w*Timetable$/.test(call.method)) return null
  const delta = secondsOf(python, first.value)
  return delta === null ? null : { seconds: delta, text }
}

/** Runs at the same time: those of the DAG, unless its training tasks take turns by themselves. */
function claimConcurrency(
  python: PythonModule,
  pipeline: SubjectBuilder<'Pipeline'>,
  dag: Dag,
  source: CallSource,
  dear: ReadTask[],
): void {
  const tasks = dear.map(({ task }) => new TaskSource(python, dag, task, pipeline.locator))
  const oneAtATime = [
    'depends_on_past',
    'wait_for_downstream',
    'max_active_tis_per_dag',
    'task_concurrency',
  ].find((name) => tasks.every((task) => Number(effective(task.get(name)) ?? 0) === 1))
  if (oneAtATime !== undefined) {
    const place = calleePlace(dag.call)
    pipeline.known('concurrentRuns', oneAtATime, 1, place, { site: callSite(dag.call) })
    return
  }
  const key = 'max_active_runs'
  const given = convert(source.get(key), asNumber)
  const pooled = !isGiven(given) && tasks.some((task) => isGiven(task.get('pool')))
  if (pooled) pipeline.say('concurrentRuns', 'pool', orUnknown(given, 'a pool has slots of its own'))
  else pipeline.say('concurrentRuns', key, orDefault(given, defaultActiveRuns))
}

function limitOf(python: PythonModule, claims: ClaimBuilder, dag: Dag, task: Task): number | null {
  const given = passedExpression(new TaskSource(python, dag, task, claims).argument('execution_timeout'))
  return given === null ? null : secondsOf(python, given)
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
  const places = placesOf(task)
  if (places === null) return
  const { place, site } = places
  const uses = gpus !== null || usesAccelerator(python, task)
  const step = claims.subject('Step', place, task.name, {
    ...evidence,
    accelerator: gpus !== null ? 'gpu' : uses ? python.evidence.accelerator : 'none',
    small: uses && gpus === null ? python.evidence.small : null,
  })
  step.known('name', 'task_id', task.name, place, { site })
  step.known('engine', 'Airflow', 'Airflow', place, { site })
  step.known('work', task.kind, work.work, place, { site })
  // A job of a service runs another program than this file.
  step.known('unseen', task.kind, work.unseen || (work.job && task.func === null), place, { site })
  step.known('unit', task.kind, work.job ? 'job' : 'task', place, { site })
  if (gpus !== null)
    step.known('gpus', gpus.key, gpus.count, { start: gpus.at.start, end: gpus.at.end }, { site })
  const given = new TaskSource(python, dag, task, claims)
  taskSettings.claim(step, given)
  if (!work.job) {
    const [own, all] = ['execution_timeout', 'dagrun_timeout']
    const limit = timeOf(python, given.get(own), given.argument(own))
    const whole = new CallSource(python, dag.call, claims)
    const ofDag = timeOf(python, whole.get(all), whole.argument(all))
    if (isGiven(limit) || !isGiven(ofDag)) step.say('timeLimit', own, orDefault<number | null>(limit, null))
    else step.say('timeLimit', all, orDefault<number | null>(ofDag, null))
  }
  claimResumption(python, step, task, place, site)
  const source = task.call === null ? null : new CallSource(python, task.call, claims)
  const rule = source?.expression('trigger_rule') ?? null
  if (source === null || rule === null) return
  const known = effective(source.get('trigger_rule'))
  const value = known !== undefined ? String(known) : rule.type === 'attribute' ? rule.attr : null
  if (value === null) return
  const key = `trigger_rule="${value.toLowerCase()}"`
  step.say('startsAfterFailure', key, stated(source.get('trigger_rule'), afterFailure.test(value)))
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
