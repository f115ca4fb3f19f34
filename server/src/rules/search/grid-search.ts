import {
  drawsForBest,
  formatCount,
  formatShare,
  gridFormula,
  gridSize,
  halvingShare,
} from '../../estimate/grid.js'
import type { Judged } from '../../workload/claim.js'
import type { Dimension } from '../../workload/words.js'
import {
  defineRule,
  type FixRequest,
  type Report,
  type RuleOptions,
  type Saving,
  type Severity,
} from '../rule.js'
import { isRepetition, known } from './trials.js'

/** Runs of a model-based search that usually come near the best of a grid of any size. */
const bayesianTrials = 30

/** A change that leaves more of the work than this is not worth making. */
const worthwhile = 0.9

export default defineRule({
  name: 'search/grid-search',
  judges: 'Search',
  checklist: ['waste/replace-grid-search', 'bottleneck/bad-trials'],
  severity: 'error',
  summary: 'Grid search pays the full price for every combination.',

  check(search, { report, options }) {
    const { strategy, space } = search.settings
    if (strategy?.state === 'unknown' || strategy?.value !== 'grid') return
    if (space === undefined || space.state === 'unknown' || space.value!.configurations === null) return
    const varying = space.value!.grids.flat().filter((dimension) => dimension.size !== 1)
    if (varying.every(isRepetition)) return
    const folds = known(search, 'folds') ?? null
    // Without the folds the fits are at least as many as the configurations.
    const cap = known(search, 'trialCap') ?? null
    const configurations =
      cap === null ? space.value!.configurations : Math.min(cap, space.value!.configurations)
    const fits = configurations * (folds ?? 1)
    if (fits < smallest(search, options)) return
    const lowerBound = space.value!.lowerBound || folds === null
    const cheaper = alternatives(search, configurations)
    const best = cheaper[0]
    // A finding without anything to do about it helps nobody.
    if (best === undefined && known(search, 'byHand') !== true) return
    const finding: Report = {
      at: strategy,
      message: `${sizeOf(search, configurations, folds, lowerBound)}${best === undefined ? '' : ` ${cheaper.map((one) => one.says).join('; ')}.`}`,
      severity: severityOf(search, fits, options.search.errorFits, best?.share ?? 0),
      fixes: cheaper
        .filter((one) => one.value !== null)
        .map((one): FixRequest => ({ set: [{ claim: strategy, value: one.value }] })),
    }
    if (best !== undefined) finding.saving = savingOf(cheaper, configurations)
    if (space.value!.largestOf !== undefined) {
      const message = 'the largest of the grids that are searched here'
      finding.related = [{ location: space.location, message }]
    }
    report(finding)
  },
})

/** Where every candidate starts a machine, or is trained by a loop that stops none, fewer of them cost as much. */
function smallest(search: Judged<'Search'>, { search: options }: RuleOptions): number {
  const unit = known(search, 'unit')
  if (unit === 'job') return Math.max(Math.min(20, options.warnFits), options.minFits)
  return unit === 'run' && known(search, 'byHand') === true
    ? options.minFits
    : Math.max(options.warnFits, options.minFits)
}

function severityOf(search: Judged<'Search'>, fits: number, errorFits: number, share: number): Severity {
  const cost = known(search, 'fitCost')
  if (cost === 'cheap') return 'hint'
  // On a toy data set a fit takes milliseconds, however many there are; a handful of configurations saves little.
  const half = known(search, 'unit') === 'fit' ? share >= 0.5 : share > 0.5
  if (search.subject.evidence.small !== null || half) return 'information'
  return cost === 'dear' && fits >= errorFits ? 'error' : 'warning'
}

function sizeOf(
  search: Judged<'Search'>,
  configurations: number,
  folds: number | null,
  lowerBound: boolean,
): string {
  const { grids, largestOf } = search.settings.space!.value!
  const formula = gridFormula(grids)
  const atLeast = lowerBound ? 'at least ' : ''
  const unit = known(search, 'unit')
  if (known(search, 'byHand') === true && unit === 'run')
    return `Loops train ${formula} ${lowerBound ? 'or more ' : ''}models one after another, and none is stopped because others do better.`
  if (unit === 'job' || unit === 'run') {
    const stopped = known(search, 'earlyTermination') === true
    const each = stopped
      ? 'of which weak ones are stopped early'
      : unit === 'job'
        ? 'each on a machine of its own'
        : 'each paid in full'
    return `Grid of ${named(grids) ?? formula} ${unit}s${cap(search, configurations)}, ${each}.`
  }
  const largest = largestOf === undefined ? '' : ` (the largest of ${largestOf} grids)`
  if (folds === null || folds === 1)
    return `Grid of ${formula} configurations: ${atLeast}${formatCount(configurations)} fits${largest}.`
  return `Grid of ${formula} configurations × ${folds} folds = ${atLeast}${formatCount(configurations * folds)} fits${largest}.`
}

/** `lr 4 × dropout 5 = 20`: names help where a run is a whole training. Too many of them do not. */
function named(grids: Dimension[][]): string | null {
  const dimensions = grids.length === 1 ? grids[0]!.filter((one) => one.size !== 1) : []
  if (dimensions.length < 2 || dimensions.length > 6) return null
  const { configurations, lowerBound } = gridSize(grids)
  if (configurations === null) return null
  const factors = dimensions.map((one) => `${one.name} ${one.size === null ? '?' : formatCount(one.size)}`)
  return `${factors.join(' × ')} ${lowerBound ? '≥' : '='} ${formatCount(configurations)}`
}

function cap(search: Judged<'Search'>, configurations: number): string {
  return configurations < search.settings.space!.value!.configurations!
    ? ` (capped at ${formatCount(configurations)})`
    : ''
}

interface Cheaper {
  /** What the strategy would become; null: advice without a change. */
  value: unknown
  /** Share of the grid's work. */
  share: number
  says: string
}

/** What the same tool offers, with what it would cost. Only what costs less is named. */
function alternatives(search: Judged<'Search'>, configurations: number): Cheaper[] {
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
      says: `A Bayesian search of ${trials} ${unitsOf(search)} is ${formatShare(share)} of that${known(search, 'earlyTermination') === true || known(search, 'unit') === 'fit' ? '' : ', and stopping weak runs early saves more'}`,
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
  return found
}

function unitsOf(search: Judged<'Search'>): string {
  const unit = known(search, 'unit')
  return unit === 'job' ? 'jobs' : unit === 'fit' ? 'fits' : 'runs'
}

/** Dimensions of a grid of runs that repeat each experiment, and how many experiments there are without them. */
function repetitions(search: Judged<'Search'>): { names: string[]; times: number; once: number } | null {
  const { grids, lowerBound } = search.settings.space!.value!
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

function savingOf(cheaper: Cheaper[], configurations: number): Saving {
  const savings = cheaper.map((one) => 1 - one.share)
  return {
    fraction: [Math.min(...savings), Math.max(...savings)],
    usd: null,
    basis: `share of the ${formatCount(configurations)} configurations that need not be run to the end`,
  }
}
