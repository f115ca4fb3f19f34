import { fitCount, formatCount, gridFormula } from '../../estimate/grid.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type FixRequest, type RuleOptions, type Severity } from '../rule.js'
import { unless } from '../silence.js'
import { alternatives, savingOf } from './cheaper.js'
import { isRepetition, known, noGrid, onlyRepeats, repeatsOnly } from './trials.js'

/** Programs or jobs that a loop starts: each is a whole training, so a few of them cost as much as many fits. */
const fewestLaunches = 6

/** Which task is meant, or which approach, rather than how well one is tuned: sequence lengths, windows, methods. */
const axis =
  /(seq|pred|input|output|label|context|history|src|tgt)(uence|iction)?[-_]?len(gth)?s?$|look[-_]?back|horizon|window|(^|[._-])(data_?(set|path)?s?|tasks?|models?|methods?|arch(itecture)?s?|baselines?|ablations?|algo(rithm)?s?|env(ironment)?s?)([._-](name|id))?$/i

export default defineRule({
  name: 'search/manual-grid',
  judges: 'Search',
  checklist: ['waste/replace-grid-search', 'waste/stop-weak-trials', 'bottleneck/bad-trials'],
  overlaps: 'trials',
  severity: 'warning',
  finds: 'nested loops that train every combination to the end',
  summary: 'Nested loops train every combination to its end, though most are clearly worse early on.',

  check(search, { report, silent, options }) {
    const { strategy, space } = search.settings
    if (known(search, 'byHand') !== true) return silent('it is not a grid of loops written by hand')
    if (strategy === undefined || known(search, 'strategy') !== 'grid') return silent(noGrid(search))
    const size = known(search, 'space')
    if (space === undefined || size?.configurations == null)
      return silent(unless(search, 'space', 'the size of the grid is not known'))
    const varying = size.grids.flat().filter((dimension) => dimension.size !== 1)
    if (varying.length === 0 || onlyRepeats(search)) return silent(repeatsOnly)
    const { configurations, lowerBound } = size
    if (configurations < smallest(search, options))
      return silent(`the grid is small: ${formatCount(configurations)} configurations`)
    // Where only one dimension tunes, the others are the axes of a figure, whose points are all wanted.
    const axes = varying.filter(({ name }) => axis.test(name))
    const tuned = varying.filter((dimension) => !axes.includes(dimension) && !isRepetition(dimension))
    if (axes.length > 0 && tuned.length < 2) {
      report({
        at: strategy,
        message: `${seen(search, strategy.key, lowerBound)} They compare ${axes.map(({ name }) => name).join(' and ')}: if only the best counts, end the others early.`,
        // Where nothing is tuned at all, nobody looks for the best.
        severity: tuned.length === 0 ? 'hint' : 'information',
        confidence: 'low',
        fixes: [],
      })
      return
    }
    const cheaper = alternatives(search, configurations)
    report({
      at: strategy,
      message: `${seen(search, strategy.key, lowerBound)}${cheaper.length === 0 ? '' : ` ${cheaper.map((one) => one.says).join('; ')}.`}`,
      severity: severityOf(search, configurations, cheaper[0]?.share ?? 0, options),
      ...(cheaper.length === 0 ? {} : { saving: savingOf(cheaper, configurations) }),
      fixes: cheaper
        .filter((one) => one.value !== null)
        .map((one): FixRequest => ({ set: [{ claim: strategy, value: one.value }] })),
    })
  },
})

function smallest(search: SubjectView<'Search'>, { search: options }: RuleOptions): number {
  if (known(search, 'unit') === 'fit') return Math.max(options.warnFits, options.minFits)
  return known(search, 'launched') === undefined ? options.minFits : Math.min(fewestLaunches, options.minFits)
}

function seen(search: SubjectView<'Search'>, key: string, lowerBound: boolean): string {
  const formula = gridFormula(known(search, 'space')!.grids)
  const more = lowerBound ? 'or more ' : ''
  if (known(search, 'unit') === 'fit') {
    const folds = known(search, 'folds') ?? 1
    const { configurations } = known(search, 'space')!
    return folds > 1
      ? `Loops fit ${formula} ${more}combinations × ${folds} folds = ${formatCount(fitCount(configurations!, folds))} models.`
      : `Loops fit ${formula} ${more}models, one for each combination of a grid.`
  }
  const started = known(search, 'launched')
  if (started !== undefined && (key !== 'for' || !formula.includes('×')))
    return `Starts ${formula} ${more}${started}, and none is stopped when others do better.`
  if (started !== undefined)
    return `Loops start ${formula} ${more}${started}, and none is stopped when others do better.`
  return `Loops train ${formula} ${more}models one after another, and none is stopped when others do better.`
}

function severityOf(
  search: SubjectView<'Search'>,
  configurations: number,
  share: number,
  { search: options }: RuleOptions,
): Severity {
  if (known(search, 'fitCost') === 'cheap') return 'hint'
  // A handful of configurations saves little.
  const half = known(search, 'unit') === 'fit' ? share >= 0.5 : share > 0.5
  return half || configurations < options.minFits ? 'information' : 'warning'
}
