/** Hours and dollars of a bill in words. */

import { groupedDigits } from '../text/grouped-digits.js'
import type { Bill, BillLine, OpenInterval } from './bill.js'
import { between, duration } from './figures.js'
import { pricedUsd, roughUsd } from './hourly.js'

/** '6–11 h'; `limit`: 'at most 24 h'. */
export function hoursWords({ low, high }: OpenInterval, limit = false): string {
  if (high === null) return `at least ${duration(low)}`
  if (limit || low === 0) return `at most ${duration(high)}`
  const [from, to] = [duration(low), duration(high)]
  return from === to ? from : between(from, to)
}

/** '$150–280', '$2,300 or more', 'up to $5'; `limit`: 'at most $92'. */
export function usdWords({ low, high }: OpenInterval, limit = false): string {
  if (high === null) return `${roughUsd(low)} or more`
  if (limit) return `at most ${roughUsd(high)}`
  if (low < 0.005) return `up to ${roughUsd(high)}`
  if (low === high) return pricedUsd(low)
  const [from, to] = [roughUsd(low), roughUsd(high)]
  return from === to ? from : `${from}–${to.slice(1)}`
}

/** '≈ 6–11 h · $150–280 a run', '≈ $740 a month', 'at most $1,200 a run', '≈ $3–8 a run for each 10,000 samples'; null: it is not known. */
export function billWords({ per, hours, usd, limitOnly, ofSamples, onAnyCard }: Bill): string | null {
  // A range over all usual accelerators says too little to stand beside code.
  const unit = onAnyCard !== true && isTelling(ofSamples) ? ofSamplesWords(ofSamples) : null
  if (usd === null || hours === null) return unit
  const money = `${usdWords(usd, limitOnly)} a ${per}`
  if (limitOnly) return unit === null ? money : `${unit}, ${money}`
  return per === 'month' ? `≈ ${money}` : `≈ ${hoursWords(hours)} · ${money}`
}

/** '≈ 0.2–0.8 h · $3–8 a run for each 10,000 samples'; null: it is not known. */
export function ofSamplesWords(ofSamples: Bill['ofSamples']): string | null {
  if (ofSamples === null || ofSamples.usd === null) return null
  const { samples, hours, usd } = ofSamples
  return `≈ ${hoursWords(hours)} · ${usdWords(usd)} a run for each ${groupedDigits(samples)} samples`
}

const names: Record<BillLine['what'], string> = {
  steps: 'steps',
  evaluation: 'evaluation',
  checkpoints: 'checkpoints',
  start: 'start of the machines',
}

/** 'steps 11–95 min, evaluation 17–130 min, checkpoints 2–8 min'; null: it is not known. */
export function linesWords(lines: readonly BillLine[]): string | null {
  if (lines.length < 2) return null
  return lines.map(({ what, hours }) => `${names[what]} ${hoursWords(hours)}`).join(', ')
}

function isTelling(ofSamples: Bill['ofSamples']): boolean {
  const usd = ofSamples?.usd
  return usd != null && usd.high !== null && usd.high <= widest * usd.low
}

const widest = 25
