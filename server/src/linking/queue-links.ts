/** Jobs that wait in queues, and the kinds of machines behind these: what all of them agree on holds for the job. */

import { nearest } from '../link/paths.js'
import { lookUp } from '../text/records.js'
import { effective } from '../values/value.js'
import type { Claim, Subject, SubjectView } from '../workload/claim.js'
import type { SettingName } from '../workload/resource-kinds.js'
import { type JobEntry, placeOf } from './pool-links.js'

export interface QueueEntry {
  subject: Subject<'Queue'>
  settings: SubjectView<'Queue'>['settings']
  extraction: object
}

export class QueueIndex {
  /** By kind and name. */
  private readonly entries = new Map<string, QueueEntry[]>()

  constructor(entries: readonly QueueEntry[]) {
    for (const entry of entries) {
      const key = `${effective(entry.settings.kind)} ${effective(entry.settings.name)}`
      const known = this.entries.get(key)
      if (known === undefined) this.entries.set(key, [entry])
      else known.push(entry)
    }
  }

  /** The queue that the job names, the one behind it, and the machines that it has; null: something is not known. */
  wayOf(job: JobEntry): { way: QueueEntry[]; flavours: QueueEntry[] } | null {
    const name = job.settings.queue?.state === 'known' ? job.settings.queue.value : undefined
    if (name === undefined) return null
    const namespace = effective(job.settings.namespace)
    const path = job.subject.location.path
    const local = this.only('local', name, path, (one) => {
      const own = effective(one.settings.namespace)
      return own === undefined || namespace === undefined || own === namespace
    })
    const behind = effective(local?.settings.behind)
    const cluster =
      local === undefined || behind === undefined
        ? undefined
        : this.only('cluster', behind, local.subject.location.path)
    const names = cluster?.settings.flavours
    if (local === undefined || cluster === undefined || names?.state !== 'known') return null
    const flavours = names.value!.map((one) => this.only('flavour', one, cluster.subject.location.path))
    if (flavours.length === 0 || flavours.includes(undefined)) return null
    return { way: [local, cluster], flavours: flavours as QueueEntry[] }
  }

  private only(
    kind: 'local' | 'cluster' | 'flavour',
    name: string,
    path: string,
    fits: (entry: QueueEntry) => boolean = () => true,
  ): QueueEntry | undefined {
    const found = this.entries.get(`${kind} ${name}`) ?? []
    const near = nearest(found.filter(fits), path, placeOf)
    return near.length === 1 ? near[0] : undefined
  }
}

/** The settings of a job with what every kind of machines says that its queue may give it. */
export function withFlavours({ settings }: JobEntry, flavours: readonly QueueEntry[]): JobEntry['settings'] {
  const asked = effective(settings.poolLabels) ?? {}
  // A kind whose machines carry another value of a label than the job asks for is passed over.
  const possible = flavours.filter((one) =>
    Object.entries(effective(one.settings.labels) ?? {}).every(
      ([label, value]) => (lookUp(asked, label) ?? value) === value,
    ),
  )
  const [first] = possible
  if (first === undefined) return settings
  const result: Record<string, Claim | undefined> = { ...settings }
  const named = settings.queue as Claim
  const add = (setting: SettingName<'Compute'>, key: string, value: unknown): void => {
    result[setting] = {
      ...named,
      setting,
      key,
      state: 'known',
      value,
      overridable: false,
      site: { ...named.site, target: { kind: 'pool' } },
    }
  }
  for (const setting of ['spot', 'instanceType', 'gpuModel'] as const) {
    const claim = first.settings[setting]
    const value = effective<unknown>(claim)
    const agreed = possible.every((one) => effective<unknown>(one.settings[setting]) === value)
    if (claim !== undefined && value !== undefined && agreed && settings[setting]?.state !== 'known')
      add(setting, claim.key, value)
  }
  const common = Object.entries(effective(first.settings.labels) ?? {}).filter(([label, value]) =>
    possible.every((one) => lookUp(effective(one.settings.labels), label) === value),
  )
  if (common.length > 0) add('poolLabels', 'nodeLabels', { ...Object.fromEntries(common), ...asked })
  return result as JobEntry['settings']
}
