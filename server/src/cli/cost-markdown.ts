/** The bill as a Markdown table, for a pull request. */

import { totalOf } from '../estimate/total.js'
import type { CostEntry } from '../linter.js'
import { hoursText, machineText, savingText, sumText, usdText } from '../report/cost-words.js'
import { coverageText } from './cost-total.js'
import { count } from './format/summary.js'
import { harmless } from './format/width.js'

export function markdownBill(entries: readonly CostEntry[]): string {
  if (entries.length === 0) return 'Nothing found that costs money: no job, no service, no training.\n'
  const { run, month } = totalOf(entries)
  const rows = entries.map((entry) => [
    `${cell(entry.name)} (\`${cell(entry.path)}:${entry.line}\`)`,
    cell(machineText(entry)),
    hoursText(entry),
    usdText(entry),
    savingText(entry) ?? '',
  ])
  return [
    '| job | machine | hours | cost | can be saved |',
    '|---|---|---|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    ...(run === null ? [] : [`One run of ${count(run.entries, 'job')}: ${sumText(run)}.`]),
    ...(month === null ? [] : [`Always on: ${sumText(month)} a month.`]),
    coverageText(entries),
    '',
  ].join('\n')
}

/** Names come from files. */
function cell(text: string): string {
  return harmless(text.replace(/\s+/g, ' ')).replace(/[|`<>\\]/g, (character) => `\\${character}`)
}
