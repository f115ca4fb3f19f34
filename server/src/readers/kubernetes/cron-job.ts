/** Kubernetes CronJobs, and CronWorkflows of Argo, which have the same keys: when they run, and whether a run waits for the one before. */
import { at } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { cronInterval } from '../../estimate/schedule.js'
import { nodeValue } from '../../values/config-source.js'
import { convert, orDefault, orUnknown } from '../../values/operations.js'
import { asText, asWord } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { FragmentFacts } from '../reader.js'

interface CronJob {
  /** The CronJob's own specification. */
  spec: ConfigNode | undefined
  place: Place
  name: string | undefined
  /** Accelerators that one run asks for; null: some, but how many is not known. */
  gpus: number | null
  /** Its name says that it trains. */
  trains?: boolean
  /** Seconds; null: none, undefined: not readable. */
  runLimit: number | null | undefined
  evidence: Evidence
}

export function claimCronJob(claims: ClaimBuilder, job: CronJob): void {
  const { spec, place, gpus, runLimit } = job
  const pipeline = claims.subject('Pipeline', place, job.name ?? 'CronJob', job.evidence)
  pipeline.known('engine', 'CronJob', 'Kubernetes', place)
  if (job.name !== undefined) pipeline.known('name', 'metadata.name', job.name, place)
  if (gpus !== null) pipeline.known('gpus', 'resources', gpus, place)
  if (job.trains === true) pipeline.known('work', 'metadata.name', ['train'], place)
  const read = (key: string) => nodeValue(at(spec, key), place, claims, { site: place })
  const { cron, interval } = scheduleOf(claims, spec, place)
  pipeline.say('interval', 'schedule', interval)
  if (effective(interval) !== undefined) pipeline.say('schedule', 'schedule', cron)
  if (runLimit === undefined) pipeline.unknown('runLimit', 'activeDeadlineSeconds', 'template', place)
  else pipeline.known('runLimit', 'activeDeadlineSeconds', runLimit, place)
  const suspended = at(spec, 'suspend')
  if (suspended?.kind === 'unknown' || (suspended?.kind === 'scalar' && suspended.value === true)) return
  const key = 'concurrencyPolicy'
  pipeline.say('concurrentRuns', key, orDefault(convert(read(key), asWord(policies)), null))
}

/** When it starts, as it is written, and how many seconds lie between two starts. */
export function scheduleOf(claims: ClaimBuilder, spec: ConfigNode | undefined, place: Place) {
  const because = 'a schedule that cannot be read'
  const cron = orUnknown(
    convert(nodeValue(at(spec, 'schedule'), place, claims, { site: place }), asText),
    because,
  )
  return { cron, interval: convert(cron, (one) => cronInterval(one) ?? undefined, because) }
}

/** Runs at a time; null: any number. */
const policies = new Map<string, number | null>([
  ['allow', null],
  ['forbid', 1],
  ['replace', 1],
])

export function waitForTheRunBefore({ site }: Claim, facts: FragmentFacts): Change | Refusal {
  const { document, keys, fragment } = site
  if (document === undefined || keys === undefined) return { reason: 'the manifest has changed' }
  return {
    title: 'Finish a run before the next starts: concurrencyPolicy: Forbid',
    safety: 'unsafe',
    writes: [
      {
        kind: 'set key',
        path: facts.path,
        fragment,
        document,
        keys: [...keys, 'concurrencyPolicy'],
        value: 'Forbid',
        after: 'schedule',
      },
    ],
    imports: [],
  }
}
