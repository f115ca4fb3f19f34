/**
 * Jobs of Databricks: each cluster of a job is a request for machines, each task that names code is a launch on one.
 * Source: reference of the Jobs API 2.1 and 2.2 (no timeout, no retries and one run at a time where nothing is given).
 */

import type { ShellWord } from '../../config/shell-facts.js'
import { cronInterval } from '../../estimate/schedule.js'
import { readArguments } from '../../link/script-arguments.js'
import { lookUp } from '../../text/records.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence, LaunchValue } from '../../workload/claim.js'
import { bareLaunch } from '../bare-launch.js'
import { workOfName } from '../pipelines/step-work.js'
import { claimCluster, machineOf } from './cluster.js'
import type { Fields, Said } from './fields.js'

type Compute = SubjectBuilder<'Compute'>

/** What is asked of one run of one task, with the cluster that it runs on. */
interface Task {
  name: string
  fields: Fields
  /** The key of a cluster of the job; the task's own key where it brings one of its own; null: another one. */
  cluster: string | null
}

export interface JobPlace {
  /** 'train_job'. */
  key: string
  /** Where the job is announced. */
  place: Place
  site: Place
}

export function readJob(claims: ClaimBuilder, job: Fields, { key, place, site }: JobPlace): void {
  const tasks = tasksOf(job)
  const clusters = clustersOf(job, tasks)
  const given = job.text('name')
  // A run that is submitted once.
  const name = given.state === 'absent' ? job.text('run_name') : given
  const called = name.state === 'known' ? name.value : key
  let gpus = 0
  for (const { name: cluster, fields } of clusters) {
    const own = tasks.filter((one) => one.cluster === cluster)
    const id = `${claims.path}#databricks:${key}:${cluster}`
    const shown = fields.missing().place
    const compute = claimCluster(claims, fields, `${key}.${cluster}`, id, shown)
    compute.known('name', 'name', called, name.state === 'known' ? name.place : shown)
    compute.known('service', 'job', false, shown)
    compute.known('trials', 'job', false, shown)
    claimTimeout(compute, job, own, place)
    claimRetries(compute, own)
    claimTags(compute, job, fields)
    gpus = Math.max(gpus, machineOf(fields).gpus ?? 0)
    own.forEach((task, index) => {
      claimProgram(claims, task, id, index, runsOnGpus(fields))
    })
  }
  claimSchedule(claims, job, tasks, { key, place, site }, called, gpus)
}

/** Spark itself computes on them, by a plugin. */
function runsOnGpus(cluster: Fields): boolean {
  return cluster.mentions(/rapids|com\.nvidia\.spark|resource\.gpu/i, 'spark_conf')
}

/** Single tasks of the older format stand at the job itself. */
function tasksOf(job: Fields): Task[] {
  const listed = job.list('tasks')
  const all = listed.length > 0 ? listed : [job]
  return all.map((outer, index): Task => {
    // A loop holds the task that it repeats.
    const fields = outer.inside('for_each_task', 'task') ?? outer
    const key = outer.text('task_key')
    const name = key.state === 'known' ? key.value : `task ${index}`
    const shared = fields.text('job_cluster_key')
    const own = fields.has('new_cluster') ? name : null
    return { name, fields, cluster: shared.state === 'known' ? shared.value : own }
  })
}

function clustersOf(job: Fields, tasks: Task[]): { name: string; fields: Fields }[] {
  const found: { name: string; fields: Fields }[] = []
  for (const one of job.list('job_clusters')) {
    const key = one.text('job_cluster_key')
    const fields = one.inside('new_cluster')
    if (key.state === 'known' && fields !== undefined) found.push({ name: key.value, fields })
  }
  for (const { name, fields, cluster } of tasks) {
    const own = fields.inside('new_cluster')
    if (own !== undefined && cluster === name) found.push({ name, fields: own })
  }
  return found
}

/** Of the whole run, or of every task on the cluster. 0 is none. */
function claimTimeout(compute: Compute, job: Fields, tasks: Task[], place: Place): void {
  const key = 'timeout_seconds'
  const whole = job.text('timeout_seconds').state === 'absent' ? null : job.number(key)
  const said: Said<number>[] = tasks.map((one) => one.fields.number(key))
  const given =
    whole ?? (said.length > 0 && said.every((one) => one.state !== 'absent') ? longest(said) : null)
  const { options } = job.missing(key)
  if (given === null || given.state === 'absent') {
    compute.default('timeLimit', key, null, place, options)
    return
  }
  if (given.state === 'unknown') compute.unknown('timeLimit', key, given.because, given.place, given.options)
  else compute.known('timeLimit', key, given.value <= 0 ? null : given.value, given.place, given.options)
}

function longest(all: Said<number>[]): Said<number> {
  let found: Said<number> = { state: 'absent' }
  for (const one of all) {
    if (one.state !== 'known') return one
    if (one.value <= 0) return one
    if (found.state !== 'known' || one.value > found.value) found = one
  }
  return found
}

/** -1: without limit. */
function claimRetries(compute: Compute, tasks: Task[]): void {
  const key = 'max_retries'
  let most: Said<number> = { state: 'absent' }
  for (const { fields } of tasks) {
    const one = fields.number(key)
    if (one.state !== 'known') continue
    if (most.state !== 'known' || one.value < 0 || (most.value >= 0 && one.value > most.value)) most = one
  }
  if (most.state === 'known')
    compute.known('retries', key, most.value < 0 ? null : most.value, most.place, most.options)
}

function claimTags(compute: Compute, job: Fields, cluster: Fields): void {
  const at = cluster.missing('custom_tags')
  // A policy or a pool may bring tags along.
  if (cluster.has('policy_id') || cluster.has('instance_pool_id') || job.has('budget_policy_id')) return
  const own = cluster.inside('custom_tags')
  // Databricks itself asks for this one on clusters of one node.
  const tagged =
    job.has('tags') ||
    (own !== undefined && cluster.mentions(/^(?!ResourceClass$|SingleNode$)/, 'custom_tags'))
  compute.known('tagged', 'custom_tags', tagged, at.place, at.options)
}

/** Notebooks and Python files; whatever else a task runs may do anything. */
function claimProgram(
  claims: ClaimBuilder,
  task: Task,
  job: string,
  index: number,
  accelerated: boolean,
): void {
  const { fields } = task
  const notebook = fields.text('notebook_task', 'notebook_path')
  const file = fields.text('spark_python_task', 'python_file')
  const said = notebook.state !== 'absent' ? notebook : file
  const shown = said.state === 'absent' ? fields.missing().place : said.place
  const readable = said.state === 'known' && !accelerated
  const launch = bareLaunch({
    id: `${job}:${index}`,
    job,
    launcher: 'python',
    program: readable ? programOf(said.value) : { path: null, module: null, bases: [] },
  })
  if (said === file && readable) {
    const words = fields.texts('spark_python_task', 'parameters')
    const read = readArguments(
      (words ?? []).map((one) => wordOf(one, shown)),
      (span) => claims.locate(span),
    )
    launch.flags = read.flags as Record<string, LaunchValue>
    launch.positionals = read.positionals
    launch.complete = words !== null && read.complete
    launch.files = read.files
  }
  claims.launch(launch, shown)
}

function wordOf(text: string | null, { start, end }: Place): ShellWord {
  return { text, raw: text ?? '', start, end, ...(text === null ? { splits: false } : {}) }
}

/** `../src/train.py`; `/Workspace/Repos/team/project/train` on the platform, where files of notebooks have no ending. */
function programOf(path: string): { path: string | null; module: null; bases: string[] } {
  const local = path.replace(/^\$\{workspace\.file_path\}\//, '').replace(/^(dbfs|file|s3|abfss|gs):\/*/, '/')
  if (/\$\{|\{\{/.test(local)) return { path: null, module: null, bases: [] }
  const named = /\.(py|ipynb|sql|scala|r)$/i.test(local) ? local : `${local}.py`
  return { path: named, module: null, bases: [''] }
}

/** `0 0 9 * * ?`: seconds stand in front, a year may follow. */
function quartzInterval(expression: string): number | null {
  const fields = expression.trim().split(/\s+/)
  if (fields.length !== 6 && fields.length !== 7) return null
  // The days of the week begin with Sunday as 1.
  const days = fields[5]!.replace(/\b[1-7]\b/g, (one) => String(Number(one) - 1))
  return cronInterval([...fields.slice(1, 5), days].join(' '))
}

const periods: Record<string, number> = { HOURS: 3600, DAYS: 86_400, WEEKS: 7 * 86_400 }

/** A schedule that is paused starts nothing. */
function intervalOf(job: Fields): { seconds: number; said: Said<string>; key: string } | null {
  const paused = [job.text('schedule', 'pause_status'), job.text('trigger', 'pause_status')]
  if (paused.some((one) => one.state === 'known' && one.value === 'PAUSED')) return null
  const cron = job.text('schedule', 'quartz_cron_expression')
  if (cron.state === 'known') {
    const seconds = quartzInterval(cron.value)
    return seconds === null ? null : { seconds, said: cron, key: cron.value }
  }
  const every = job.number('trigger', 'periodic', 'interval')
  const unit = job.text('trigger', 'periodic', 'unit')
  if (every.state !== 'known' || unit.state !== 'known' || lookUp(periods, unit.value) === undefined)
    return null
  return {
    seconds: every.value * lookUp(periods, unit.value)!,
    said: unit,
    key: `${every.value} ${unit.value}`,
  }
}

function claimSchedule(
  claims: ClaimBuilder,
  job: Fields,
  tasks: Task[],
  { key, place, site }: JobPlace,
  called: string,
  gpus: number,
): void {
  const found = intervalOf(job)
  if (found === null) return
  const evidence: Evidence = {
    role: 'job',
    accelerator: gpus > 0 ? 'gpu' : 'none',
    small: null,
    notebook: false,
  }
  const pipeline = claims.subject('Pipeline', place, key, evidence)
  pipeline.known('name', 'name', called, place, { site })
  pipeline.known('engine', 'Databricks', 'Databricks', place, { site })
  pipeline.known('interval', 'schedule', found.seconds, place, { site })
  pipeline.known('schedule', 'schedule', found.key, place, { site })
  if (gpus > 0) pipeline.known('gpus', 'node_type_id', gpus, place, { site })
  const work = [...new Set(tasks.flatMap((one) => workOfName(one.name)))]
  if (work.length > 0) pipeline.known('work', 'task_key', work, place, { site })
  const limit = job.number('timeout_seconds')
  const missing = job.missing('timeout_seconds')
  if (limit.state === 'absent') pipeline.default('runLimit', 'timeout_seconds', null, place, missing.options)
  else if (limit.state === 'unknown')
    pipeline.unknown('runLimit', 'timeout_seconds', limit.because, limit.place)
  else pipeline.known('runLimit', 'timeout_seconds', limit.value <= 0 ? null : limit.value, limit.place)
  const most = job.number('max_concurrent_runs')
  const one = job.missing('max_concurrent_runs')
  if (most.state === 'absent')
    pipeline.default('concurrentRuns', 'max_concurrent_runs', 1, place, one.options)
  else if (most.state === 'unknown')
    pipeline.unknown('concurrentRuns', 'max_concurrent_runs', most.because, most.place)
  else pipeline.known('concurrentRuns', 'max_concurrent_runs', most.value, most.place, most.options)
}
