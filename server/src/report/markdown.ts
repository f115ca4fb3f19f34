/** A report as Markdown: for a pull request, a wiki, the summary of a job. */
import { count } from '../estimate/figures.js'
import type { ReportData, ReportFinding, ReportPlace } from './data.js'
import { historyComment } from './history.js'
import { escapeMarkdown } from './markdown-text.js'
import {
  bytesText,
  costText,
  countText,
  findingsFirst,
  placeText,
  searchText,
  sectionSaving,
} from './words.js'

export interface MarkdownOptions {
  /** Where a place links to; null: nowhere. */
  link?(place: ReportPlace): string | null
}

const mostRows = 50

export function markdownReport(data: ReportData, options: MarkdownOptions = {}): string {
  const place = (one: ReportPlace) => {
    const target = options.link?.(one) ?? null
    const shown = `\`${placeText(one).replace(/[`|]/g, "'")}\``
    return target === null ? shown : `[${shown}](<${target.replace(/[<>]/g, '')}>)`
  }
  const parts = [
    `# Cost report: ${escapeMarkdown(data.title)}`,
    `${countText(data)} · CostLint ${data.version} · ${data.date}`,
    ...data.totals.map((one) => `**${one}**`),
    '## What can be saved',
    findings(data.findings, place),
  ]
  if (data.jobs.length > 0)
    parts.push(
      '## Bill by job',
      table(
        ['job', 'machine', 'hours', 'cost', 'can be saved', 'where'],
        data.jobs.map((one) => [
          ...[one.name, one.machine, one.hours, costText(one), one.saving ?? ''].map(cell),
          place(one),
        ]),
      ),
    )
  if (data.sections.length > 0)
    parts.push(
      '## Waste by section of the checklist',
      table(
        ['section', 'findings', 'can be saved'],
        data.sections.map((one) => [one.title, String(one.findings), sectionSaving(one)]),
      ),
    )
  if (data.searches.length > 0)
    parts.push(
      '## Largest grids',
      table(
        ['where', 'configurations', 'in all'],
        data.searches.map((one) => [place(one), cell(one.formula ?? ''), searchText(one)]),
      ),
    )
  if (data.memory.length > 0)
    parts.push(
      '## Use of GPU memory',
      table(
        ['training', 'model', 'GPU', 'needs', 'of', 'verdict'],
        data.memory.map((one) => [
          place(one),
          ...[one.model ?? '', one.gpu, bytesText(one.expected), bytesText(one.usable), one.verdict].map(
            cell,
          ),
        ]),
      ),
    )
  if (data.history.length > 1)
    parts.push(
      '## Findings over time',
      table(
        ['report of', 'errors', 'warnings', 'information', 'hints', 'can be saved'],
        [...data.history]
          .reverse()
          .map(({ date, error, warning, information, hint, saving }) => [
            date,
            ...[error, warning, information, hint].map(String),
            cell(saving ?? ''),
          ]),
      ),
    )
  parts.push(historyComment(data))
  return `${parts.join('\n\n')}\n`
}

function findings(all: readonly ReportFinding[], place: (one: ReportPlace) => string): string {
  const { told, hints } = findingsFirst(all)
  if (told.length === 0) return hints.length === 0 ? 'None.' : `None, and ${count(hints.length, 'hint')}.`
  const rows = told
    .slice(0, mostRows)
    .map((one) => [cell(one.saving ?? ''), `${cell(one.message)} (${one.rule})`, place(one)])
  const left = told.length - rows.length
  const more = [
    ...(left > 0 ? [count(left, 'more finding', 'more findings')] : []),
    ...(hints.length > 0 ? [count(hints.length, 'hint')] : []),
  ]
  const shown = table(['saves', 'what', 'where'], rows)
  return more.length === 0 ? shown : `${shown}\n\nNot shown: ${more.join(', ')}.`
}

function table(head: readonly string[], rows: readonly string[][]): string {
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n')
}

function cell(raw: string): string {
  return escapeMarkdown(raw).replace(/(?<!\\)\|/g, '\\|')
}
