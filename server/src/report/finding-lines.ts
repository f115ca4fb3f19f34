/** Findings and totals as lines of Markdown documents. */
import { usdWords } from '../estimate/bill-words.js'
import { count } from '../estimate/figures.js'
import { roughUsd } from '../estimate/hourly.js'
import { totalOf } from '../estimate/total.js'
import type { Finding } from '../finding.js'
import type { CostEntry, PlacedFinding } from '../linter.js'
import { markdownLink } from './markdown-links.js'
import { escapeMarkdown } from './markdown-text.js'

/** A link, what is wrong, what it would save. */
export function findingLine({ finding, path, line }: PlacedFinding): string {
  const { cell } = finding.location
  const place =
    cell === null
      ? markdownLink(`${path}:${line}`, path, line)
      : markdownLink(`${path}, cell ${cell}, line ${line}`, path, null)
  return `${place} ${escapeMarkdown(finding.message)}${savingText(finding)}`
}

function savingText({ saving }: Finding): string {
  if (saving === null) return ''
  if (saving.usd !== null) {
    const [low, high] = saving.usd.range
    return ` Saves **${usdWords({ low, high })} ${saving.usd.per === 'hour' ? 'an' : 'a'} ${saving.usd.per}**.`
  }
  const [low, high] = saving.fraction.map((share) => Math.round(share * 100)) as [number, number]
  return ` Saves ${low === high ? low : `${low} to ${high}`} % of it.`
}

const severities = ['error', 'warning', 'information', 'hint']

export function dearestFirst(a: PlacedFinding, b: PlacedFinding): number {
  const usd = ({ finding: { saving } }: PlacedFinding) =>
    saving?.usd === null || saving === null ? 0 : saving.usd.range[1]
  const severity = ({ finding }: PlacedFinding) => severities.indexOf(finding.severity)
  return usd(b) - usd(a) || severity(a) - severity(b)
}

/** What a run of each job and a month of what is always on cost, a paragraph each. */
export function moneyLines(costs: readonly CostEntry[]): string[] {
  const { run, month } = totalOf(costs)
  const saved = ({ high }: { high: number }) =>
    high < 0.005 ? '' : `, of which up to ${roughUsd(high)} can be saved`
  return spaced([
    ...(run === null
      ? []
      : [`One run of ${count(run.entries, 'job')} costs ${usdWords(run.usd)}${saved(run.saving)}.`]),
    ...(month === null
      ? []
      : [`What is always on costs ${usdWords(month.usd)} a month${saved(month.saving)}.`]),
  ])
}

/** Each line after an empty one. */
export function spaced(lines: readonly string[]): string[] {
  return lines.flatMap((line) => ['', line])
}
