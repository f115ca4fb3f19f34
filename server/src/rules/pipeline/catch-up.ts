import { cronInterval, intervalsBetween } from '../../estimate/schedule.js'
import { groupedDigits } from '../../text/grouped-digits.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type FixRequest, type Severity } from '../rule.js'
import { unless } from '../silence.js'
import { neitherTrainsNorHolds, quoted, trainsOrHolds } from './pipeline-words.js'

/** From this many runs on, the bill of the first day is an event. */
const many = 10

export default defineRule({
  name: 'pipeline/catch-up',
  judges: 'Pipeline',
  checklist: ['waste/duplicate-jobs', 'cadence/daily', 'observability/retry-count'],
  severity: 'error',
  finds: 'schedules that start in the past and train once for every interval since',
  summary: 'A schedule that starts in the past trains once for every interval since then.',
  supersedes: ['pipeline/overlapping-runs'],
  check(view, { report, silent, today }) {
    const { catchUp, interval, start, end, schedule, concurrentRuns, misplaced } = view.settings
    if (catchUp === undefined || effective(catchUp) !== true)
      return silent(unless(view, 'catchUp', 'it does not catch up'))
    if (!trainsOrHolds(view)) return silent(neitherTrainsNorHolds(view))
    const seconds = effective(interval)
    const first = effective(start)
    if (seconds == null) return silent(unless(view, 'interval', 'it has no schedule'))
    if (first === undefined) return silent(unless(view, 'start', ''))
    if (end?.state === 'unknown') return silent(unless(view, 'end', ''))
    const last = effective(end)
    const runs = intervalsBetween(first, last !== undefined && last < today ? last : today, seconds)
    if (runs < 2) return silent('hardly any interval has gone by since its start')

    const set: FixRequest['set'] = [{ claim: catchUp, value: false }]
    if (concurrentRuns !== undefined && (effective(concurrentRuns) ?? 2) > 1)
      set.push({ claim: concurrentRuns, value: 1 })
    const rhythm = effective(schedule) ?? 'its schedule'
    const text = cronInterval(rhythm) === null ? rhythm : `"${rhythm}"`
    const engine = effective(view.settings.engine) ?? 'The scheduler'
    const why = catchUp.state === 'default' ? `${engine} catches up by default` : `${catchUp.key} is on`
    const unread =
      misplaced === undefined ? '' : ` Nothing reads the ${catchUp.key} in ${effective(misplaced)}.`
    report({
      at: catchUp,
      severity: severityOf(view, runs),
      message: `${why}: with ${start!.key} ${first} and ${text}, ${groupedDigits(runs)} training runs start as soon as ${quoted(view)} is switched on.${unread}`,
      saving: {
        fraction: [1 - 1 / runs, 1 - 1 / runs],
        usd: null,
        basis: `${groupedDigits(runs)} runs for intervals that have passed, against the latest one (as of ${today})`,
      },
      fixes: [{ set }],
      related: [
        { location: start!.location, message: 'the first interval' },
        ...(misplaced === undefined ? [] : [{ location: misplaced.location, message: 'read by nothing' }]),
      ],
    })
  },
})

function severityOf(view: SubjectView<'Pipeline'>, runs: number): Severity {
  const { catchUp, perInterval } = view.settings
  // Whoever switches it on and reads the interval wants one model for each of them.
  if (catchUp!.state === 'known' && effective(perInterval) === true) return 'information'
  return runs >= many && catchUp!.state === 'default' && (effective(view.settings.gpus) ?? 0) > 0
    ? 'error'
    : 'warning'
}
