import { drawsForBest, formatCount, formatShare, gridFormula, halvingShare } from '../../estimate/grid.js'
import type { Judged } from '../../workload/claim.js'
import {
  defineRule,
  type FixRequest,
  type Report,
  type RuleOptions,
  type Saving,
  type Severity,
} from '../rule.js'
import { known, repetition } from './trials.js'

/** Runs of a model-based search that usually come near the best of a grid of any size. */
const bayesianTrials = 30

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
    if (varying.every((dimension) => repetition.test(dimension.name))) return
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
    const finding: Report = {
      at: strategy,
      message: `${sizeOf(search, configurations, folds, lowerBound)}${best === undefined ? '' : ` ${cheaper.map((one) => one.says).join('; ')}.`}`,
      severity: severityOf(search, fits, options.search.errorFits),
      fixes: cheaper.map((one): FixRequest => ({ set: [{ claim: strategy, value: one.value }] })),
    }
    if (best !== undefined) finding.saving = savingOf(cheaper, configurations)
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

function severityOf(search: Judged<'Search'>, fits: number, errorFits: number): Severity {
  const cost = known(search, 'fitCost')
  if (cost === 'cheap') return 'hint'
  // On a toy data set a fit takes milliseconds, however many there are.
  if (search.subject.evidence.small !== null) return 'information'
  return cost === 'dear' && fits >= errorFits ? 'error' : 'warning'
}

function sizeOf(
  search: Judged<'Search'>,
  configurations: number,
  folds: number | null,
  lowerBound: boolean,
): string {
  const formula = gridFormula(search.settings.space!.value!.grids)
  const atLeast = lowerBound ? 'at least ' : ''
  const unit = known(search, 'unit')
  if (known(search, 'byHand') === true && unit === 'run')
    return `Loops train ${formula} ${lowerBound ? 'or more ' : ''}models one after another, and nothing stops a bad one early.`
  if (unit === 'job')
    return `Grid of ${formula} jobs${cap(search, configurations)}, each on a machine of its own.`
  if (unit === 'run') return `Grid of ${formula} runs${cap(search, configurations)}, each paid in full.`
  if (folds === null || folds === 1)
    return `Grid of ${formula} configurations: ${atLeast}${formatCount(configurations)} fits.`
  return `Grid of ${formula} configurations × ${folds} folds = ${atLeast}${formatCount(configurations * folds)} fits.`
}

function cap(search: Judged<'Search'>, configurations: number): string {
  return configurations < search.settings.space!.value!.configurations!
    ? ` (capped at ${formatCount(configurations)})`
    : ''
}

interface Cheaper {
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
    if (share < 0.9) {
      found.push({
        value: { strategy: 'halving' },
        share,
        says: `Successive halving needs about ${formatShare(share)} of the work`,
      })
    }
  }
  const trials = Math.min(bayesianTrials, Math.floor(configurations / 2))
  if (offered.includes('bayesian') && trials > 0) {
    const share = trials / configurations
    found.push({
      value: { strategy: 'bayesian', trials },
      share,
      says: `A Bayesian search of ${trials} ${known(search, 'unit') === 'job' ? 'jobs' : 'runs'} is ${formatShare(share)} of that, and stopping weak runs early saves more`,
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

function savingOf(cheaper: Cheaper[], configurations: number): Saving {
  const savings = cheaper.map((one) => 1 - one.share)
  return {
    fraction: [Math.min(...savings), Math.max(...savings)],
    usd: null,
    basis: `share of the ${formatCount(configurations)} configurations that need not be run to the end`,
  }
}
