/** How often a job runs what it runs: the trials of the searches over it, and what their fits come to. */
import type { Missing, OpenInterval } from '../estimate/bill.js'
import { isViewOf, subjectsOf } from '../rules/subject-view.js'
import { groupedDigits } from '../text/grouped-digits.js'
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { trainingsOf } from './run-trainings.js'

/** How often the job runs what it runs: the trials of the searches over it. */
export function timesOf(run: Run): OpenInterval {
  const searches = searchesOf(run)
  // A loop that starts a job for each of its values.
  const started = effective(run.job.compute?.settings.jobsStarted)
  const counts: OpenInterval[] = typeof started === 'number' ? [{ low: started, high: started }] : []
  const trials = searches.flatMap(({ settings }) => {
    // A command that starts trials is not the search that they belong to.
    if (effective(settings.unit) === 'fit' || settings.endsTrials !== undefined) return []
    return [trialsOf(settings)]
  })
  const served = timesOfAgent(run, trials)
  if (served !== null) return served
  const fits = fitsOf(run)
  // Which of its estimators a search fits is not told: from none of what was counted to all of it.
  if (fits !== null && countsFits(run)) counts.push({ low: 1, high: fits.high })
  // Several searches of one program follow each other.
  if (trials.length > 0) counts.push(added(trials))
  // It is a trial, and of how many is not known.
  else if (effective(run.job.compute?.settings.trials) === true) counts.push({ low: 1, high: null })
  return counts.reduce(
    (total, one) => ({
      low: total.low * one.low,
      high: total.high === null || one.high === null ? null : total.high * one.high,
    }),
    { low: 1, high: 1 },
  )
}

/** The hours of the run are those of estimators, so its searches make more of them. */
export function countsFits(run: Run): boolean {
  return trainingsOf(run)
    .flat()
    .every((one) => isViewOf(one, 'Fit') || one.settings.trees !== undefined)
}

/** Runs that an agent of a sweep makes; agents that are started together share them. Null: it is no agent. */
function timesOfAgent(
  { job: { launch, compute }, agents = 1 }: Run,
  trials: OpenInterval[],
): OpenInterval | null {
  if (launch?.sweepOf === undefined || trials.length === 0) return null
  const all = added(trials)
  const { runs } = launch
  if (typeof runs === 'number') {
    const each = Math.min(all.high ?? runs, runs)
    // A job of an array, and how many it has is not known.
    return { low: each, high: effective(compute?.settings.trials) === true ? all.high : each }
  }
  return runs === null || agents > 1 ? { low: 1, high: all.high } : all
}

function searchesOf(run: Run): SubjectView<'Search'>[] {
  return [...(run.searches ?? []), ...subjectsOf(run, 'Search')].filter(
    (one, index, all) => all.findIndex((other) => other.subject.id === one.subject.id) === index,
  )
}

/** Fits of all searches of a run over estimators, one after the other; null: it has none. */
function fitsOf(run: Run): OpenInterval | null {
  const fits = searchesOf(run).flatMap(({ settings }) =>
    effective(settings.unit) === 'fit' ? [trialsOf(settings)] : [],
  )
  return fits.length === 0 ? null : added(fits)
}

/** '210 fits', 'at least 60 fits'; null: it has no searches over estimators. */
export function fitsText(run: Run): string | null {
  const fits = fitsOf(run)
  if (fits === null) return null
  const [low, high] = [fits.low, fits.high ?? 0].map((one) => groupedDigits(Math.round(one)))
  if (fits.high === null) return fits.low > 1 ? `at least ${low} fits` : null
  return fits.low < fits.high ? `up to ${high} fits` : `${high} fits`
}

function added(all: readonly OpenInterval[]): OpenInterval {
  return {
    low: all.reduce((total, one) => total + one.low, 0),
    high: all.some(({ high }) => high === null) ? null : all.reduce((total, one) => total + one.high!, 0),
  }
}

function trialsOf(settings: SubjectView<'Search'>['settings']): OpenInterval {
  const folds = effective(settings.folds) ?? 1
  const space = effective(settings.space)
  const cap = effective(settings.trialCap)
  const grid = effective(settings.strategy) === 'grid'
  const size = grid ? (space?.configurations ?? null) : null
  const most = size !== null && space?.lowerBound !== true ? Math.min(size, cap ?? size) : (cap ?? null)
  // Weak trials are stopped, and a cap is seldom missed.
  const early = effective(settings.earlyTermination) === true ? 0.3 : 1
  const least = most ?? size ?? 1
  return { low: Math.max(1, least * early) * folds, high: most === null ? null : most * folds }
}

/** With the fits that its searches make of it. */
export function withFits(lacking: Missing, run: Run): Missing {
  const [text] = searchText(run)
  return text === undefined ? lacking : { ...lacking, missing: `${lacking.missing} (${text})` }
}

export function searchText(run: Run): string[] {
  const fits = fitsText(run)
  return fits === null ? [] : [`its searches make ${fits}`]
}
