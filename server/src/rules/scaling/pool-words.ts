/** How rules about pools speak of them, and what their machines cost. */

import {
  formatUsd,
  type HourlyCost,
  hourlyCost,
  type MachineRequest,
  machineRequest,
} from '../../estimate/hourly.js'
import { type Rate, rateOf as requestRate } from '../../estimate/rate.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { RuleContext, RuleOptions } from '../rule.js'
import { type Silence, unless } from '../silence.js'
import { subjectsOf } from '../subject-view.js'

type Pool = SubjectView<'Scaling'>

/** Accelerators of one machine; undefined: it has none, or nothing is known of it. */
export function acceleratorsPerMachine({ settings }: Pool): number | undefined {
  const count = effective(settings.gpus)
  return count === undefined || count < 1 ? undefined : count
}

/** Why a rule about accelerators does not apply, where `acceleratorsPerMachine` has none. */
export function plainMachines(pool: Pool): Silence {
  return unless(pool, 'gpus', 'its machines have no accelerators')
}

/** Machines that are known to have no accelerator, and that nothing says to answer requests. */
export function hasPlainMachines({ settings }: Pool): boolean {
  return (
    effective(settings.gpus) === 0 &&
    effective(settings.machine) !== undefined &&
    effective(settings.purpose) !== 'serving'
  )
}

/** Such machines in a file that has no pool with accelerators: here the work itself runs. */
export function isPlainPool(pool: Pool): boolean {
  return (
    hasPlainMachines(pool) && poolsBeside(pool).every((other) => acceleratorsPerMachine(other) === undefined)
  )
}

/** The other pools of its file, as they are where this one is: an environment has its own. */
export function poolsBeside(pool: Pool): Pool[] {
  const way = wayOf(pool)
  const all = subjectsOf(pool.run, 'Scaling')
  const ids = new Set(all.map(({ subject }) => subject.id))
  const inThisWay = (other: Pool) =>
    wayOf(other) === way || (wayOf(other) === '' && !ids.has(`${other.subject.id}${way}`))
  return all.filter((other) => other.subject.id !== pool.subject.id && inThisWay(other))
}

/** Empty: it is the same in all of them, or the first one's. */
function wayOf({ subject }: Pool): string {
  return /~\d+$/.exec(subject.id)?.[0] ?? ''
}

/** Its cluster needs machines for itself: its first pool cannot go down to none. */
export function holdsCluster({ settings }: Pool): boolean {
  return /^node (group|pool)$/.test(effective(settings.kind) ?? '')
}

/**
 * Machines without accelerators from which on a floor is more than somebody needs for himself: a cluster has one, and a pair where its other
 * pools have accelerators.
 */
export function fewestPlain(pool: Pool): number {
  const others = poolsBeside(pool)
  const beside = others.some((other) => acceleratorsPerMachine(other) !== undefined)
  if (!holdsCluster(pool)) return beside ? 2 : 1
  return beside && !others.some(hasPlainMachines) ? 3 : 2
}

export const reserved = 'its capacity is reserved: an idle machine costs nothing more'

/** `Node group "gpu"`. */
export function poolName({ settings }: Pool): string {
  const kind = effective(settings.kind) ?? 'pool'
  const name = effective(settings.name)
  const said = kind[0]!.toUpperCase() + kind.slice(1)
  return name === undefined ? said : `${said} "${name}"`
}

/** `2 × p4d.24xlarge (16 A100-40GB)`, `2 machines with accelerators`. */
export function machinesText({ settings }: Pool, count: number): string {
  const type = effective(settings.machine)
  const model = effective(settings.gpuModel)
  const gpus = (effective(settings.gpus) ?? 1) * count
  const held = model === undefined ? (gpus === 1 ? '1 GPU' : `${gpus} GPUs`) : `${gpus}×${model}`
  if (type === undefined) return `${count} ${count === 1 ? 'machine' : 'machines'} with accelerators`
  return model === undefined ? `${count} × ${type}` : `${count} × ${type} (${held})`
}

/** One machine of the pool, as far as it is known. */
export function poolRequest({ settings }: Pick<Pool, 'settings'>): MachineRequest {
  return machineRequest({
    nodes: 1,
    instanceType: effective(settings.machine),
    provider: effective(settings.provider),
    region: effective(settings.region),
    gpus: effective(settings.gpus),
    gpuModel: effective(settings.gpuModel),
  })
}

/** What so many machines cost per hour; undefined: no price is known. */
export function poolCost(
  pool: Pool,
  machines: number,
  options: RuleOptions,
  today: RuleContext['today'],
): HourlyCost | undefined {
  return hourlyCost({ ...poolRequest(pool), nodes: machines }, options.prices, today)
}

/** What the accelerators of so many machines cost per hour, where their type has no price; null: nobody knows. */
export function cardRate(
  pool: Pool,
  machines: number,
  options: RuleOptions,
  today: RuleContext['today'],
): Pick<Rate, 'usd' | 'asOf' | 'region'> | null {
  const spot = effective(pool.settings.capacity) === 'spot'
  const rate = requestRate({ ...poolRequest(pool), nodes: machines }, spot, options.prices, today)
  return 'missing' in rate ? null : rate
}

/** What the pool pays: the spot price of a spot pool. */
export function rateOf({ settings }: Pool, cost: HourlyCost | undefined): number | null {
  if (cost === undefined) return null
  return effective(settings.capacity) === 'spot' ? cost.spot : cost.onDemand
}

/** `$43.92/h`; empty where no price is known. The price of another region than the one that was named is said to be one. */
export function rateText(usd: number | null, cost?: HourlyCost): string {
  if (usd === null || usd === 0) return ''
  const stoodIn = cost !== undefined && cost.unlisted !== null
  return `${formatUsd(usd)}/h${stoodIn ? ` (price of ${cost.price.region})` : ''}`
}

export function twoDigits(usd: number): number {
  return Number(usd.toPrecision(2))
}
