/** Dates and durations as Python code writes them. */
import type { ArgumentValue, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { mayBePassed, numberArgument, understood } from '../../values/argument.js'
import { effective, type Given } from '../../values/value.js'

const dates = new Set([
  'datetime.datetime',
  'datetime.date',
  'pendulum.datetime',
  'pendulum.local',
  'pendulum.date',
  'airflow.utils.timezone.datetime',
  'airflow.sdk.timezone.datetime',
])
const parsers =
  /^(pendulum\.parse|pendulum\.from_format|datetime\.datetime\.(fromisoformat|strptime)|dateutil\.parser\.parse|airflow\.(utils|sdk)\.timezone\.parse)$/
const written = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]|$)/

function iso(year: number, month: number, day: number): string | null {
  if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return null
  const two = (value: number) => String(value).padStart(2, '0')
  return `${year}-${two(month)}-${two(day)}`
}

/** The day that an expression stands for, ISO 8601; null where it moves (`days_ago(2)`) or cannot be read. */
export function dateOf(python: PythonModule, expr: Expr): string | null {
  const value = python.definition(expr)
  const known = effective(python.fold(value))
  if (known !== undefined) {
    const match = typeof known === 'string' ? written.exec(known) : null
    return match === null ? null : iso(Number(match[1]), Number(match[2]), Number(match[3]))
  }
  if (value.type !== 'call') return null
  const call = python.callOf(value)
  const name = call?.name ?? null
  if (call === null || name === null) {
    // `datetime(2024, 1, 1).replace(tzinfo=utc)`, `datetime(2024, 1, 1).astimezone(utc)`.
    const { callee } = value
    const keeps = callee.type === 'attribute' && /^(astimezone|in_timezone|in_tz)$/.test(callee.attr)
    const zoned =
      callee.type === 'attribute' &&
      callee.attr === 'replace' &&
      value.args.every((one) => one.name === 'tzinfo' || one.name === 'tz')
    return callee.type === 'attribute' && (keeps || zoned) ? dateOf(python, callee.value) : null
  }
  if (parsers.test(name)) {
    const text = value.args[0]
    return text === undefined ? null : dateOf(python, text.value)
  }
  if (!dates.has(name)) return null
  const parts = (['year', 'month', 'day'] as const).map((keyword, position) => {
    const part = python.argument(call, keyword, position)
    return name.startsWith('pendulum.') && position > 0 && !mayBePassed(part) ? 1 : numberArgument(part)
  })
  const [year, month, day] = parts
  return year == null || month == null || day == null ? null : iso(year, month, day)
}

const units: [string, number][] = [
  ['days', 86_400],
  ['seconds', 1],
  ['microseconds', 1e-6],
  ['milliseconds', 1e-3],
  ['minutes', 60],
  ['hours', 3600],
  ['weeks', 604_800],
]
const longUnits: [string, number][] = [
  ['years', 365.25 * 86_400],
  ['months', 30.44 * 86_400],
]

/** Seconds of a `timedelta`; null where it cannot be read. */
export function secondsOf(python: PythonModule, expr: Expr): number | null {
  const value = python.definition(expr)
  if (value.type !== 'call') return null
  const call = python.callOf(value)
  const relative = call?.name === 'dateutil.relativedelta.relativedelta'
  if (call === null || !(relative || /^(datetime\.timedelta|pendulum\.duration)$/.test(call.name ?? '')))
    return null
  if (value.args.length === 0 || value.args.some((one) => one.star > 0)) return null
  let seconds = 0
  for (const [position, argument] of value.args.entries()) {
    const names = relative ? [...longUnits, ...units] : units
    const unit =
      argument.name === null
        ? relative
          ? undefined
          : units[position]
        : names.find(([name]) => name === argument.name)
    const count = effective(python.fold(argument.value))
    if (unit === undefined || typeof count !== 'number') return null
    seconds += unit[1] * count
  }
  return seconds > 0 ? seconds : null
}

/** Seconds, as a number or as a `timedelta`. */
export function timeOf(python: PythonModule, given: Given<Json>, argument: ArgumentValue): Given<number> {
  const read = (expr: Expr) => numberArgument(argument) ?? secondsOf(python, expr)
  return understood(given, argument, read, 'a time that cannot be read')
}
