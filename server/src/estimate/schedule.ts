/** How often a schedule runs. Pure functions over cron expressions as crontab(5), Airflow and Kubernetes read them. */

import { lookUp } from '../text/records.js'

/** Seconds. */
const minute = 60
export const hour = 3600
export const day = 86_400
const year = 365.25 * day

/** Names for common expressions; `@once` and its like are no rhythm. */
const presets: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@quarterly': '0 0 1 */3 *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Number of values that one field of a cron expression matches; null: not readable. */
function matches(field: string, low: number, high: number, names: string[] = []): Set<number> | null {
  const found = new Set<number>()
  const numberOf = (text: string): number | null => {
    const named = names.indexOf(text.toLowerCase())
    if (named >= 0) return named + low
    return /^\d{1,2}$/.test(text) ? Number(text) : null
  }
  for (const part of field.split(',')) {
    const match = /^(\*|\?|[\w]+)(?:-(\w+))?(?:\/(\d{1,2}))?$/.exec(part)
    if (match === null) return null
    const [, from, to, stepText] = match
    const any = from === '*' || from === '?'
    const first = any ? low : numberOf(from!)
    const last = any ? high : to !== undefined ? numberOf(to) : stepText !== undefined ? high : first
    const step = stepText === undefined ? 1 : Number(stepText)
    if (first === null || last === null || step < 1 || first < low || last > high + 1) return null
    for (let value = first; value <= last; value += step) found.add(value)
  }
  return found.size === 0 ? null : found
}

/**
 * Mean number of seconds between two runs of a cron expression (five fields, or six with seconds in front or at the
 * end); null where it is not one, or has no rhythm.
 */
export function cronInterval(expression: string): number | null {
  const text = expression.trim()
  // `CRON_TZ=Europe/Berlin 0 6 * * *`, `TZ=…`.
  const fields = (lookUp(presets, text.toLowerCase()) ?? text).replace(/^(CRON_)?TZ=\S+\s+/, '').split(/\s+/)
  if (fields.length !== 5) return null
  const [minutes, hours, days, monthField, weekdayField] = fields as [string, string, string, string, string]
  const perHour = matches(minutes, 0, 59)
  const perDay = matches(hours, 0, 23)
  const dates = matches(days, 1, 31)
  const inYear = matches(monthField, 1, 12, months)
  const weekly = matches(weekdayField, 0, 6, weekdays)
  if (perHour === null || perDay === null || dates === null || inYear === null || weekly === null) return null
  // 7 is Sunday too.
  const weekdaysSet = new Set([...weekly].map((one) => one % 7))
  const byDate = dates.size / 30.44
  const byWeekday = weekdaysSet.size / 7
  const open = (field: string) => /^[*?]/.test(field)
  // Where both are given, either is enough.
  const share =
    open(days) || open(weekdayField)
      ? Math.min(1, byDate) * byWeekday
      : Math.min(1, byDate + byWeekday - byDate * byWeekday)
  const daysPerYear = (inYear.size / 12) * 365.25 * Math.min(1, share)
  const runs = perHour.size * perDay.size * daysPerYear
  return runs > 0 ? year / runs : null
}

/** A rhythm in words: `every day`, `every 6 hours`, `every 7 days`. */
export function rhythm(seconds: number): string {
  const near = (unit: number) => Math.abs(seconds / unit - Math.round(seconds / unit)) < 0.03
  const units: [number, string][] = [
    [day, 'day'],
    [hour, 'hour'],
    [minute, 'minute'],
  ]
  for (const [unit, name] of units) {
    if (seconds < unit * 0.97) continue
    const count = near(unit) ? Math.round(seconds / unit) : Math.round((seconds / unit) * 10) / 10
    return count === 1 ? `every ${name}` : `every ${count} ${name}s`
  }
  return `every ${Math.round(seconds)} seconds`
}

/** Whole intervals between two days (ISO 8601); 0 where the first lies ahead. */
export function intervalsBetween(start: string, end: string, interval: number): number {
  const span = (Date.parse(end) - Date.parse(start)) / 1000
  return Number.isFinite(span) && span > 0 && interval > 0 ? Math.floor(span / interval + 1e-6) : 0
}
