/** Kubernetes CronJobs, and CronWorkflows of Argo, which have the same keys: when they run, and whether a run waits for the one before. */
import { at, text } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { cronInterval } from '../../estimate/schedule.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { UnitFacts } from '../reader.js'

interface CronJob {
  /** The CronJob's own specification. */
  spec: ConfigNode | undefined
  place: Place
  name: string | undefined
  /** Accelerators that one run asks for; null: some, but how many is not known. */
  gpus: number | null
  /** Seconds; null: none, undefined: not readable. */
  runLimit: number | null | undefined
  evidence: Evidence
}

export function claimCronJob(claims: ClaimBuilder, job: CronJob): void {
  const { spec, place, gpus, runLimit } = job
  const schedule = at(spec, 'schedule')
  const cron = text(schedule)
  const pipeline = claims.subject('Pipeline', place, job.name ?? 'CronJob', job.evidence)
  pipeline.known('engine', 'CronJob', 'Kubernetes', place)
  if (job.name !== undefined) pipeline.known('name', 'metadata.name', job.name, place)
  if (gpus !== null) pipeline.known('gpus', 'resources', gpus, place)
  const interval = cron === undefined ? null : cronInterval(cron)
  if (interval === null) pipeline.unknown('interval', 'schedule', 'a schedule that cannot be read', place)
  else {
    const shown: Place = { start: schedule!.start, end: schedule!.end }
    pipeline.known('interval', 'schedule', interval, shown, { site: place })
    pipeline.known('schedule', 'schedule', cron!, shown, { site: place })
  }
  if (runLimit === undefined) pipeline.unknown('runLimit', 'activeDeadlineSeconds', 'template', place)
  else pipeline.known('runLimit', 'activeDeadlineSeconds', runLimit, place)
  const policy = at(spec, 'concurrencyPolicy')
  const key = 'concurrencyPolicy'
  const suspended = at(spec, 'suspend')
  if (suspended?.kind === 'unknown' || (suspended?.kind === 'scalar' && suspended.value === true)) return
  if (policy === undefined) pipeline.default('concurrentRuns', key, null, place)
  else {
    const value = text(policy)
    const shown: Place = { start: policy.start, end: policy.end }
    if (value === 'Allow') pipeline.known('concurrentRuns', key, null, shown, { site: place })
    else if (value === 'Forbid' || value === 'Replace')
      pipeline.known('concurrentRuns', key, 1, shown, { site: place })
    else pipeline.unknown('concurrentRuns', key, 'template', shown, { site: place })
  }
}

export function waitForTheRunBefore({ site }: Claim, facts: UnitFacts): Change | Refusal {
  const { document, keys, unit } = site
  if (document === undefined || keys === undefined) return { reason: 'the manifest has changed' }
  return {
    title: 'Let a run end before the next begins: concurrencyPolicy: Forbid',
    safety: 'unsafe',
    writes: [
      {
        kind: 'set key',
        path: facts.path,
        unit,
        document,
        keys: [...keys, 'concurrencyPolicy'],
        value: 'Forbid',
        after: 'schedule',
      },
    ],
    imports: [],
  }
}
