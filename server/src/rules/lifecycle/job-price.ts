/** What the machines of a job cost for as long as it may run. */
import type { Interval } from '../../estimate/network.js'
import { rateOf } from '../../estimate/rate.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { requestOf } from '../machine-request.js'
import type { RuleContext } from '../rule.js'

/** USD that its machines cost in so many seconds; null: no price is known, or nobody said where it runs. */
export function costOf(
  view: SubjectView<'Compute'>,
  seconds: number,
  prices: RuleContext['options']['prices'],
  today: string,
): Interval | null {
  const rate = rateOf(requestOf(view), effective(view.settings.spot), prices, today)
  if ('missing' in rate) return null
  return { low: (rate.usd.low * seconds) / 3600, high: (rate.usd.high * seconds) / 3600 }
}
