/** Searches that Hydra runs: their space, and how its sweepers go through it. */

import { gridSize } from '../../estimate/grid.js'
import type { Span } from '../../text/location.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { chosenNetwork, hyperparameter, repetitionTarget } from '../python/hyperparameter-names.js'
import type { SweptValue } from './swept-value.js'

export interface Swept {
  name: string
  value: SweptValue
  /** Where it is written. */
  span?: Span
}

/** Trials where nothing says how many. Source: the plugins' `config.py`, hydra 1.3. */
export const trialsByDefault: Record<string, { key: string; trials: number }> = {
  optuna: { key: 'n_trials', trials: 20 },
  ax: { key: 'max_trials', trials: 10 },
  nevergrad: { key: 'budget', trials: 80 },
}

/** Two or more hyperparameters are searched, for each network and seed; data sets are compared. */
export function searchedDimensions(swept: Swept[]): Dimension[] | null {
  const dimensions = swept
    .filter((one) => isHyperparameter(one) || isRepeated(one.name) || choosesNetwork(one.name))
    .map(({ name, value }): Dimension => {
      const { size, values } = value
      return values === undefined ? { name, size } : { name, size, values }
    })
  const searched = swept.filter((one) => isHyperparameter(one) && one.value.size !== 1)
  return searched.length < 2 ? null : dimensions
}

function lastPart(name: string): string {
  return name.split('.').at(-1)!
}

function isRepeated(name: string): boolean {
  return repetitionTarget.test(lastPart(name))
}

function choosesNetwork(name: string): boolean {
  return chosenNetwork.test(lastPart(name))
}

function isHyperparameter({ name, value }: Swept): boolean {
  if (isRepeated(name) || name.includes('/')) return false
  return hyperparameter.test(lastPart(name)) || value.values?.every((one) => typeof one === 'number') === true
}

export function claimGrid(search: SubjectBuilder<'Search'>, dimensions: Dimension[], place: Place): void {
  search.known('strategy', 'multirun', 'grid', place)
  search.known('space', 'multirun', { grids: [dimensions], ...gridSize([dimensions]) }, place)
  search.known('folds', 'multirun', 1, place)
  search.known('alternatives', 'multirun', ['bayesian'], place)
}
