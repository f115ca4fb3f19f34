/** Requests for machines and the pools that they run on, over all files of a project. */
import type { Source, Subject } from '../workload/claim.js'
import type { ResourceKind } from '../workload/resource-kinds.js'
import { StartIndex, startedOn, withStarts } from './job-starts.js'
import { settingsOf } from './joined-settings.js'
import {
  type JobEntry,
  mayRunOn,
  onOwnPool,
  onPool,
  type PoolEntry,
  PoolIndex,
  placeOf,
  withPool,
} from './pool-links.js'
import { type QueueEntry, QueueIndex, withFlavours } from './queue-links.js'
import type { RunInput } from './runs.js'
import { sourceOf } from './sources.js'

export interface Job extends JobEntry {
  pool?: PoolEntry
  /** Command lines that start it. */
  starts?: readonly JobEntry[]
  /** What chooses its machines. */
  queues?: readonly QueueEntry[]
}

interface Pool {
  entry: PoolEntry
  users: JobEntry[]
  /** Jobs of the project name the pools that they run on, and none of them this one. */
  unused?: true
}

/** Stands for the jobs that do not run on a pool, in what its view was made from. */
export const nobody = {}

function startJobs(jobs: Map<string, Job>, index: StartIndex): void {
  for (const [id, job] of jobs) {
    const starts = index.startsOf(job)
    if (starts.length === 0) continue
    const settings = withStarts(job, starts)
    jobs.set(id, { ...job, subject: startedOn(job, settings), settings, starts })
  }
}

/** Requests for machines by job, and pools by subject, each with what the other says about it. */
export function machinesOf(input: RunInput): {
  jobs: Map<string, Job>
  pools: Map<string, Pool>
  /** Subjects of command lines that start a job of the project: what they say is said of that job. */
  joined: ReadonlySet<string>
} {
  const jobs = new Map<string, Job>()
  const pools = new Map<string, Pool>()
  const starts: JobEntry[] = []
  const queues: QueueEntry[] = []
  for (const extraction of input.extractions.values()) {
    for (const subject of extraction.subjects) {
      const entry = () => ({
        subject: subject as unknown as Subject<'Compute' & 'Scaling'>,
        settings: settingsOf(extraction, input.layerOf).get(subject.id)!.settings as object,
        extraction,
      })
      if (subject.kind === ('Compute' satisfies ResourceKind)) {
        const compute = entry()
        if (subject.job !== null) jobs.set(subject.job, compute)
        else if ('startsFile' in compute.settings) starts.push(compute)
      } else if (subject.kind === ('Scaling' satisfies ResourceKind))
        pools.set(subject.id, { entry: entry(), users: [] })
      else if (subject.kind === ('Queue' satisfies ResourceKind))
        queues.push(entry() as unknown as QueueEntry)
    }
  }
  const files = new Set([...jobs.values()].map(placeOf))
  startJobs(jobs, new StartIndex(starts, files))
  for (const [id, job] of jobs) {
    const { sharing, ...settings } = job.settings
    // What a script of the project does is known: its programs are launches of the job.
    if (sharing?.state === 'known' && input.calls.get(id)?.has(sharing.value ?? '') === true)
      jobs.set(id, { ...job, settings })
  }
  const waiting = new QueueIndex(queues)
  for (const [id, job] of jobs) {
    const found = waiting.wayOf(job)
    if (found !== null)
      jobs.set(id, {
        ...job,
        settings: withFlavours(job, found.flavours),
        queues: [...found.way, ...found.flavours],
      })
  }
  const index = new PoolIndex([...pools.values()].map((pool) => pool.entry))
  for (const [id, job] of jobs) {
    const pool = index.poolOf(job)
    if (pool === undefined) continue
    pools.get(pool.subject.id)!.users.push(job)
    jobs.set(id, { ...job, subject: onPool(job.subject, pool), settings: withPool(job, pool), pool })
  }
  const [used, rest] = parted([...pools.values()], ({ users }) => users.length > 0)
  const named = used.filter(({ users }) => users.some(({ settings }) => settings.poolKind === undefined))
  const lost = [...jobs.values()].filter(({ pool }) => pool === undefined)
  for (const pool of rest)
    if (named.length > 0 && !lost.some((job) => mayRunOn(job, pool.entry))) pool.unused = true
  const shared = new Set(used.filter(({ users }) => users.length > 1).map(({ entry }) => entry))
  for (const [id, job] of jobs) {
    if (job.pool === undefined || shared.has(job.pool)) continue
    if (lost.some((other) => mayRunOn(other, job.pool!))) continue
    jobs.set(id, { ...job, settings: onOwnPool(job.settings, job.pool) })
  }
  const joined = new Set([...jobs.values()].flatMap((job) => (job.starts ?? []).map((one) => one.subject.id)))
  return { jobs, pools, joined }
}

function parted<T>(all: readonly T[], fits: (one: T) => boolean): [T[], T[]] {
  return [all.filter(fits), all.filter((one) => !fits(one))]
}

export function sourcesOfJob(job: Job, calls: ReadonlySet<string> = new Set()): Source[] {
  const { pool, starts = [], queues = [] } = job
  return [
    ...[job, ...(pool === undefined ? [] : [pool]), ...starts, ...queues].map(sourceOf),
    { path: job.subject.location.path, said: [...calls].join('\n') },
  ]
}
