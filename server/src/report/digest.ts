/** What the cadence of the checklist asks to look at, as Markdown: findings, the bill, what was measured. */
import { hoursWords, usdWords } from '../estimate/bill-words.js'
import { count, duration } from '../estimate/figures.js'
import type { Finding } from '../finding.js'
import type { CostEntry, Survey } from '../linter.js'
import type { RunRecord } from '../measured/record.js'
import { dearestFirst, findingLine, moneyLines } from './finding-lines.js'
import { markdownCell } from './markdown-links.js'
import { escapeMarkdown } from './markdown-text.js'

export type Period = 'daily' | 'weekly' | 'monthly'

const days: Readonly<Record<Period, number>> = { daily: 1, weekly: 7, monthly: 31 }
const spans: Readonly<Record<Period, string>> = { daily: 'day', weekly: 'week', monthly: 'month' }

/** Findings and runs that a section lists; the others are counted. */
const most = 10

/** @param now ISO 8601 */
export function digest(period: Period, survey: Survey, now: string): string {
  const since = new Date(Date.parse(now) - days[period] * 86.4e6).toISOString()
  const recent = survey.measured.filter(({ started }) => started !== null && started >= since)
  const parts = [`# ${titles[period]} ${now.slice(0, 10)}`]
  // A finding that bears on several sections is told in the first.
  const told = new Set<Finding>()
  for (const { title, items, figures } of sections[period]) {
    const found = survey.findings
      .filter(
        ({ finding }) =>
          finding.severity !== 'hint' &&
          !told.has(finding) &&
          finding.checklist.some((id) => items.includes(id)),
      )
      .sort(dearestFirst)
    for (const { finding } of found) told.add(finding)
    const measured = figures({ survey, recent, span: spans[period] })
    const list = listed(
      found.map((one) => `- ${findingLine(one)}`),
      'costlint check',
    )
    parts.push(
      `## ${title}`,
      ...measured,
      ...(list.length > 0 ? [list.join('\n')] : measured.length > 0 ? [] : ['Nothing found.']),
    )
  }
  if (recent.length === 0)
    parts.push(
      `No run of this ${spans[period]} was measured: \`costlint evidence add FILE\` reads the accounting of the scheduler, exports of trackers and records of GPUs.`,
    )
  return `${parts.join('\n\n')}\n`
}

const titles: Readonly<Record<Period, string>> = {
  daily: 'Costs of the day,',
  weekly: 'Costs of the week until',
  monthly: 'Costs of the month until',
}

interface Given {
  survey: Survey
  /** Runs of the period. */
  recent: readonly RunRecord[]
  span: string
}

interface Section {
  title: string
  /** Items of the checklist whose findings belong here. */
  items: readonly string[]
  /** Paragraphs. */
  figures(given: Given): string[]
}

const sections: Readonly<Record<Period, readonly Section[]>> = {
  daily: [
    {
      title: 'Failed jobs',
      items: ['observability/failed-jobs', 'observability/retry-count', 'baseline/retry-rate'],
      figures: ({ recent }) =>
        runLines(recent.filter(({ state, retries }) => state === 'failed' || (retries ?? 0) > 0)),
    },
    {
      title: 'Idle capacity',
      items: ['baseline/idle-time', 'bottleneck/autoscaling-idle'],
      figures: ({ recent }) =>
        runLines(recent.filter(({ utilization }) => utilization !== null && utilization < 0.3)),
    },
    {
      title: 'Runaway experiments',
      items: ['cadence/daily', 'decision/stop-and-simplify'],
      figures: ({ recent, survey }) =>
        runLines(recent.filter((record) => isRunaway(record, survey.measured))),
    },
  ],
  weekly: [
    {
      title: 'Cost per run',
      items: [],
      figures: ({ survey }) => [
        ...costTable(survey.costs),
        ...moneyLines(survey.costs).filter((line) => line !== ''),
      ],
    },
    {
      title: 'Utilisation',
      items: ['observability/utilization', 'baseline/utilization'],
      figures: ({ recent, survey, span }) => utilizationLines(recent, survey.measured, span),
    },
    {
      title: 'Tuning',
      items: ['bottleneck/bad-trials', 'waste/stop-weak-trials', 'waste/replace-grid-search'],
      figures: ({ recent }) => tuningLines(recent),
    },
  ],
  monthly: [
    {
      title: 'Machine sizes',
      items: ['rightsize/match-instance', 'rightsize/spot', 'rightsize/recheck-after-change'],
      figures: ({ recent }) => memoryLines(recent),
    },
    {
      title: 'Compression of models',
      items: ['model/mixed-precision', 'model/pruning', 'model/quantization', 'model/distillation'],
      figures: ({ survey }) =>
        survey.costs.some(({ kind }) => kind === 'endpoint')
          ? ['Pruning cannot be seen from code: try it on what serves most, and judge by `costlint compare`.']
          : [],
    },
    {
      title: 'Autoscaling',
      items: ['waste/scale-down', 'bottleneck/autoscaling-idle'],
      figures: ({ survey }) => costTable(survey.costs.filter(({ per }) => per === 'month')),
    },
  ],
}

/** One and a half times as long as equal runs took, of which at least three are known. */
function isRunaway({ id, of, hours }: RunRecord, all: readonly RunRecord[]): boolean {
  if (hours === null) return false
  const others = all
    .filter((one) => one.id !== id && one.state === 'finished' && one.of.some((name) => of.includes(name)))
    .flatMap((one) => one.hours ?? [])
    .sort((a, b) => a - b)
  return others.length >= 3 && hours > 1.5 * others[others.length >> 1]!
}

function listed(lines: readonly string[], command: string): string[] {
  const rest = lines.length - most
  return rest > 0 ? [...lines.slice(0, most), `- ${rest} more: \`${command}\``] : [...lines]
}

function runLines(records: readonly RunRecord[]): string[] {
  const lines = records.map(({ name, source, started, hours, state, retries, utilization }) => {
    const parts = [
      started?.slice(0, 16).replace('T', ' '),
      hours === null ? undefined : duration(hours),
      state ?? undefined,
      retries === null || retries === 0 ? undefined : count(retries, 'retry', 'retries'),
      utilization === null ? undefined : `busy ${percent(utilization)}`,
    ]
    return `- **${escapeMarkdown(name)}** (${source}): ${parts.filter((part) => part !== undefined).join(', ')}`
  })
  return lines.length === 0 ? [] : [listed(lines, 'costlint evidence list').join('\n')]
}

function costTable(entries: readonly CostEntry[]): string[] {
  const priced = entries
    .filter(({ usd, state }) => usd !== null && (state === 'priced' || state === 'bounded'))
    .sort((a, b) => (b.usd!.high ?? b.usd!.low) - (a.usd!.high ?? a.usd!.low))
  if (priced.length === 0) return []
  const rows = priced.slice(0, most).map(({ name, hours, usd, per, state }) => {
    const length =
      per === 'month' ? 'always on' : hours === null ? 'not known' : hoursWords(hours, state === 'bounded')
    return `| ${markdownCell(name)} | ${length} | ${usdWords(usd!, state === 'bounded')} a ${per} |`
  })
  const rest = priced.length - most
  return [
    ['| job | time | cost |', '|---|---|---|', ...rows].join('\n'),
    ...(rest > 0 ? [`${rest} more: \`costlint cost\``] : []),
  ]
}

function utilizationLines(recent: readonly RunRecord[], all: readonly RunRecord[], span: string): string[] {
  const busy = (records: readonly RunRecord[]) => records.flatMap(({ utilization }) => utilization ?? [])
  const now = busy(recent)
  if (now.length === 0) return []
  const before = busy(all.filter((record) => !recent.includes(record)))
  const earlier =
    before.length === 0 ? '' : `, ${percent(mean(before))} in the ${before.length} measured before`
  const lowest = runLines([...recent].filter(({ utilization }) => utilization !== null && utilization < 0.5))
  return [
    `Accelerators were busy ${percent(mean(now))} of ${count(now.length, 'run')} of this ${span}${earlier}.`,
    ...lowest,
  ]
}

function tuningLines(recent: readonly RunRecord[]): string[] {
  const trials = recent.filter(({ source }) => source === 'wandb' || source === 'mlflow')
  if (trials.length === 0) return []
  const failed = trials.filter(({ state }) => state === 'failed')
  const hours = (records: readonly RunRecord[]) =>
    records.reduce((sum, record) => sum + (record.hours ?? 0), 0)
  const lost = hours(failed) === 0 ? '' : ` (${duration(hours(failed))} lost)`
  return [`${count(trials.length, 'run')} took ${duration(hours(trials))}; ${failed.length} failed${lost}.`]
}

function memoryLines(recent: readonly RunRecord[]): string[] {
  const roomy = recent.flatMap(({ name, memory }) =>
    memory?.total != null && memory.total > 0 && memory.used < 0.5 * memory.total
      ? [
          `- **${escapeMarkdown(name)}** used at most ${memory.used.toFixed(1)} of ${memory.total.toFixed(1)} GiB`,
        ]
      : [],
  )
  return roomy.length === 0 ? [] : [listed(roomy, 'costlint evidence list').join('\n')]
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
