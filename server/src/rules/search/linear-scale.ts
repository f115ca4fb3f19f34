import { formatCount } from '../../estimate/grid.js'
import type { SubjectView } from '../../workload/claim.js'
import type { DrawnDimension } from '../../workload/resource-kinds.js'
import { defineRule, type Severity } from '../rule.js'
import { unless } from '../silence.js'
import { known } from './trials.js'

/** From here on a linear scale leaves the lower end out. */
const wideRate = 100
/** The same for penalties, of which some are searched over a narrow range with zero in mind. */
const widePenalty = 1000

const rate = /(^|[._-])(\w+_)?(lr|learning_?rate|eta)(_?(init|initial|max|min|base|peak|start)|0)?$/i
const penalty =
  /(^|[._-])(\w+_)?(weight_?decay|wd|l[12](_?(reg\w*|lambda|alpha|penalty|factor))?|reg_(alpha|lambda)|(ridge|lasso)?_?alpha|lambd?a?)$/i

export default defineRule({
  name: 'search/linear-scale',
  judges: 'Search',
  checklist: ['bottleneck/bad-trials', 'waste/stop-weak-trials'],
  severity: 'warning',
  finds: 'learning rates and penalties over several decades that are drawn on a linear scale',
  summary: 'On a linear scale nearly all trials of a range of several decades try its highest one.',
  check(search, { report, silent }) {
    const { drawn } = search.settings
    const wide = (known(search, 'drawn') ?? []).filter(isWide)
    if (drawn === undefined || wide.length === 0)
      return silent(unless(search, 'drawn', 'no range of several decades is drawn on a linear scale'))
    for (const dimension of wide) {
      const { low, location } = dimension
      report({
        at: location,
        severity: severityOf(search),
        message: messageOf(dimension),
        fixes: low > 0 ? [{ set: [{ claim: drawn, value: { ...dimension } }] }] : [],
        ...(low > 0 ? {} : { confidence: 'medium' }),
      })
    }
  },
})

function isWide({ name, low, high, scale }: DrawnDimension): boolean {
  if (scale !== 'linear' || high <= 0 || low < 0) return false
  if (rate.test(name)) return high <= 1 && high >= wideRate * low
  return low > 0 && penalty.test(name) && high >= widePenalty * low
}

/** Of a fit that takes seconds a few more are tried. */
function severityOf(search: SubjectView<'Search'>): Severity {
  return known(search, 'unit') === 'fit' && known(search, 'fitCost') !== 'dear' ? 'hint' : 'information'
}

function messageOf({ name, low, high }: DrawnDimension): string {
  const tenth = high / 10
  const share = Math.round((100 * (high - tenth)) / (high - low))
  const ranges = `\`${name}\` is drawn from ${shown(low)} to ${shown(high)} on a linear scale`
  const decades = low > 0 ? Math.log10(high / low) : null
  const rest =
    decades === null || decades > 2.5
      ? 'the decades below are hardly tried'
      : 'the decade below is hardly tried'
  const advice = low > 0 ? '' : ' A logarithmic scale needs a lowest value above zero.'
  return `${ranges}: ${share} % of the trials get ${shown(tenth)} or more, and ${rest}.${advice}`
}

/** 0.0001, 1e-6. */
function shown(value: number): string {
  return value >= 1 ? formatCount(value) : String(Number(value.toPrecision(6)))
}
