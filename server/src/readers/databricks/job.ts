/**
 * Jobs of Databricks: each cluster of a job is a request for machines, each task that names code is a launch on one.
 * Source: reference of the Jobs API 2.1 and 2.2 (no timeout, no retries and one run at a time where nothing is given).
 */

import { gpu } from '../../catalog/gpus.js'
import type { ShellWord } from '../../config/shell-facts.js'
import { cronInterval } from '../../estimate/schedule.js'
import { readArguments } from '../../link/script-arguments.js'
import type { Span } from '../../text/location.js'
import { convert, firstGiven, greatest, orDefault, stated } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence, LaunchValue } from '../../workload/claim.js'
import { bareLaunch } from '../bare-launch.js'
import { workOfName } from '../pipelines/step-work.js'
import { settingTable } from '../setting-table.js'
import { claimCluster, machineOf } from './cluster.js'
import type { Fields } from './fields.js'

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
  // A run that is submitted once has a name of its own.
  const name = firstGiven(job.text('name'), job.text('run_name'))
  const called = effective(name) ?? key
  const schedule = intervalOf(job)
  // It is meant to go on.
  const service = job.has('continuous')
  let gpus = 0
  for (const { name: cluster, fields } of clusters) {
    const own = tasks.filter((one) => one.cluster === cluster)
    const id = `${claims.path}#databricks:${key}:${cluster}`
    const { shown } = fields
    const compute = claimCluster(claims, fields, `${key}.${cluster}`, id, shown)
    compute.say('name', 'name', stated(name, called))
    compute.known('service', 'job', service, shown)
    compute.known('trials', 'job', false, shown)
    compute.say('timeLimit', limitKey, orDefault(convert(limitOf(job, own), limited), null))
    compute.known('neverEnded', 'job', true, shown)
    if (schedule !== null) compute.known('startedEvery', 'schedule', schedule.seconds, shown)
    claimRetries(compute, own)
    claimTags(compute, job, fields)
    gpus = Math.max(gpus, machineOf(fields).gpus ?? 0)
    own.forEach((task, index) => {
      claimProgram(claims, task, id, index, runsOnGpus(fields))
    })
  }
  claimServerless(claims, job, tasks, { key, place, site }, called, name)
  claimAllPurpose(claims, job, tasks, key, called)
  claimSchedule(claims, job, tasks, { key, place, site }, called, gpus)
}

const code = ['notebook_task', 'spark_python_task', 'python_wheel_task']

/** Clusters that are there already are those for interactive work: a job makes no other that outlives it. */
function claimAllPurpose(
  claims: ClaimBuilder,
  job: Fields,
  tasks: Task[],
  key: string,
  called: string,
): void {
  const task = tasks.find(({ cluster, fields }) => cluster === null && fields.has(existing))
  if (task === undefined) return
  const said = task.fields.get(existing)
  if (said.state === 'absent') return
  const { location } = said
  const place: Place = location.path === claims.path ? said.site : task.fields.shown
  const compute = claims.subject(
    'Compute',
    place,
    `${key}.${existing}`,
    anyJob,
    `${claims.path}#databricks:${key}:${existing}`,
  )
  compute.known('name', 'name', called, place)
  compute.known('service', 'job', false, place)
  if (!job.has('continuous')) {
    const own = tasks.filter(({ cluster, fields }) => cluster === null && fields.has(existing))
    compute.say('timeLimit', limitKey, orDefault(convert(limitOf(job, own), limited), null))
    compute.known('neverEnded', 'job', true, place)
  }
  compute.known('interactiveRate', existing, { machine: allPurpose, again: intervalOf(job) !== null }, place)
}

const existing = 'existing_cluster_id'
export const allPurpose = 'all-purpose cluster'
export const anyJob: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }

/** Tasks that name no cluster run on machines that the platform chooses. */
function claimServerless(
  claims: ClaimBuilder,
  job: Fields,
  tasks: Task[],
  { key, place }: JobPlace,
  called: string,
  name: Given<string>,
): void {
  const own = tasks.filter(
    ({ cluster, fields }) => cluster === null && !fields.has(existing) && code.some((one) => fields.has(one)),
  )
  if (own.length === 0 || own.length < tasks.filter(({ cluster }) => cluster === null).length) return
  const asked = own.map(({ fields }) => effective(fields.text('compute', 'hardware_accelerator')))
  const cards = asked.flatMap((one) => /^GPU_(\d+)x(\w+)$/.exec(one ?? '') ?? [])
  const gpus = cards.length === 0 ? 0 : Number(cards[1])
  const evidence: Evidence = {
    role: 'job',
    accelerator: gpus > 0 ? 'gpu' : 'none',
    small: null,
    notebook: false,
  }
  const id = `${claims.path}#databricks:${key}:serverless`
  const compute = claims.subject('Compute', place, `${key}.serverless`, evidence, id)
  compute.known('provider', 'environment_key', 'other', place)
  compute.known('gpus', 'hardware_accelerator', gpus, place)
  const model = gpu(cards[2] ?? '')?.name
  if (model !== undefined) compute.known('gpuModel', 'hardware_accelerator', model, place)
  compute.say('name', 'name', stated(name, called))
  compute.known('service', 'job', job.has('continuous'), place)
  compute.known('trials', 'job', false, place)
  compute.say('timeLimit', limitKey, orDefault(convert(limitOf(job, own), limited), null))
  compute.known('neverEnded', 'job', true, place)
  const schedule = intervalOf(job)
  if (schedule !== null) compute.known('startedEvery', 'schedule', schedule.seconds, place)
  claimRetries(compute, own)
  own.forEach((task, index) => {
    claimProgram(claims, task, id, index, false)
  })
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
    const name = effective(outer.text('task_key')) ?? `task ${index}`
    const own = fields.has('new_cluster') ? name : null
    return { name, fields, cluster: effective(fields.text('job_cluster_key')) ?? own }
  })
}

function clustersOf(job: Fields, tasks: Task[]): { name: string; fields: Fields }[] {
  const found: { name: string; fields: Fields }[] = []
  for (const one of job.list('job_clusters')) {
    const name = effective(one.text('job_cluster_key'))
    const fields = one.inside('new_cluster')
    if (name !== undefined && fields !== undefined) found.push({ name, fields })
  }
  for (const { name, fields, cluster } of tasks) {
    const own = fields.inside('new_cluster')
    if (own !== undefined && cluster === name) found.push({ name, fields: own })
  }
  return found
}

const limitKey = 'timeout_seconds'

/** 0 is none. */
const limited = (seconds: number): number | null => (seconds <= 0 ? null : seconds)

/** Of the whole run, or of every task on the cluster. */
function limitOf(job: Fields, tasks: Task[]): Given<number> {
  if (job.has(limitKey) || !tasks.every(({ fields }) => fields.has(limitKey))) return job.number(limitKey)
  const all = tasks.map(({ fields }) => fields.number(limitKey))
  const open = all.find((one) => effective(one) === undefined)
  return (
    open ?? greatest(all, (seconds) => limited(seconds) ?? Number.POSITIVE_INFINITY) ?? job.number(limitKey)
  )
}

/** -1: without limit. */
function claimRetries(compute: Compute, tasks: Task[]): void {
  const all = tasks.map(({ fields }) => fields.number('max_retries'))
  const most = greatest(all, (count) => (count < 0 ? Number.POSITIVE_INFINITY : count))
  if (most !== undefined)
    compute.say(
      'retries',
      'max_retries',
      convert(most, (count) => (count < 0 ? null : count)),
    )
}

function claimTags(compute: Compute, job: Fields, cluster: Fields): void {
  // A policy or a pool may bring tags along.
  if (cluster.has('policy_id') || cluster.has('instance_pool_id') || job.has('budget_policy_id')) return
  const own = cluster.inside('custom_tags')
  // Databricks itself asks for this one on clusters of one node.
  const tagged =
    job.has('tags') ||
    (own !== undefined && cluster.mentions(/^(?!ResourceClass$|SingleNode$)/, 'custom_tags'))
  compute.say('tagged', 'custom_tags', stated(cluster.absent('custom_tags'), tagged))
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
  const said = firstGiven(notebook, fields.text('spark_python_task', 'python_file'))
  const path = accelerated ? undefined : effective(said)
  const launch = bareLaunch({
    id: `${job}:${index}`,
    job,
    launcher: 'python',
    program: path === undefined ? { path: null, module: null, bases: [] } : programOf(path),
  })
  if (path !== undefined && said !== notebook) {
    const words = fields.texts('spark_python_task', 'parameters')
    const read = readArguments(
      (words ?? []).map((one) => wordOf(one, said.site)),
      () => said.location,
    )
    launch.flags = read.flags as Record<string, LaunchValue>
    launch.positionals = read.positionals
    launch.complete = words !== null && read.complete
    launch.files = read.files
  }
  claims.launch(launch, said)
}

function wordOf(text: string | null, { start, end }: Span): ShellWord {
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

const periods = new Map([
  ['HOURS', 3600],
  ['DAYS', 86_400],
  ['WEEKS', 7 * 86_400],
])

/** A schedule that is paused starts nothing. */
function intervalOf(job: Fields): { seconds: number; key: string } | null {
  const paused = [job.text('schedule', 'pause_status'), job.text('trigger', 'pause_status')]
  if (paused.some((one) => effective(one) === 'PAUSED')) return null
  const cron = effective(job.text('schedule', 'quartz_cron_expression'))
  if (cron !== undefined) {
    const seconds = quartzInterval(cron)
    return seconds === null ? null : { seconds, key: cron }
  }
  const every = effective(job.number('trigger', 'periodic', 'interval'))
  const unit = effective(job.text('trigger', 'periodic', 'unit'))
  const length = periods.get(unit ?? '')
  return every === undefined || length === undefined
    ? null
    : { seconds: every * length, key: `${every} ${unit}` }
}

export const scheduledJobSettings = settingTable('Pipeline', {
  runLimit: {
    keys: [limitKey],
    parse: (value) => {
      const seconds = asQuotedNumber(value)
      return seconds === undefined ? undefined : limited(seconds)
    },
    otherwise: null,
  },
  concurrentRuns: { keys: ['max_concurrent_runs'], parse: asQuotedNumber, otherwise: 1 },
})

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
  scheduledJobSettings.claim(pipeline, job)
}
