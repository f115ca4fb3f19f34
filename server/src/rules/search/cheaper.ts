/** What cheaper ways of searching a grid would cost. */

import { drawsForBest, formatCount, formatShare, halvingShare } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { Saving } from '../rule.js'
import { isRepetition, known } from './trials.js'

/** Runs of a model-based search that usually come near the best of a grid of any size. */
export const bayesianTrials = 30

/** A change that leaves more of the work than this is not worth making. */
const worthwhile = 0.9

export interface Cheaper {
  /** What the strategy would become; null: advice without a change. */
  value: unknown
  /** Share of the grid's work. */
  share: number
  says: string
}

/** What the same tool offers, with what it would cost. Only what costs less is named. */
export function alternatives(search: SubjectView<'Search'>, configurations: number): Cheaper[] {
  const offered = known(search, 'alternatives') ?? []
  const found: Cheaper[] = []
  if (offered.includes('halving')) {
    const share = halvingShare(configurations)
    if (share < worthwhile) {
      found.push({
        value: { strategy: 'halving' },
        share,
        says: `Successive halving needs about ${formatShare(share)} of the work`,
      })
    }
  }
  const repeated = repetitions(search)
  if (repeated !== null && repeated.once <= bayesianTrials) {
    // Few enough to try them all, but not on every seed and data set.
    const share = (repeated.once + repeated.times) / (repeated.once * repeated.times)
    if (share < worthwhile) {
      const over = repeated.names.join(' and ')
      const says = `Searching once and repeating only the best over ${over} is ${formatShare(share)} of that`
      found.push({ value: null, share, says })
    }
    return found
  }
  const trials = Math.min(bayesianTrials, Math.floor(configurations / 2))
  if (offered.includes('bayesian') && trials > 0) {
    const share = trials / configurations
    found.push({
      value: { strategy: 'bayesian', trials },
      share,
      says: `A Bayesian search of ${trials} ${fragmentsOf(search)} is ${formatShare(share)} of that${known(search, 'earlyTermination') === true || known(search, 'unit') === 'fit' ? '' : ', and stopping weak runs early saves more'}`,
    })
  }
  if (offered.includes('random')) {
    const five = drawsForBest(0.05)
    const ten = drawsForBest(0.1)
    // Fewer than half the grid, or the change is not worth making.
    const trials = configurations >= 2 * five ? five : configurations >= 2 * ten ? ten : null
    if (trials !== null) {
      const draws = `${trials} random draws reach the best ${trials === five ? 5 : 10} % with 95 % probability`
      found.push({ value: { strategy: 'random', trials }, share: trials / configurations, says: draws })
    }
  }
  const folds = known(search, 'folds') ?? 1
  if (offered.includes('holdout') && folds > 1) {
    const says = `Fitting each combination once, with held-out rows to compare by, is ${formatShare(1 / folds)} of that`
    found.push({ value: { strategy: 'holdout' }, share: 1 / folds, says })
  }
  return found
}

function fragmentsOf(search: SubjectView<'Search'>): string {
  const unit = known(search, 'unit')
  return unit === 'job' ? 'jobs' : unit === 'fit' ? 'fits' : 'runs'
}

/** Dimensions of a grid of runs that repeat each experiment, and how many experiments there are without them. */
function repetitions(search: SubjectView<'Search'>): { names: string[]; times: number; once: number } | null {
  const { grids, lowerBound } = effective(search.settings.space)!
  if (known(search, 'unit') === 'fit' || grids.length !== 1 || lowerBound) return null
  const names: string[] = []
  let times = 1
  let once = 1
  for (const dimension of grids[0]!) {
    const size = dimension.size ?? 1
    if (size === 1) continue
    if (isRepetition(dimension)) {
      names.push(dimension.name)
      times *= size
    } else once *= size
  }
  return names.length === 0 ? null : { names, times, once }
}

export function savingOf(cheaper: Cheaper[], configurations: number): Saving {
  const savings = cheaper.map((one) => 1 - one.share)
  return {
    fraction: [Math.min(...savings), Math.max(...savings)],
    usd: null,
    basis: `share of the ${formatCount(configurations)} configurations that need not be run to the end`,
  }
}
