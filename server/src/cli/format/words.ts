/** Findings in words, the same in every format that people read. */
import { moneyText } from '../../estimate/hourly.js'
import type { Saving } from '../../rules/rule.js'
import type { Place } from '../report.js'
import { harmless } from './width.js'

/**
 * `train.py:12:5`. In a notebook the line and column of its JSON, where programs that read `path:line:col` go, and for
 * people the cell: `eda.ipynb:57:9 (cell 3, line 12)`.
 */
export function placeText(place: Place): string {
  return `${harmless(linkText(place))}${cellText(place)}`
}

/** `train.py:12:5`, not made harmless. */
export function linkText({ path, inFile }: Place): string {
  return `${path}:${inFile.start.line}:${inFile.start.column}`
}

/** ` (cell 3, line 12)`; nothing outside notebooks. */
export function cellText({ cell, range }: Place): string {
  return cell === null ? '' : ` (cell ${cell}, line ${range.start.line})`
}

/** `$8.80–13 per hour (us-east-1, prices of 2026-07-20), 40 to 60 % (half of the fits)`. */
export function savingText(saving: Saving): string {
  return `${amountText(saving)} (${saving.basis.replace(/\.$/, '')})`
}

/** Money first, where it is known. */
export function amountText(saving: Saving): string {
  const money = saving.usd === null ? '' : `${moneyText(saving.usd)}, `
  return `${money}${shareText(saving)}`
}

export function shareText({ fraction }: Saving): string {
  const [low, high] = fraction.map((one) => Math.round(one * 100)) as [number, number]
  return low === high ? `${low} %` : `${low} to ${high} %`
}

/** The message in one line. */
export function messageText(message: string): string {
  return harmless(message.replace(/\s*\n\s*/g, ' '))
}

export function fixLabel(safety: 'safe' | 'unsafe' | 'display'): string {
  return safety === 'display' ? 'sketch' : `${safety} fix`
}
