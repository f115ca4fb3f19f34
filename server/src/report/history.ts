/** What earlier reports said. Each report carries it along, so that the next one can show how the findings went. */
import type { ReportData, ReportEntry } from './data.js'

/** So many reports are carried along; the oldest are dropped. */
const most = 60

const marked = /<!-- costlint-history (\[.*?\]) -->/g

/** The report as one line of the history. */
function entryOf({ date, findings, saving }: ReportData): ReportEntry {
  const of = (severity: string) => findings.filter((one) => one.severity === severity).length
  return {
    date,
    error: of('error'),
    warning: of('warning'),
    information: of('information'),
    hint: of('hint'),
    saving,
  }
}

/** With what is told of earlier reports in these texts. Of several reports of a day the last one counts. */
export function withHistory(data: ReportData, earlier: readonly string[]): ReportData {
  const byDate = new Map<string, ReportEntry>()
  for (const entry of earlier.flatMap(entriesIn)) byDate.set(entry.date, entry)
  byDate.set(data.date, entryOf(data))
  const history = [...byDate.values()].sort((a, b) => (a.date < b.date ? -1 : 1)).slice(-most)
  return { ...data, history }
}

/** A comment of HTML and Markdown that `withHistory` reads. */
export function historyComment(data: ReportData): string {
  const entries = data.history.length === 0 ? [entryOf(data)] : data.history
  const json = JSON.stringify(entries).replace(
    /[<>&-]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `<!-- costlint-history ${json} -->`
}

export function holdsHistory(text: string): boolean {
  return entriesIn(text).length > 0
}

function entriesIn(text: string): ReportEntry[] {
  return [...text.matchAll(marked)].flatMap(([, json]) => {
    try {
      const list: unknown = JSON.parse(json!)
      return Array.isArray(list) ? list.flatMap(readEntry) : []
    } catch {
      return []
    }
  })
}

function readEntry(value: unknown): ReportEntry[] {
  if (typeof value !== 'object' || value === null) return []
  const { date, error, warning, information, hint, saving } = value as Record<string, unknown>
  if (typeof date !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(date)) return []
  const count = (given: unknown) => (Number.isSafeInteger(given) && Number(given) >= 0 ? Number(given) : 0)
  return [
    {
      date,
      error: count(error),
      warning: count(warning),
      information: count(information),
      hint: count(hint),
      saving: typeof saving === 'string' ? saving.slice(0, 100) : null,
    },
  ]
}
