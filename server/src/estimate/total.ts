/** What several bills come to, kept apart by run and month, and how many of them are known. */
import type { OpenInterval } from './bill.js'
import type { Interval } from './network.js'

export interface Billed {
  per: 'run' | 'month'
  usd: OpenInterval | null
  saving: Interval | null
  /** `bounded`: only what it costs at most. */
  state: string
  /** The entry that holds what it costs. */
  onPool?: string
}

export interface Sum {
  /** USD; null at the end: at least so much. */
  usd: OpenInterval
  saving: Interval
  /** So many entries it is made of. */
  entries: number
}

/** One run of each job, and a month of what is always on; null: no such entry is priced. */
export interface Total {
  run: Sum | null
  month: Sum | null
}

export function totalOf(entries: readonly Billed[]): Total {
  return { run: sumOf(entries, 'run'), month: sumOf(entries, 'month') }
}

function sumOf(entries: readonly Billed[], per: 'run' | 'month'): Sum | null {
  const counted = entries.filter(
    (one) => one.per === per && one.usd !== null && one.state === 'priced' && one.onPool === undefined,
  )
  if (counted.length === 0) return null
  const total = (value: (one: Billed) => number) => counted.reduce((sum, one) => sum + value(one), 0)
  const open = counted.some(({ usd }) => usd!.high === null)
  return {
    usd: { low: total(({ usd }) => usd!.low), high: open ? null : total(({ usd }) => usd!.high!) },
    saving: {
      low: total(({ saving }) => saving?.low ?? 0),
      high: total(({ saving }) => saving?.high ?? 0),
    },
    entries: counted.length,
  }
}
