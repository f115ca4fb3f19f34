/** A report as one HTML page that fetches nothing: a file of its own, or a view of an editor. */
import { count, number } from '../estimate/figures.js'
import { roughUsd } from '../estimate/hourly.js'
import { type Bar, barChart } from './bar-chart.js'
import type { ReportData, ReportEntry, ReportFinding, ReportJob, ReportPlace } from './data.js'
import { escapeHtml as text } from './escape.js'
import { historyComment } from './history.js'
import { styles } from './styles.js'
import {
  bytesText,
  costText,
  countText,
  findingsFirst,
  placeText,
  searchText,
  sectionSaving,
} from './words.js'

export interface HtmlOptions {
  /** Where a place links to; null: nowhere. */
  link?(place: ReportPlace): string | null
  /** Of an editor: what its content security policy lets run and show. */
  view?: { nonce: string; script: string }
}

/** Rows that are shown before a reader asks for more, and bars of a chart. */
const mostRows = 20
const mostBars = 12

export function htmlReport(data: ReportData, options: HtmlOptions = {}): string {
  const { view } = options
  const nonce = view === undefined ? '' : ` nonce="${text(view.nonce)}"`
  const policy =
    view === undefined
      ? "default-src 'none'; style-src 'unsafe-inline'"
      : `default-src 'none'; style-src 'nonce-${view.nonce}'; script-src 'nonce-${view.nonce}'`
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${text(policy)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Cost report: ${text(data.title)}</title><style${nonce}>${styles}</style></head><body>`,
    `<header><h1>Cost report: ${text(data.title)}</h1>`,
    `<p class="sub">${text(countText(data))} · CostLint ${text(data.version)} · ${text(data.date)}</p>`,
    `<div class="totals">${totals(data)}</div></header><main>`,
    findings(data.findings, options),
    bill(data.jobs, options),
    sections(data),
    searches(data, options),
    memory(data, options),
    history(data),
    assumptions(data.jobs),
    '</main>',
    historyComment(data),
    view === undefined ? '' : `<script${nonce}>${view.script}</script>`,
    '</body></html>\n',
  ].join('\n')
}

/** Code spans are code. */
function prose(message: string): string {
  return text(message).replace(/`([^`]+)`/g, '<code>$1</code>')
}

function totals({ totals, jobs }: ReportData): string {
  if (totals.length > 0) return totals.map((one) => `<p>${text(one)}</p>`).join('')
  return jobs.length === 0
    ? '<p>No job, no service and no training was found.</p>'
    : '<p>No job could be priced; the bill below says what is not known.</p>'
}

function place(where: ReportPlace, { link }: HtmlOptions): string {
  const target = link?.(where) ?? null
  // A long path is broken behind a slash.
  const shown = `<code>${text(placeText(where)).replaceAll('/', '/<wbr>')}</code>`
  return target === null ? shown : `<a class="place" href="${text(target)}">${shown}</a>`
}

function section(title: string, id: string, parts: readonly string[]): string {
  return `<section aria-labelledby="${id}"><h2 id="${id}">${text(title)}</h2>${parts.join('\n')}</section>`
}

type Column = [title: string, className?: string]

function table(columns: readonly Column[], rows: readonly string[][]): string {
  const cell = (tag: string, content: string, className: string | undefined, more = '') =>
    `<${tag}${className === undefined ? '' : ` class="${className}"`}${more}>${content}</${tag}>`
  const head = columns.map(([title, name]) => cell('th', text(title), name, ' scope="col"')).join('')
  const body = rows.map(
    (row) => `<tr>${row.map((one, at) => cell('td', one, columns[at]![1])).join('')}</tr>`,
  )
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table>`
}

/** The first rows, and the others behind a word. */
function shortTable(columns: readonly Column[], rows: readonly string[][]): string {
  if (rows.length <= mostRows + 3) return table(columns, rows)
  const more = rows.slice(mostRows)
  return (
    table(columns, rows.slice(0, mostRows)) +
    `<details><summary>${more.length} more</summary>${table(columns, more)}</details>`
  )
}

function findings(all: readonly ReportFinding[], options: HtmlOptions): string {
  if (all.length === 0) return section('Findings', 'findings', ['<p>None.</p>'])
  const { told, hints } = findingsFirst(all)
  const columns: Column[] = [['saves', 'saving'], ['what'], ['where', 'where']]
  const row = (one: ReportFinding) => [
    text(one.saving ?? ''),
    `${prose(one.message)}<br><small>${text([one.rule, one.checklist?.title].filter(Boolean).join(' · '))}</small>`,
    place(one, options),
  ]
  return section('What can be saved', 'findings', [
    told.length === 0 ? '' : shortTable(columns, told.map(row)),
    hints.length === 0
      ? ''
      : `<details><summary>${count(hints.length, 'hint')}</summary>${table(columns, hints.map(row))}</details>`,
  ])
}

function bill(jobs: readonly ReportJob[], options: HtmlOptions): string {
  if (jobs.length === 0) return ''
  const charts = (['run', 'month'] as const).map((per) => {
    const bars = jobs.filter(
      (one) => one.per === per && one.usd !== null && (one.usd.high ?? one.usd.low) > 0,
    )
    if (bars.length === 0) return ''
    const title = per === 'run' ? 'Cost of a run in USD' : 'Cost of a month in USD'
    const shown = bars.slice(0, mostBars).map(
      ({ name, usd, cost, savedUsd }): Bar => ({
        ...{ label: name, low: usd!.low, high: usd!.high ?? usd!.low, value: cost },
        ...(savedUsd === null || savedUsd.high === null ? {} : { part: (savedUsd.low + savedUsd.high) / 2 }),
      }),
    )
    return `<h3>${title}</h3>${barChart({ title, bars: shown, tick: roughUsd })}`
  })
  const key =
    charts.join('') === ''
      ? ''
      : '<p class="note"><span class="key bar"></span>at least<span class="key maybe"></span>at most<span class="key part"></span>can be saved</p>'
  const rows = jobs.map((one) => [
    `${text(one.name).replaceAll('/', '/<wbr>')}<br><small>${text(one.kind)}</small>`,
    text(one.machine),
    text(one.hours),
    text(costText(one)),
    text(one.saving ?? ''),
    place(one, options),
  ])
  const columns: Column[] = [
    ['job'],
    ['machine'],
    ['hours', 'number'],
    ['cost', 'number'],
    ['can be saved', 'saving'],
    ['where', 'where'],
  ]
  return section('Bill by job', 'bill', [...charts, key, shortTable(columns, rows)])
}

function sections({ sections }: ReportData): string {
  if (sections.length === 0) return ''
  const priced = sections.filter(({ run }) => run !== null && run.high > 0)
  const title = priced.length > 0 ? 'Waste of a run of each job in USD' : 'Number of findings'
  const bars = (priced.length > 0 ? priced : sections).map(
    (one): Bar =>
      priced.length > 0
        ? { label: one.title, low: one.run!.low, high: one.run!.high, value: sectionSaving(one) }
        : { label: one.title, low: one.findings, high: one.findings, value: String(one.findings) },
  )
  const tick =
    priced.length > 0 ? roughUsd : (value: number) => (Number.isInteger(value) ? String(value) : '')
  return section('Waste by section of the checklist', 'sections', [
    barChart({ title, bars, tick }),
    table(
      [['section'], ['findings', 'number'], ['can be saved', 'saving']],
      sections.map((one) => [text(one.title), String(one.findings), text(sectionSaving(one))]),
    ),
  ])
}

function searches({ searches }: ReportData, options: HtmlOptions): string {
  if (searches.length === 0) return ''
  const bars = searches.slice(0, mostBars).map(
    (one): Bar => ({
      ...{ label: placeText(one), low: one.total, high: one.total },
      value: searchText(one),
    }),
  )
  const rows = searches.map((one) => [place(one, options), text(one.formula ?? ''), text(searchText(one))])
  return section('Largest grids', 'grids', [
    barChart({ title: 'Fits or runs of each grid', bars, tick: number, logarithmic: true }),
    shortTable([['where', 'where'], ['configurations'], ['in all', 'number']], rows),
  ])
}

function memory({ memory }: ReportData, options: HtmlOptions): string {
  if (memory.length === 0) return ''
  const bars = memory.slice(0, mostBars).map(
    (one): Bar => ({
      ...{
        label: placeText(one),
        low: one.expected,
        high: Math.max(one.expected, one.high),
        limit: one.usable,
      },
      ...{ value: `${bytesText(one.expected)} of ${bytesText(one.usable)}`, warn: one.expected > one.usable },
    }),
  )
  const rows = memory.map((one) => [
    place(one, options),
    text(one.model ?? ''),
    text(one.gpu),
    text(`${bytesText(one.low)}–${bytesText(one.high)}`),
    text(`${Math.round((one.expected / one.usable) * 100)} %`),
    text(one.verdict),
  ])
  return section('Use of GPU memory', 'memory', [
    barChart({ title: 'Memory that a training needs on one device', bars, tick: bytesText }),
    '<p class="note">The line is what programs get of the device.</p>',
    shortTable(
      [['training', 'where'], ['model'], ['GPU'], ['needs', 'number'], ['used', 'number'], ['verdict']],
      rows,
    ),
  ])
}

function history({ history }: ReportData): string {
  if (history.length < 2) return ''
  const total = (one: ReportEntry) => one.error + one.warning + one.information
  const bars = history.slice(-mostBars).map(
    (one): Bar => ({
      ...{ label: one.date, low: one.error + one.warning, high: total(one) },
      value: [String(total(one)), one.saving].filter(Boolean).join(' · '),
    }),
  )
  const rows = [...history]
    .reverse()
    .map((one) => [
      text(one.date),
      ...[one.error, one.warning, one.information, one.hint].map(String),
      text(one.saving ?? ''),
    ])
  const whole = (value: number) => (Number.isInteger(value) ? String(value) : '')
  return section('Findings over time', 'history', [
    barChart({ title: 'Findings of each report', bars, tick: whole }),
    '<p class="note"><span class="key bar"></span>errors and warnings<span class="key maybe"></span>information</p>',
    shortTable(
      [
        ['report of'],
        ['errors', 'number'],
        ['warnings', 'number'],
        ['information', 'number'],
        ['hints', 'number'],
        ['can be saved', 'saving'],
      ],
      rows,
    ),
  ])
}

function assumptions(jobs: readonly ReportJob[]): string {
  const told = jobs.filter(({ assumptions, unknown }) => assumptions.length + unknown.length > 0)
  if (told.length === 0) return ''
  const items = told.map(({ name, assumptions, unknown }) => {
    const lines = [...unknown.map((one) => `not known ${one}`), ...assumptions]
    return `<dt>${text(name)}</dt>${lines.map((one) => `<dd>${text(one)}</dd>`).join('')}`
  })
  return section('What was assumed, and what is not known', 'assumptions', [
    `<details><summary>${count(told.length, 'job')}</summary><dl>${items.join('\n')}</dl></details>`,
  ])
}
