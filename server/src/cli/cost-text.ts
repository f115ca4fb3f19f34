/** The bill as text: a line for each job, what is not known below it, totals and coverage at the end. */

import { linesWords, ofSamplesWords, usdWords } from '../estimate/bill-words.js'
import { formatUsd } from '../estimate/hourly.js'
import { totalOf } from '../estimate/total.js'
import type { CostEntry } from '../linter.js'
import { hoursText, machineText, savingText, scheduleText, sumText, usdText } from '../report/cost-words.js'
import type { Console } from './console.js'
import { coverageText } from './cost-total.js'
import { count } from './format/summary.js'
import { harmless } from './format/width.js'

export function drawnBill(entries: readonly CostEntry[], { colors }: Console): string {
  const head = ({ path, cell, line, name }: CostEntry): string =>
    `${colors.bold(harmless(`${path}:${cell === null ? '' : `cell ${cell}:`}${line}`))}${name === path ? '' : ` ${harmless(name)}`}`
  const short = (entry: CostEntry): string =>
    `${head(entry)} ${colors.yellow('not known')} ${harmless(entry.unknown.join('; '))}`
  const full = (entry: CostEntry): string => {
    const saved = savingText(entry)
    const lines = linesWords(entry.lines)
    const parts = [
      entry.per === 'month' || (entry.hours === null && entry.ofSamples !== null) ? null : hoursText(entry),
      entry.usd !== null ? usdText(entry) : entry.ofSamples === null ? rateText(entry) : null,
      ofSamplesWords(entry.ofSamples),
      scheduleText(entry),
      saved === null ? null : `of which ${saved} can be saved`,
    ].filter((part) => part !== null)
    return [
      `${head(entry)} (${entry.kind}, ${harmless(machineText(entry))})`,
      `  ${colors.cyan(parts.join(' · '))}`,
      ...(entry.unknown.length === 0 || entry.usd !== null
        ? []
        : [`  ${colors.yellow('not known')} ${harmless(entry.unknown.join('; '))}`]),
      ...(lines === null ? [] : [`  ${colors.dim(lines)}`]),
      ...entry.budget.map((one) => `  ${colors.red(harmless(one))}`),
      ...entry.assumptions.map((one) => `  ${colors.dim(harmless(one))}`),
    ].join('\n')
  }
  if (entries.length === 0) return 'Nothing found that costs money: no job, no service, no training.\n'
  const blocks = entries.map((entry) =>
    entry.usdPerHour === null || onlyUsual(entry) ? short(entry) : full(entry),
  )
  const { run, month } = totalOf(entries)
  const lines = [
    ...(run === null ? [] : [`One run of ${count(run.entries, 'job')}: ${sumText(run)}.`]),
    ...(month === null ? [] : [`Always on: ${sumText(month)} a month.`]),
    coverageText(entries),
  ]
  return `${blocks.join('\n')}\n\n${lines.join('\n')}\n`
}

/** Of a script that no job starts an hour on any card says nothing. */
function onlyUsual({ kind, usd, ofSamples }: CostEntry): boolean {
  return kind === 'training' && usd === null && ofSamples === null
}

/** '$21.96 an hour' of a job whose length is not known. */
function rateText({ usdPerHour }: CostEntry): string {
  if (usdPerHour === null) return 'price not known'
  const { low, high } = usdPerHour
  return `${low === high ? formatUsd(low) : usdWords(usdPerHour)} an hour`
}
