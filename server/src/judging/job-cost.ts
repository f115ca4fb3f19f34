/** What the machines of a job cost per hour, from the joined settings of its request. */

import type { Bill } from '../estimate/bill.js'
import { type HourlyCost, hourlyCost } from '../estimate/hourly.js'
import { requestOf } from '../rules/machine-request.js'
import type { RuleOptions, Saving } from '../rules/rule.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'

function jobCost(
  compute: Pick<SubjectView<'Compute'>, 'settings'>,
  options: RuleOptions,
  today: string,
): HourlyCost | undefined {
  return hourlyCost(requestOf(compute), options.prices, today)
}

/**
 * A share of the cost of a job is money: of a run or a month where the bill is known, else of an hour of its machines. Rules that
 * name it themselves are left alone.
 */
export function inMoney(
  saving: Saving,
  bill: Bill,
  view: SubjectView,
  options: RuleOptions,
  today: string,
): Saving {
  if (saving.usd !== null) return ofSpot(view, saving) ? perHour(saving, bill, view, options, today) : saving
  if (!bill.limitOnly) return ofRun(saving, bill) ?? perHour(saving, bill, view, options, today)
  const hourly = perHour(saving, bill, view, options, today)
  // What a run takes at most is told where not even an hour has a price.
  return hourly.usd === null ? (ofRun(saving, bill) ?? saving) : hourly
}

/** A rule has it in list prices on demand, and the job pays less than that. */
function ofSpot({ subject: { kind }, run }: SubjectView, { usd }: Saving): boolean {
  const spot = run.job.compute?.settings.spot
  return kind !== 'Scaling' && kind !== 'Serving' && usd?.per === 'hour' && effective(spot) === true
}

function ofRun(saving: Saving, { usd, rate, per, limitOnly }: Bill): Saving | null {
  if (usd === null || usd.high === null || usd.high <= 0 || rate === null) return null
  const [low, high] = saving.fraction
  return {
    ...saving,
    usd: {
      range: [limitOnly ? 0 : digits(low * usd.low), digits(high * usd.high)],
      per,
      asOf: rate.asOf,
      region: rate.assumed ? 'machine assumed' : rate.region,
    },
  }
}

/** A rate that is assumed says nothing of a share where its ends lie further apart. */
const widest = 4

function perHour(
  saving: Saving,
  { rate: perAccelerator, per }: Bill,
  view: SubjectView,
  options: RuleOptions,
  today: string,
): Saving {
  const { compute } = view.run.job
  if (compute === null) return saving
  const cost = jobCost(compute, options, today)
  const onSpot = effective(compute.settings.spot) === true
  // What a spot hour costs is a range where no list names it.
  if (cost === undefined || (onSpot && cost.spot === null))
    return per === 'run' ? ofRate(saving, perAccelerator) : saving
  const rate = onSpot ? cost.spot : cost.onDemand
  if (rate === null || rate === 0) return saving
  const [low, high] = saving.fraction
  const { asOf } = cost.price
  return {
    ...saving,
    usd: {
      range: [digits(low * rate), digits(high * rate)],
      per: 'hour',
      asOf,
      region: cost.where,
    },
  }
}

function ofRate(saving: Saving, rate: Bill['rate']): Saving {
  if (rate === null) return saving
  const { low, high } = rate.usd
  if (low <= 0 || high > widest * low) return saving
  const [least, most] = saving.fraction
  const { asOf } = rate
  return {
    ...saving,
    usd: {
      range: [digits(least * low), digits(most * high)],
      per: 'hour',
      asOf,
      region: rate.assumed ? 'machine assumed' : rate.region,
    },
  }
}

/** Two digits are all that a share of a list price means; below ten dollars the cents as they are. */
function digits(usd: number): number {
  return usd < 10 ? Math.round(usd * 1000) / 1000 : Number(usd.toPrecision(2))
}
