import { formatCount, gridFormula, gridSize } from '../../estimate/grid.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { defineRule, type FixRequest, type Report, type RuleOptions, type Severity } from '../rule.js'
import { unless } from '../silence.js'
import { alternatives, bayesianTrials, savingOf } from './cheaper.js'
import { known, noGrid, onlyRepeats, repeatsOnly } from './trials.js'

export default defineRule({
  name: 'search/grid-search',
  judges: 'Search',
  checklist: ['waste/replace-grid-search', 'bottleneck/bad-trials'],
  overlaps: 'trials',
  severity: 'error',
  finds: 'grids that pay the full price for every combination',
  summary: 'Grid search pays the full price for every combination.',

  check(search, { report, silent, options }) {
    const { strategy, space } = search.settings
    if (strategy?.state === 'unknown' || strategy?.value !== 'grid') return silent(noGrid(search))
    // Loops are a rule of their own.
    if (known(search, 'byHand') === true)
      return silent('loops written by hand are judged by search/manual-grid')
    if (space === undefined || space.state === 'unknown' || space.value!.configurations === null) {
      const most = boundOf(search, options)
      if (most === null) return silent(unless(search, 'space', 'the size of the grid is not known'))
      report({ at: strategy, severity: 'information', message: most, fixes: [] })
      return
    }
    const varying = space.value!.grids.flat().filter((dimension) => dimension.size !== 1)
    if (varying.length === 0 || onlyRepeats(search)) return silent(repeatsOnly)
    const folds = known(search, 'folds') ?? null
    // Without the folds the fits are at least as many as the configurations.
    const cap = known(search, 'trialCap') ?? null
    const configurations =
      cap === null ? space.value!.configurations : Math.min(cap, space.value!.configurations)
    const fits = configurations * (folds ?? 1)
    if (fits < smallest(search, options)) {
      const whole = space.value!.configurations
      // Several agents may share the trials of a grid; what limits the search itself leaves the rest of it out.
      if (cap === null || cap > whole / 2 || search.settings.trialCap!.key === 'count')
        return silent(`the grid is small: ${formatCount(fits)} fits`)
      report({
        at: strategy,
        severity: 'information',
        message: `Only ${formatCount(cap)} of the grid's ${formatCount(whole)} combinations are tried (${search.settings.trialCap!.key}): a random search of as many tries more values of each.`,
        fixes: [],
      })
      return
    }
    const lowerBound = space.value!.lowerBound || folds === null
    const cheaper = alternatives(search, configurations)
    const best = cheaper[0]
    // A finding without anything to do about it helps nobody.
    if (best === undefined) return silent('the tool offers no search that would cost less')
    const finding: Report = {
      at: strategy,
      message: `${sizeOf(search, configurations, folds, lowerBound)} ${cheaper.map((one) => one.says).join('; ')}.`,
      severity: severityOf(search, fits, options.search.errorFits, best.share),
      saving: savingOf(cheaper, configurations),
      fixes: cheaper
        .filter((one) => one.value !== null)
        .map((one): FixRequest => ({ set: [{ claim: strategy, value: one.value }] })),
    }
    if (space.value!.largestOf !== undefined) {
      const message = 'the largest of the grids that are searched here'
      finding.related = [{ location: space.location, message }]
    }
    report(finding)
  },
})

/** What a grid that cannot be read may cost, where its trials are limited on purpose; null: they are not, or they are few. */
function boundOf(search: SubjectView<'Search'>, options: RuleOptions): string | null {
  const limit = search.settings.trialCap
  const most = known(search, 'trialCap') ?? null
  const unit = known(search, 'unit')
  if (limit?.state !== 'known' || most === null || (unit !== 'job' && unit !== 'run')) return null
  if (most < smallest(search, options) || most > mostOnPurpose) return null
  const each = unit === 'job' ? 'each on a machine of its own' : 'each paid in full'
  return `The size of this grid cannot be read, and ${limit.key} lets it run up to ${formatCount(most)} ${unit}s, ${each}. A Bayesian search usually comes near the best of any grid in ${bayesianTrials} ${unit}s.`
}

/** Who writes more of them wants no limit. */
const mostOnPurpose = 500

/** Where every candidate starts a machine, or all of them are whole trainings, fewer of them cost as much. */
function smallest(search: SubjectView<'Search'>, { search: options }: RuleOptions): number {
  const unit = known(search, 'unit')
  const dear = unit === 'job' || (unit === 'run' && (known(search, 'trialCap') ?? null) === null)
  const least = dear ? Math.min(20, options.warnFits) : options.warnFits
  return Math.max(least, options.minFits)
}

/** So few fits of a few seconds each are soon done. */
const manyQuickFits = 100

function severityOf(search: SubjectView<'Search'>, fits: number, errorFits: number, share: number): Severity {
  const cost = known(search, 'fitCost')
  if (cost === 'cheap') return 'hint'
  // A handful of configurations saves little.
  const half = known(search, 'unit') === 'fit' ? share >= 0.5 : share > 0.5
  if (half || (cost === 'quick' && fits < manyQuickFits)) return 'information'
  return cost === 'dear' && fits >= errorFits ? 'error' : 'warning'
}

function sizeOf(
  search: SubjectView<'Search'>,
  configurations: number,
  folds: number | null,
  lowerBound: boolean,
): string {
  const { grids, largestOf } = effective(search.settings.space)!
  const formula = gridFormula(grids)
  const atLeast = lowerBound ? 'at least ' : ''
  const unit = known(search, 'unit')
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

function cap(search: SubjectView<'Search'>, configurations: number): string {
  return configurations < effective(search.settings.space)!.configurations!
    ? ` (capped at ${formatCount(configurations)})`
    : ''
}
