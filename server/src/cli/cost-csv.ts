/** The bill as CSV (RFC 4180), for a spreadsheet. */
import type { CostEntry } from '../linter.js'

const columns: [string, (entry: CostEntry) => string | number | null][] = [
  ['kind', ({ kind }) => kind],
  ['name', ({ name }) => name],
  ['path', ({ path }) => path],
  ['line', ({ line }) => line],
  ['instance_type', ({ instanceType }) => instanceType],
  ['gpu', ({ gpuModel }) => gpuModel],
  ['gpus', ({ gpus }) => gpus],
  ['machines', ({ machines }) => machines],
  ['spot', ({ spot }) => (spot ? 'yes' : 'no')],
  ['region', ({ region }) => region],
  ['per', ({ per }) => per],
  ['usd_per_hour_low', ({ usdPerHour }) => rounded(usdPerHour?.low)],
  ['usd_per_hour_high', ({ usdPerHour }) => rounded(usdPerHour?.high)],
  ['hours_low', ({ hours }) => rounded(hours?.low)],
  ['hours_high', ({ hours }) => rounded(hours?.high)],
  ['usd_low', ({ usd }) => rounded(usd?.low)],
  ['usd_high', ({ usd }) => rounded(usd?.high)],
  ['saving_low', ({ saving }) => rounded(saving?.low)],
  ['saving_high', ({ saving }) => rounded(saving?.high)],
  ['runs_every_seconds', ({ schedule }) => rounded(schedule?.seconds)],
  ['usd_month_low', ({ schedule }) => rounded(schedule?.usd?.low)],
  ['usd_month_high', ({ schedule }) => rounded(schedule?.usd?.high)],
  ['state', ({ state }) => state],
  ['unknown', ({ unknown }) => unknown.join('; ')],
]

export function csvBill(entries: readonly CostEntry[]): string {
  const rows = [
    columns.map(([name]) => name),
    ...entries.map((entry) => columns.map(([, value]) => field(value(entry)))),
  ]
  return rows.map((row) => `${row.join(',')}\r\n`).join('')
}

function rounded(value: number | null | undefined): number | null {
  return value == null ? null : Number(value.toPrecision(4))
}

function field(value: string | number | null): string {
  if (value === null) return ''
  // A spreadsheet takes a text that begins so for a formula; names come from files.
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
