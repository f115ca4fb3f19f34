/** What a job costs: the price of an hour and the hours of a run, put together. Pure arithmetic on intervals. */
import type { Interval } from './network.js'
import type { Rate } from './rate.js'

/** Hours of a month. */
export const month = 730

/** An interval without an upper end: at least so much. */
export interface OpenInterval {
  low: number
  high: number | null
}

export interface Bill {
  per: 'run' | 'month'
  rate: Rate | null
  /** Of one run of the job, trials of a search one after the other; null: not known. */
  hours: OpenInterval | null
  /** USD; null: not known. */
  usd: OpenInterval | null
  /** The upper end at the dearest provider, where `usd` is that of the cheapest: what surely costs little costs little there, too. */
  usdAtMost?: number | null
  /** Nothing names an accelerator: from that of the cheapest of the usual ones to that of the fastest. */
  onAnyCard?: true
  /** Only a limit is known: the platform ends the job then. */
  limitOnly: boolean
  /** The hours are those of past runs, with all that their steps waited for. */
  measured?: true
  /** What a run over so many samples takes, where only their number is not known. */
  ofSamples: { samples: number; hours: OpenInterval; usd: OpenInterval | null } | null
  /** Of the hours of a run, where what it does beside its steps is known: the steps, and each of these. */
  lines: BillLine[]
  /** What is not known, and what would make it known. */
  unknown: string[]
  /** A clause each. */
  assumptions: string[]
}

export interface BillLine {
  what: 'steps' | 'evaluation' | 'checkpoints' | 'start'
  hours: OpenInterval
}

/** What lacks. `ofSamples`: hours over `sampleUnit` samples, where it is only how many there are. */
export interface Missing {
  missing: string
  ofSamples?: Interval
}

/** Samples for which a training is told whose data nobody has counted. */
export const sampleUnit = 10_000

export interface RunParts {
  rate: Rate | { missing: string }
  /** Of each training that the job runs, one after the other; what lacks in place of those that are not known. */
  trainings: (Interval | Missing)[]
  /** What these hours are made of; absent: it is not known. */
  parts?: { what: 'steps' | 'evaluation' | 'checkpoints'; hours: Interval }[]
  /** How often all of that is done: the trials of a search. */
  times: OpenInterval
  /** Hours after which the platform ends the job; null: never, or not known. */
  limit: number | null
  /** Each trial is a job of its own, with a limit of its own. */
  apart: boolean
  /** Machines are rented for it. */
  rented: boolean
  assumptions: string[]
}

/**
 * Hours that a rented machine is paid for before the first step, beside the minute that a run is always given. Clouds bill a minute at
 * least (AWS EC2, Compute Engine); that images, weights and data take no more than four is an assumption.
 */
const start: Interval = { low: 60 / 3600, high: 240 / 3600 }
const never: Interval = { low: 0, high: 0 }
/**
 * Times that the ends of a range lie apart at most for it to say more than the limit that cuts it off. An assumption: from a limit of a
 * day such a range goes down to five minutes.
 */
const tellsNothing = 300
const once: OpenInterval = { low: 1, high: 1 }

export function runBill({
  rate,
  trainings,
  parts = [],
  times,
  limit: each,
  apart,
  rented,
  assumptions,
}: RunParts): Bill {
  const unknown: string[] = []
  const known = 'missing' in rate ? null : rate
  if ('missing' in rate) unknown.push(rate.missing)
  for (const one of trainings)
    if ('missing' in one && !unknown.includes(one.missing)) unknown.push(one.missing)
  const read = trainings.flatMap((one) => ('missing' in one ? [] : [one]))
  const whole = read.length > 0 && read.length === trainings.length
  const limit = each === null ? null : apart ? (times.high === null ? null : each * times.high) : each
  const within = (hours: OpenInterval): OpenInterval =>
    limit === null
      ? hours
      : { low: Math.min(hours.low, limit), high: hours.high === null ? limit : Math.min(hours.high, limit) }
  const started = repeated(rented ? start : never, apart ? times : once)
  const worked = whole ? within(openSum(repeated(totalOf(read), times), started)) : null
  const counted = trainings.flatMap((one) => ('missing' in one ? (one.ofSamples ?? []) : []))
  const unit =
    counted.length === 0 || counted.length < trainings.length ? null : repeated(totalOf(counted), times)
  const ends =
    worked !== null && limit !== null && sum(read.map((one) => one.high)) * (times.high ?? 1) > limit
  // A range of seconds to days that the limit cuts off tells nothing but the limit.
  const vague = ends && worked.high === limit && limit > tellsNothing * worked.low
  const limitOnly = limit !== null && (worked === null || vague)
  const hours = limitOnly ? { low: 0, high: limit } : worked
  return {
    per: 'run',
    rate: known,
    hours,
    usd: known === null || hours === null ? null : multiplied(known.usd, hours),
    limitOnly,
    ofSamples: unit && {
      samples: sampleUnit,
      hours: unit,
      usd: known === null ? null : multiplied(known.usd, unit),
    },
    lines:
      worked === null || ends || parts.length === 0
        ? []
        : [
            ...parts.map(({ what, hours }) => ({ what, hours: repeated(hours, times) })),
            ...(started.low > 0 ? [{ what: 'start' as const, hours: started }] : []),
          ],
    unknown,
    assumptions: [
      ...(known?.assumptions ?? []),
      ...assumptions,
      ...(rented && worked !== null ? ['one to five minutes until its program starts'] : []),
      ...(vague ? ['the range of its trainings is too wide to tell more than the time limit'] : []),
      ...(ends ? [`the time limit of ${Number(limit!.toPrecision(3))} h may end it before it is done`] : []),
    ],
  }
}

export interface ServiceParts {
  rate: Rate | { missing: string }
  /** Machines that are there at all times, and at most; the rate is that of one. Or what would tell them. */
  replicas: OpenInterval | { missing: string }
  /** Share of the month that it is up. */
  share: number
  assumptions: string[]
}

/** What is always on: a month of it. */
export function serviceBill({ rate, replicas, share, assumptions }: ServiceParts): Bill {
  if ('missing' in rate) return { ...empty, per: 'month', unknown: [rate.missing], assumptions }
  if ('missing' in replicas)
    return {
      ...empty,
      per: 'month',
      rate,
      unknown: [replicas.missing],
      assumptions: [...rate.assumptions, ...assumptions],
    }
  const hours = month * share
  return {
    per: 'month',
    rate,
    hours: { low: hours, high: hours },
    usd: {
      low: rate.usd.low * replicas.low * hours,
      high: replicas.high === null ? null : rate.usd.high * replicas.high * hours,
    },
    limitOnly: false,
    ofSamples: null,
    lines: [],
    unknown: [],
    assumptions: [...rate.assumptions, ...assumptions],
  }
}

const empty: Omit<Bill, 'per' | 'unknown' | 'assumptions'> = {
  rate: null,
  hours: null,
  usd: null,
  limitOnly: false,
  ofSamples: null,
  lines: [],
}

function totalOf(all: readonly Interval[]): Interval {
  return { low: sum(all.map((one) => one.low)), high: sum(all.map((one) => one.high)) }
}

function repeated(each: Interval, times: OpenInterval): OpenInterval {
  return { low: each.low * times.low, high: times.high === null ? null : each.high * times.high }
}

function openSum(a: OpenInterval, b: OpenInterval): OpenInterval {
  return { low: a.low + b.low, high: a.high === null || b.high === null ? null : a.high + b.high }
}

function multiplied(usd: Interval, hours: OpenInterval): OpenInterval {
  return { low: usd.low * hours.low, high: hours.high === null ? null : usd.high * hours.high }
}

/** From the least of several to the most; without an upper end where one of them has none. */
export function openHull(all: readonly OpenInterval[]): OpenInterval {
  const open = all.some(({ high }) => high === null)
  return {
    low: Math.min(...all.map((one) => one.low)),
    high: open ? null : Math.max(...all.map((one) => one.high!)),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Shares that several pieces of advice save, taken together: what one saves the next cannot save again. */
export function combined(shares: readonly (readonly [number, number])[]): [number, number] {
  const left = shares.reduce(
    ([least, most], [low, high]) => [least * (1 - clamp(high)), most * (1 - clamp(low))] as const,
    [1, 1] as readonly [number, number],
  )
  return [1 - left[1], 1 - left[0]]
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share))
}
