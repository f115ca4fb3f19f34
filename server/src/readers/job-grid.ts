/** Jobs that a launch file starts for each combination of hyperparameters: a matrix, items of a list, a loop of a pipeline. */
import type { ClaimBuilder, Place } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'
import type { Dimension } from '../workload/resource-kinds.js'
import { claimHandGrid } from './hand-grid.js'
import { chosenNetwork, hyperparameter, repetitionTarget } from './python/hyperparameter-names.js'

export interface JobGrid {
  /** What goes through it: `matrix`, `withItems`. */
  key: string
  place: Place
  dimensions: Dimension[]
  /** Whether the training is given the value of a dimension. */
  isHanded(name: string): boolean
  onGpu: boolean
}

/** Claims nothing where a dimension chooses something else than how a network is trained. */
export function claimJobGrid(claims: ClaimBuilder, grid: JobGrid): void {
  const { key, place, dimensions, isHanded, onGpu } = grid
  const varied = dimensions.filter(({ size }) => size !== 1)
  const searched = varied.filter(({ name }) => hyperparameter.test(plain(name)) && isHanded(name))
  const known = (name: string) =>
    [hyperparameter, chosenNetwork, repetitionTarget].some((one) => one.test(plain(name)))
  if (searched.length < 2 || !varied.every(({ name }) => known(name) || isHanded(name))) return
  const evidence: Evidence = {
    role: 'tuning',
    accelerator: onGpu ? 'gpu' : 'maybe',
    small: null,
    notebook: false,
  }
  const search = claims.subject('Search', place, key, evidence)
  claimHandGrid(search, { key, dimensions, unit: 'job', launched: 'jobs' }, place)
}

const plain = (name: string): string => name.replaceAll('-', '_')

/** The keys of items that vary, where all combinations of their values are listed; else the list as one dimension beside them. */
export function dimensionsOf(items: readonly Record<string, unknown>[]): Dimension[] {
  const values = new Map<string, Set<string>>()
  for (const item of items)
    for (const [key, value] of Object.entries(item))
      values.set(key, (values.get(key) ?? new Set<string>()).add(JSON.stringify(value)))
  const varied = [...values].filter(([, all]) => all.size > 1)
  const all = varied.reduce((product, [, one]) => product * one.size, 1)
  const dimensions = varied.map(([name, one]): Dimension => ({ name, size: one.size }))
  // A few of the combinations: how many there are is what counts.
  return all === items.length
    ? dimensions
    : [{ name: varied.map(([name]) => name).join(', '), size: items.length }]
}
