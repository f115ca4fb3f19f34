/** Jobs and the pools that they run on: what a pool says about machines holds for the jobs that ask for it. */

import { instance } from '../catalog/instances.js'
import { nearest } from '../link/paths.js'
import { lookUp } from '../text/records.js'
import { effective } from '../values/value.js'
import type { Claim, Subject, SubjectView } from '../workload/claim.js'
import type { SettingName } from '../workload/resource-kinds.js'

type Settings<W extends 'Compute' | 'Scaling'> = SubjectView<W>['settings']

export interface PoolOrJob<W extends 'Compute' | 'Scaling'> {
  subject: Subject<W>
  settings: Settings<W>
  /** What it was read from: whoever judges it judges again when this changes. */
  extraction: object
}

export type PoolEntry = PoolOrJob<'Scaling'>
export type JobEntry = PoolOrJob<'Compute'>

/** Labels that say nothing about which pool a machine belongs to, or that providers add by themselves. */
const common = /^(beta\.)?kubernetes\.io\/|^node\.kubernetes\.io\/|^topology\.|^failure-domain\./

/** Labels that machines of all pools have, with few values. */
const everywhere = /^(beta\.)?kubernetes\.io\/(os|arch)$|^topology\.|^failure-domain\./

/** Which of the pools each job runs on. A job that several different pools could take is left out. */
export class PoolIndex {
  constructor(private readonly pools: readonly PoolEntry[]) {}

  poolOf(job: JobEntry): PoolEntry | undefined {
    const name = effective(job.settings.poolName)
    const labels = effective(job.settings.poolLabels)
    if (name === undefined && labels === undefined) return this.poolOfItsKind(job)
    const fitting = this.pools.filter(
      (pool) =>
        sameCloud(job, pool) &&
        (name === undefined || isNamed(pool, name)) &&
        (labels === undefined || carries(pool, labels)),
    )
    return onlyOne(nearest(fitting, placeOf(job), placeOf))
  }

  /** The pool that is meant where the job names none: the only one whose machines are known to hold accelerators. */
  private poolOfItsKind(job: JobEntry): PoolEntry | undefined {
    const kind = effective(job.settings.poolKind)
    if (kind === undefined || (effective(job.settings.gpus) ?? 0) < 1) return undefined
    const fitting = this.pools.filter(
      (pool) =>
        effective(pool.settings.kind) === kind && sameCloud(job, pool) && (gpusOfMachine(pool) ?? 0) > 0,
    )
    return onlyOne(nearest(fitting, placeOf(job), placeOf))
  }
}

/** Undefined: not known. */
function gpusOfMachine({ settings }: PoolEntry): number | undefined {
  const { gpus, machine } = settings
  const type = effective(machine)
  return effective(gpus) ?? (type === undefined ? undefined : instance(type)?.gpuCount)
}

/**
 * The settings of a job with what its pool adds. The places are the job's own (where it names the pool): what stands in
 * the pool holds for its other jobs as well.
 */
export function withPool(job: JobEntry, pool: PoolEntry): Settings<'Compute'> {
  const { settings } = job
  const named = (settings.poolName ?? settings.poolLabels ?? settings.poolKind) as Claim
  const result: Record<string, Claim | undefined> = { ...settings }
  const add = (setting: SettingName<'Compute'>, from: Claim | undefined, value: unknown): void => {
    const own = result[setting]
    if (from === undefined || value === undefined || value === null || own?.state === 'known') return
    result[setting] = {
      ...named,
      setting,
      key: from.key,
      state: 'known',
      value,
      overridable: from.overridable,
      site: { ...named.site, target: { kind: 'pool' } },
    }
  }
  const { machine, gpus, gpuModel, region, provider, capacity } = pool.settings
  // A count that is only made out of other settings gives way to what the machines of the pool hold.
  const held = settings.gpus?.state === 'default' ? undefined : effective(settings.gpus)
  const whole = gpusOfMachine(pool)
  // A pod that asks for some of the accelerators of a machine shares the rest with others.
  if (held === undefined || held === whole) add('instanceType', machine, effective(machine))
  // A pod gets the accelerators that it asks for, wherever it runs.
  const none = effective(settings.provider) === 'kubernetes' && settings.gpus === undefined
  if (!none && (settings.gpus === undefined || settings.gpus.state === 'default'))
    add('gpus', gpus, effective(gpus))
  add('gpuModel', gpuModel, effective(gpuModel))
  add('region', region, effective(region))
  if (settings.provider === undefined) add('provider', provider, effective(provider))
  const kind = effective(capacity)
  if (kind === 'spot' || kind === 'on-demand') {
    // A default of the job ("no spot selected") says less than the pool that it runs on.
    if (settings.spot?.state !== 'known') {
      delete result.spot
      add('spot', capacity, kind === 'spot')
    }
  } else if (kind === 'reserved') add('reserved', capacity, true)
  return result as Settings<'Compute'>
}

/** The machines of a pool that one job has to itself are changed where the pool is written. */
export function onOwnPool(settings: Settings<'Compute'>, pool: PoolEntry): Settings<'Compute'> {
  const { instanceType } = settings
  const { machine } = pool.settings
  if (instanceType?.site.target?.kind !== 'pool' || machine === undefined) return settings
  const site: Claim['site'] = {
    ...machine.site,
    path: machine.site.path ?? machine.location.path,
    target: { kind: 'pool', own: true },
  }
  return { ...settings, instanceType: { ...instanceType, reader: machine.reader, site } }
}

/** The job with what its machines tell about accelerators, where its own words leave that open. */
export function onPool(subject: Subject<'Compute'>, pool: PoolEntry): Subject<'Compute'> {
  const count = gpusOfMachine(pool)
  if (count === undefined || subject.evidence.accelerator !== 'maybe') return subject
  return { ...subject, evidence: { ...subject.evidence, accelerator: count > 0 ? 'gpu' : 'none' } }
}

/** A job that asks for a pool which cannot be told, and which may be this one. */
export function mayRunOn(job: JobEntry, pool: PoolEntry): boolean {
  const { poolName, poolLabels } = job.settings
  if ((poolName === undefined && poolLabels === undefined) || !sameCloud(job, pool)) return false
  const name = effective(poolName)
  const labels = effective(poolLabels)
  return (name === undefined || isNamed(pool, name)) && (labels === undefined || carries(pool, labels))
}

/** What the jobs that run on a pool tell about its use. */
export function withUsers(pool: PoolEntry, users: readonly JobEntry[]): Settings<'Scaling'> {
  const { purpose } = pool.settings
  const services = users.filter((user) => effective(user.settings.service) === true)
  const settings = withTaken(pool, services)
  if (purpose === undefined || users.length === 0) return settings
  const value = services.length === 0 ? 'training' : services.length === users.length ? 'serving' : null
  return value === null || value === effective(purpose)
    ? settings
    : { ...settings, purpose: { ...purpose, state: 'known', value } }
}

/** Machines of the pool that its services take at all times. */
function withTaken(pool: PoolEntry, services: readonly JobEntry[]): Settings<'Scaling'> {
  const { minimum } = pool.settings
  const held = gpusOfMachine(pool) ?? 0
  const all = services.reduce(
    (sum, { settings: { gpus, nodes } }) => sum + (effective(gpus) ?? 0) * (effective(nodes) ?? 0),
    0,
  )
  if (minimum === undefined || held === 0 || all === 0) return pool.settings
  const taken: Claim<number> = { ...minimum, setting: 'taken', state: 'known', value: Math.ceil(all / held) }
  return { ...pool.settings, taken }
}

function sameCloud(job: JobEntry, pool: PoolEntry): boolean {
  const [own, other] = [effective(job.settings.provider), effective(pool.settings.provider)]
  const any = (provider: string | undefined) =>
    provider === undefined || provider === 'kubernetes' || provider === 'other'
  return any(own) || any(other) || own === other
}

function isNamed(pool: PoolEntry, name: string): boolean {
  return effective(pool.settings.name)?.toLowerCase() === name.toLowerCase()
}

function carries(pool: PoolEntry, labels: Record<string, string>): boolean {
  const own = effective(pool.settings.labels)
  if (own === undefined) return false
  let found = false
  for (const [key, value] of Object.entries(labels)) {
    if (lookUp(own, key) === value) found ||= !everywhere.test(key)
    else if (lookUp(own, key) !== undefined || !common.test(key)) return false
  }
  return found
}

/** Where a subject stands. */
export const placeOf = ({ subject }: { subject: Subject }): string => subject.location.path

/** Several pools that offer the same machines are as good as one. */
function onlyOne(pools: PoolEntry[]): PoolEntry | undefined {
  const [first] = pools
  const offer = ({ settings }: PoolEntry) =>
    JSON.stringify([
      effective(settings.machine),
      effective(settings.gpus),
      effective(settings.gpuModel),
      effective(settings.capacity),
    ])
  return first !== undefined && pools.every((pool) => offer(pool) === offer(first)) ? first : undefined
}
