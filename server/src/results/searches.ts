/** How large the searches of a project are. */
import { fitCount, gridFormula } from '../estimate/grid.js'
import { isTest } from '../judging/judge.js'
import type { Judgement } from '../linking/runs.js'
import { isViewOf } from '../rules/subject-view.js'
import type { Location } from '../text/location.js'
import { effective } from '../values/value.js'

export interface SearchSize {
  location: Location
  /** '4 × 5 × 3'; null where it is no grid, or nothing of it is known. */
  formula: string | null
  /** Configurations times folds; at least so many where `lowerBound`. */
  total: number
  lowerBound: boolean
  unit: 'fit' | 'run' | 'job'
  /** A grid tries all of them; anything else at most so many. */
  isGrid: boolean
}

/** The largest first. */
export function searchSizes(judgements: readonly Judgement[]): SearchSize[] {
  const byPlace = new Map<string, SearchSize>()
  for (const { runs } of judgements) {
    const view = runs[0]!
    if (!isViewOf(view, 'Search') || isTest(view.subject)) continue
    const { settings, subject } = view
    const space = effective(settings.space)
    const folds = effective(settings.folds) ?? 1
    const isGrid = effective(settings.strategy) === 'grid' && space?.configurations != null
    const trials = isGrid ? space!.configurations! : effective(settings.trialCap)
    if (trials === undefined || trials === null || trials * folds < 2) continue
    const { path, cell, start } = subject.location
    byPlace.set(`${path} ${cell} ${start}`, {
      location: subject.location,
      formula: isGrid && space!.grids.length > 0 ? gridFormula(space!.grids) : null,
      total: fitCount(trials, folds),
      lowerBound: isGrid && space!.lowerBound,
      unit: effective(settings.unit) ?? 'run',
      isGrid,
    })
  }
  return [...byPlace.values()].sort((a, b) => b.total - a.total)
}
