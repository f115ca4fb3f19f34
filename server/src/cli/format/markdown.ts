/** Markdown for a job summary or a comment on a pull request: the bill in a sentence, then the findings, the dearest first. */
import { formatUsd, roughUsd } from '../../estimate/hourly.js'
import { totalOf } from '../../estimate/total.js'
import { rulePageLink, severities } from '../../linter.js'
import { sumText } from '../../report/cost-words.js'
import { markdownBill } from '../cost-markdown.js'
import type { Report, Shown } from '../report.js'
import { copiesText, foldCopies, type ShownOnce } from './copies.js'
import { countsText } from './summary.js'
import { harmless } from './width.js'
import { cellText, fixLabel, messageText, shareText } from './words.js'

/** GitHub cuts a summary at 1 MiB, a comment at 65,536 characters. */
const mostRows = 100

export function formatMarkdown(report: Report): string {
  const { run, month } = totalOf(report.costs)
  const findings = foldCopies([...report.findings].sort(dearestFirst))
  const lines = [
    '## CostLint',
    '',
    findings.length === 0 ? 'No findings.' : `${countsText(report)}.`,
    ...(run === null ? [] : [`A run of each job costs ${sumText(run)}.`]),
    ...(month === null ? [] : [`What is always on costs ${sumText(month)} a month.`]),
  ]
  if (findings.length > 0) {
    lines.push(
      '',
      '| | saves | where | finding |',
      '|---|---|---|---|',
      ...findings.slice(0, mostRows).map(row),
    )
    if (findings.length > mostRows) lines.push('', `${findings.length - mostRows} more are not shown.`)
  }
  const troubles = [
    ...report.problems.map(({ path, line, message }) => `${code(`${path}:${line}`)} ${plain(message)}`),
    ...report.faults.map(({ path, message }) => `${code(path)} internal error: ${plain(message)}`),
    ...[...report.unmatched, ...report.errors].map(({ path, message }) => `${code(path)} ${plain(message)}`),
    ...report.notFixed.map(({ path, message }) => `${code(path)} ${plain(message)}`),
  ]
  if (troubles.length > 0) lines.push('', '### Not checked', '', ...troubles.map((one) => `- ${one}`))
  // Where nothing has a price, the table says nothing to a reviewer.
  if (report.costs.some(({ usd }) => usd !== null))
    lines.push('', '<details><summary>The bill</summary>', '', markdownBill(report.costs), '</details>')
  return `${lines.join('\n').trimEnd()}\n`
}

function row({ shown, copies }: ShownOnce): string {
  const { rule, severity, message } = shown.finding
  const fix = shown.fixes[0]
  const parts = [
    `${plain(messageText(message))} ([${rule}](${rulePageLink(rule)}))`,
    ...(fix === undefined ? [] : [`**${fixLabel(fix.safety)}:** ${plain(fix.title)}`]),
    ...(copies.length === 0 ? [] : [`Also ${copiesText(copies, placeCode)}.`]),
  ]
  return `| ${severity} | ${moneyOf(shown)} | ${placeCode(shown)} | ${parts.join('<br>')} |`
}

function placeCode(shown: Shown): string {
  return `${code(`${shown.path}:${shown.inFile.start.line}`)}${cellText(shown)}`
}

function moneyOf({ finding: { saving } }: Shown): string {
  if (saving === null) return ''
  if (saving.usd === null) return shareText(saving)
  const { range, per } = saving.usd
  const [low, high] = range.map(per === 'hour' ? formatUsd : roughUsd) as [string, string]
  return `${low === high ? low : `${low}–${high.slice(1)}`} ${per === 'hour' ? 'an' : 'a'} ${per}`
}

/** Money for a run or a month before money for an hour, this before a share; then by severity. */
function dearestFirst(a: Shown, b: Shown): number {
  const rank = ({ finding }: Shown) =>
    finding.saving?.usd == null ? 0 : finding.saving.usd.per === 'hour' ? 1 : 2
  const most = ({ finding }: Shown) => finding.saving?.usd?.range[1] ?? finding.saving?.fraction[1] ?? 0
  const level = ({ finding }: Shown) => severities.indexOf(finding.severity)
  return rank(b) - rank(a) || most(b) - most(a) || level(a) - level(b)
}

/** Text of files, without what Markdown or HTML would make of it. */
function plain(text: string): string {
  return harmless(text).replace(/[\\`*_{}[\]<>|#~!]/g, (character) =>
    character === '<' ? '&lt;' : character === '>' ? '&gt;' : `\\${character}`,
  )
}

function code(text: string): string {
  const shown = harmless(text).replaceAll('|', '\\|')
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest === 0 ? `${fence}${shown}${fence}` : `${fence} ${shown} ${fence}`
}
