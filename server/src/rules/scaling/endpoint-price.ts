/** What the replicas of an endpoint cost, and how that is written. */
import { month } from '../../estimate/bill.js'
import { formatUsd, hourlyCost, roughUsd, spokenUsd } from '../../estimate/hourly.js'
import type { Interval } from '../../estimate/network.js'
import { rateOf } from '../../estimate/rate.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { servingRequest } from '../machine-request.js'
import type { RuleOptions } from '../rule.js'

/** USD per hour. */
interface ReplicaPrice extends Interval {
  /** The region whose price it is, where the endpoint is in another. */
  elsewhere?: string
}

/** `$24.50/h, $18,000 a month` for so many replicas at USD per hour; null: no price is known. */
export function costText(price: ReplicaPrice | null, replicas: number): string | null {
  if (price === null) return null
  const hourly = times(price, replicas)
  const where = price.elsewhere === undefined ? '' : ` by the prices of ${price.elsewhere}`
  return `${spokenUsd(hourly, formatUsd)}/h, ${spokenUsd(times(hourly, month), roughUsd)} a month${where}`
}

const times = ({ low, high }: Interval, factor: number): Interval => ({
  low: low * factor,
  high: high * factor,
})

/** USD per hour that one replica costs: its machine where a platform bills it by itself, its accelerators in a cluster; null: no price is known. */
export function replicaPrice(
  view: SubjectView<'Serving'>,
  options: RuleOptions,
  today: string,
): ReplicaPrice | null {
  const { object, purpose } = view.settings
  // What a notebook tries out is another rule's.
  const tried = purpose !== undefined && effective(purpose) !== 'deployment'
  return object === undefined && tried ? null : priceOf(view, options, today)
}

/** The same of any endpoint, whatever it is for. */
export function priceOf(
  view: SubjectView<'Serving'>,
  options: RuleOptions,
  today: string,
): ReplicaPrice | null {
  const { object } = view.settings
  const request = servingRequest(view)
  // Accelerators alone, of which the platform or the cluster finds a machine.
  if (object !== undefined || request.instanceType === undefined) {
    const rate = request.gpuModel === undefined ? null : rateOf(request, undefined, options.prices, today)
    return rate === null || 'missing' in rate ? null : rate.usd
  }
  const cost = hourlyCost(request, options.prices, today)
  if (cost === undefined || cost.onDemand === null) return null
  const { assumedRegion, region } = cost.price
  const elsewhere = assumedRegion && request.region !== undefined ? region : undefined
  return { low: cost.onDemand, high: cost.onDemand, ...(elsewhere === undefined ? {} : { elsewhere }) }
}
