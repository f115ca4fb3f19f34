/** What each of several trainings of a job takes of its bill. */
import type { Bill } from '../estimate/bill.js'
import type { Interval } from '../estimate/network.js'
import type { RuleOptions } from '../rules/rule.js'
import { hoursOfProgram } from './program-hours.js'
import type { Work } from './run-trainings.js'

/** Shares of both ends of a bill, 0 to 1. */
export type BillPart = Interval

/** The hours are only compared with each other. */
const anyCard = 'A10G'

/** Any share of it. */
const unknownPart: BillPart = { low: 0, high: 1 }

/**
 * By the hours of each, which a bill adds up to between the longest of them and all of them. A card that nobody names makes all of
 * them slower or faster alike.
 *
 * @param added the bill is known to be of all of them together, as measured
 * @returns by `subject.id`; empty where the job trains one thing
 */
export function partsOfTrainings(
  trainings: readonly Work[],
  options: RuleOptions,
  added: boolean,
): Map<string, BillPart> {
  const parts = new Map<string, BillPart>()
  const ids = new Set(trainings.map(({ subject }) => subject.id))
  if (ids.size < 2) return parts
  const onCard = { ...options, defaultHardware: options.defaultHardware ?? anyCard }
  const found = trainings.map((one) => hoursOfProgram([one], onCard))
  // Where nobody has counted the samples of any, they are of one data set as far as is known.
  const counted = found.some((one) => !('missing' in one))
  const hours = found.map((one) =>
    'missing' in one ? (counted ? null : (one.ofSamples ?? null)) : one.hours,
  )
  const known = hours.filter((one) => one !== null)
  const longest = Math.max(...known.map(({ low }) => low))
  const all = known.reduce((total, { high }) => total + high, 0)
  const middles = known.reduce((total, one) => total + middle(one), 0)
  trainings.forEach(({ subject }, index) => {
    const own = hours[index] ?? null
    if (own === null || known.length < hours.length || !(longest > 0 && all > 0)) {
      parts.set(subject.id, unknownPart)
      return
    }
    const share = added ? middle(own) / middles : null
    const { low, high } = parts.get(subject.id) ?? { low: 0, high: 0 }
    parts.set(
      subject.id,
      share === null
        ? { low: Math.max(low, own.low / longest), high: Math.min(1, high + own.high / all) }
        : { low: Math.min(1, low + share), high: Math.min(1, high + share) },
    )
  })
  return parts
}

/** The bill with what one training takes of it in place of the cost of a run. */
export function partOfBill(bill: Bill, { low, high }: BillPart): Bill {
  const { usd, usdAtMost } = bill
  const scaled = (cost: number | null) => (cost === null ? null : cost * high)
  return {
    ...bill,
    usd: usd === null ? null : { low: usd.low * low, high: scaled(usd.high) },
    ...(usdAtMost === undefined ? {} : { usdAtMost: scaled(usdAtMost) }),
  }
}

/** Of a range whose ends may be many times apart. */
function middle({ low, high }: Interval): number {
  return Math.sqrt(low * high)
}
