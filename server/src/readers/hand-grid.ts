/** A grid that a program, a script or a launch file goes through by hand. */
import { gridSize } from '../estimate/grid.js'
import type { ClaimOptions, Place, SubjectBuilder } from '../workload/builder.js'
import type { Dimension, SearchSettings } from '../workload/resource-kinds.js'

export interface HandGrid {
  /** What goes through it: `for`, `matrix`, `--array`. */
  key: string
  dimensions: Dimension[]
  unit: SearchSettings['unit']
  /** What is started for each combination; null: it trains in the program itself. */
  launched: string | null
  /** Fits of one combination. */
  folds?: number
}

/** @param options where a change of the search writes, if not at the place */
export function claimHandGrid(
  search: SubjectBuilder<'Search'>,
  { key, dimensions, unit, launched, folds = 1 }: HandGrid,
  place: Place,
  options?: ClaimOptions,
): void {
  const grids = [dimensions]
  search.known('strategy', key, 'grid', place, options)
  search.known('space', key, { grids, ...gridSize(grids) }, place, options)
  search.known('byHand', key, true, place)
  if (launched !== null) search.known('launched', key, launched, place)
  search.known('unit', key, unit, place)
  search.known('folds', key, folds, place)
  search.known('alternatives', key, ['bayesian'], place)
}
