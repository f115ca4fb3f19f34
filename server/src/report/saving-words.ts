/** What a finding would save, in the few words that stand before it. */
import { usdWords } from '../estimate/bill-words.js'
import { formatUsd } from '../estimate/hourly.js'
import type { Finding } from '../finding.js'

type Saving = NonNullable<Finding['saving']>

/** '$96–180 a run', '$0.96–1.80 an hour', '35–52 %'; null: it is not known. */
export function savingWords({ saving }: Pick<Finding, 'saving'>): string | null {
  if (saving === null) return null
  return saving.usd === null || saving.usd.range[1] < 0.005 ? shareWords(saving) : amountWords(saving.usd)
}

/** '35–52 %', 'up to 40 %'. */
export function shareWords({ fraction: [low, high] }: Saving): string {
  const [from, to] = [percent(low), percent(high)]
  if (from === to) return `${to} %`
  return from === '0' ? `up to ${to} %` : `${from}–${to} %`
}

function amountWords({ range: [low, high], per }: NonNullable<Saving['usd']>): string {
  const amount =
    per === 'hour' && low >= 0.005
      ? low === high
        ? formatUsd(low)
        : `${formatUsd(low)}–${formatUsd(high).slice(1)}`
      : usdWords({ low, high })
  return `${amount} ${per === 'hour' ? 'an' : 'a'} ${per}`
}

/** 'Save $96–180 a run: '; nothing where it is not known. */
export function savingPrefix(finding: Pick<Finding, 'saving'>): string {
  const words = savingWords(finding)
  return words === null ? '' : `Save ${words}: `
}

function percent(fraction: number): string {
  return `${Math.round(fraction * 100)}`
}

/**
 * What of two findings is worth more, as a number for sorting: dollars, an hour counted as a run of ten; then shares.
 */
export function worthOf({ saving }: Pick<Finding, 'saving'>): number {
  if (saving === null) return 0
  const share = (saving.fraction[0] + saving.fraction[1]) / 2
  if (saving.usd === null) return share / 1000
  const [low, high] = saving.usd.range
  return ((low + high) / 2) * (saving.usd.per === 'hour' ? 10 : 1) + share / 1000
}
