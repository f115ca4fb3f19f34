import { day, hour, rhythm } from '../../estimate/schedule.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { unless } from '../silence.js'
import { neitherTrainsNorHolds, quoted, trainsOrHolds } from './pipeline-words.js'

export default defineRule({
  name: 'pipeline/overlapping-runs',
  judges: 'Pipeline',
  checklist: ['waste/duplicate-jobs', 'cadence/daily'],
  severity: 'warning',
  finds: 'scheduled training that overlaps with the next run',
  summary: 'A scheduled run that takes longer than its schedule overlaps with the next one.',
  check(view, { report, silent }) {
    const { concurrentRuns, interval, runLimit } = view.settings
    if (concurrentRuns === undefined || concurrentRuns.state === 'unknown')
      return silent(unless(view, 'concurrentRuns', ''))
    if (!trainsOrHolds(view)) return silent(neitherTrainsNorHolds(view))
    const most = concurrentRuns.value ?? null
    const seconds = effective(interval)
    if (most !== null && most <= 1) return silent('a run waits for the one before it')
    if (seconds == null) return silent(unless(view, 'interval', 'it has no schedule'))
    if (runLimit === undefined || runLimit.state === 'unknown') return silent(unless(view, 'runLimit', ''))
    const limit = runLimit.value ?? null
    if (limit !== null && limit <= seconds) return silent(`a run ends after ${duration(limit)}`)
    const severity = severityOf(view, seconds, most)
    if (severity === null) return silent('a run without accelerators would have to be unlikely slow')
    const gpus = effective(view.settings.gpus) ?? 0
    const held =
      gpus > 0 ? `two of them hold 2 × ${gpus} GPU${gpus === 1 ? '' : 's'}` : 'two of them train at once'
    const slow = limit === null ? 'Nothing ends a slow run' : `A run may take ${duration(limit)}`
    report({
      at: concurrentRuns,
      severity,
      message: `${named(view)} starts ${rhythm(seconds)}. ${slow}, so the next one joins it (${allowance(concurrentRuns)}): ${held}.`,
      fixes: [{ set: [{ claim: concurrentRuns, value: 1 }] }],
    })
  },
})

function allowance(claim: Claim<number | null>): string {
  const { key, state } = claim
  const value = effective(claim)
  if (value == null) return state === 'default' ? `${key} is not set` : `${key} allows it`
  return state === 'default' ? `${key} is ${value} by default` : `${key} is ${value}`
}

function named(view: SubjectView<'Pipeline'>): string {
  const name = quoted(view)
  return name === 'it' ? 'This pipeline' : name
}

function duration(seconds: number): string {
  return rhythm(seconds)
    .replace(/^every (\d)/, '$1')
    .replace(/^every /, 'one ')
}

/** Null: a run would have to be unlikely slow. */
function severityOf(view: SubjectView<'Pipeline'>, interval: number, most: number | null): Severity | null {
  if ((effective(view.settings.gpus) ?? 0) > 0) {
    if (interval > 8 * day) return 'hint'
    return most === null && interval <= day ? 'warning' : 'information'
  }
  const { accelerator } = view.subject.evidence
  if (accelerator === 'gpu' || accelerator === 'maybe') return interval <= day ? 'information' : 'hint'
  return interval <= hour ? 'information' : interval <= day ? 'hint' : null
}
