import { distinctCount } from '../../estimate/dimension.js'
import { formatCount } from '../../estimate/grid.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import type { Dimension, InertDimension } from '../../workload/resource-kinds.js'
import { defineRule, type FixRequest, type Report, type RuleContext } from '../rule.js'
import { unless } from '../silence.js'
import { subjectsOf } from '../subject-view.js'
import { listed, reinforcement } from '../training/operation.js'
import { known, noGrid, repetition } from './trials.js'

export default defineRule({
  name: 'search/redundant-dimension',
  judges: 'Search',
  checklist: ['bottleneck/bad-trials', 'waste/unchanged-transformations'],
  overlaps: 'trials',
  severity: 'warning',
  finds: 'grid points that repeat one another, or that another point covers',
  summary: 'A grid pays for points that repeat one another, or that another point covers.',

  check(search, context) {
    const space = known(search, 'space')
    const { silent } = context
    unread(search, context)
    covered(search, context)
    if (known(search, 'strategy') !== 'grid') return silent(noGrid(search))
    if (space === undefined) return silent(unless(search, 'space', ''))
    silent('no two points of the grid are known to be the same')
    for (const grid of [...space.grids, ...(space.others ?? [])]) {
      const points = grid.reduce<number | null>(
        (product, one) => (product === null || one.size === null ? null : product * one.size),
        1,
      )
      for (const dimension of grid) {
        duplicates(search, dimension, context)
        seeds(search, grid, dimension, context)
        nested(search, dimension, context)
        indifferent(search, dimension, context)
      }
      for (const group of ignoredTogether(grid, known(search, 'inert') ?? []))
        ignored(search, group, points, context)
    }
  },
})

function at(search: SubjectView<'Search'>, dimension: Dimension): Report['at'] {
  return dimension.location ?? lookUp(known(search, 'places'), dimension.name) ?? search.settings.space!
}

/** What the code of a trial asks for, or is handed, and leaves alone. */
function unread(search: SubjectView<'Search'>, { report }: RuleContext): void {
  const [first, ...others] = known(search, 'unread') ?? []
  if (first === undefined) return
  const shown = others.slice(0, mostShown)
  const more = others.length - shown.length
  const names = [first, ...shown].map((one) => one.name)
  if (more > 0) names.push(`${formatCount(more)} more`)
  const grid = known(search, 'strategy') === 'grid'
  const lost = grid ? 'each of their values is paid for' : 'the search spends trials on what has no effect'
  report({
    at: first.location,
    message: `Nothing reads ${listed(names)}: trials that differ there only are the same, and ${lost}.`,
    related: shown.map(({ name, location }) => ({ location, message: `nothing reads ${name}` })),
  })
}

const mostShown = 4

/** Fewer passes than these are soon done, whoever chooses them. */
const fewPasses = 10

const passes = /^(.*[./-])?((num|n|max|total|train(ing)?)_?)*epochs?$/i

/** Epochs that a search draws: a run of the most of them passes through all the others. */
function covered(search: SubjectView<'Search'>, { report }: RuleContext): void {
  // An agent goes through what it has just experienced so often, and not through its training.
  if (learnsByDoing(search)) return
  const grid = known(search, 'strategy') === 'grid'
  const told = (known(search, 'nested') ?? []).map(({ name }) => name)
  for (const { name, low, high, location } of known(search, 'drawn') ?? []) {
    if (!passes.test(name) || low < 1 || told.includes(name)) continue
    const advice = grid
      ? 'train each setting once, and look at its curve'
      : 'fix it, and let weak trials end early'
    report({
      at: location,
      severity: high <= fewPasses || known(search, 'unit') === 'fit' ? 'hint' : 'information',
      message: `\`${name}\` is searched from ${formatCount(low)} to ${formatCount(high)}, though a run of ${formatCount(high)} passes through the shorter ones: ${advice}.`,
    })
  }
}

function learnsByDoing(search: SubjectView<'Search'>): boolean {
  return (
    reinforcement(search) ||
    subjectsOf(search.run, 'Fit').some(({ settings }) => settings.experience !== undefined)
  )
}

/** The same value written twice: `[1, 10, 10]`. */
function duplicates(search: SubjectView<'Search'>, dimension: Dimension, { report }: RuleContext): void {
  const { values } = dimension
  if (values === undefined) return
  const distinct = distinctCount(values)
  if (distinct === values.length || distinct === 0) return
  const seen = new Set<string>()
  const twice = values.find((value) => seen.size === seen.add(JSON.stringify(value)).size)
  report({
    at: at(search, dimension),
    message: `${dimension.name} has ${formatCount(values.length)} values, but only ${formatCount(distinct)} differ (${format(twice!)} occurs more than once): the same runs are paid for again.`,
    saving: {
      fraction: [1 - distinct / values.length, 1 - distinct / values.length],
      usd: null,
      basis: `${formatCount(values.length - distinct)} of ${formatCount(values.length)} values are repeated`,
    },
    fixes: fixes(search.settings.places, dimension.name),
  })
}

/** Seeds multiply every candidate, though only the best ones are worth repeating. */
function seeds(
  search: SubjectView<'Search'>,
  grid: readonly Dimension[],
  dimension: Dimension,
  { report }: RuleContext,
): void {
  if (!/(^|[._])(seed|random_state|random_seed)s?$/i.test(dimension.name)) return
  const { size } = dimension
  if (size === null || size <= 1) return
  const others = grid.filter((one) => one !== dimension && one.size !== 1 && !repetition.test(one.name))
  const configurations = others.reduce((product, one) => product * (one.size ?? 1), 1)
  // Alone, they measure the spread of one configuration; beside few, they may belong to a comparison.
  if (configurations < 4) return
  report({
    at: at(search, dimension),
    message: `${dimension.name} multiplies the grid by ${formatCount(size)}: pick the configuration first, then repeat the best with other seeds.`,
    severity: 'information',
    saving: {
      fraction: [0.5 * (1 - 1 / size), 1 - 1 / size],
      usd: null,
      basis: `one seed for each of ${formatCount(configurations)} configurations, then all seeds for the best`,
    },
  })
}

/** Epochs or trees as a dimension: the longest run passes through the shorter ones. */
function nested(search: SubjectView<'Search'>, dimension: Dimension, { report }: RuleContext): void {
  const one = known(search, 'nested')?.find((candidate) => candidate.name === dimension.name)
  if (one === undefined || dimension.size === null || dimension.size <= 1) return
  const values = (dimension.values ?? []).filter((value): value is number => typeof value === 'number')
  const longest = Math.max(...values)
  const share = values.length === 0 ? null : longest / values.reduce((sum, value) => sum + value, 0)
  const finding: Report = {
    at: at(search, dimension),
    message: `${dimension.name} is searched over ${formatCount(dimension.size)} values, though ${one.because}: train once to the largest.`,
    severity: dimension.size >= 3 ? 'information' : 'hint',
  }
  if (share !== null)
    finding.saving = {
      fraction: [1 - share, 1 - share],
      usd: null,
      basis: `the largest value is ${Math.round(share * 100)} % of the sum of all`,
    }
  report(finding)
}

/** How it is computed, which changes nothing of what comes out. */
function indifferent(search: SubjectView<'Search'>, dimension: Dimension, { report }: RuleContext): void {
  const one = known(search, 'indifferent')?.find((candidate) => candidate.name === dimension.name)
  const { size } = dimension
  if (one === undefined || size === null || size <= 1) return
  report({
    at: at(search, dimension),
    message: `${dimension.name} multiplies the grid by ${formatCount(size)}, and ${one.because}: leave it out.`,
    saving: {
      fraction: [1 - 1 / size, 1 - 1 / size],
      usd: null,
      basis: `one of ${formatCount(size)} values gives the same models`,
    },
    fixes: fixes(search.settings.indifferent, dimension.name),
  })
}

/** Parameters that are ignored while another one has certain values. */
interface Ignored {
  dimensions: Dimension[]
  /** `kernel='linear'`. */
  condition: string
  /** Share of the grid's points for which that holds. */
  where: number
}

/** Those that the same values leave without effect are one finding. */
function ignoredTogether(grid: readonly Dimension[], inert: readonly InertDimension[]): Ignored[] {
  const groups = new Map<string, Ignored>()
  for (const one of inert) {
    const dimension = grid.find(({ name }) => name === one.name)
    if (dimension?.size == null || dimension.size <= 1) continue
    const decides = grid.find(({ name }) => name === one.unless)
    if (decides !== undefined && decides.values === undefined) continue
    const off =
      decides === undefined
        ? one.values.filter((value) => value === one.fixed)
        : decides.values!.filter((value) => one.values.includes(value))
    if (off.length === 0) continue
    const condition = `${one.unless}=${off.map(format).join(' or ')}`
    const group = groups.get(condition)
    if (group !== undefined) group.dimensions.push(dimension)
    else {
      const where = decides === undefined ? 1 : off.length / decides.values!.length
      groups.set(condition, { dimensions: [dimension], condition, where })
    }
  }
  return [...groups.values()]
}

function ignored(
  search: SubjectView<'Search'>,
  { dimensions, condition, where }: Ignored,
  points: number | null,
  { report }: RuleContext,
): void {
  const combinations = dimensions.reduce((product, one) => product * one.size!, 1)
  const share = where * (1 - 1 / combinations)
  const count =
    points === null
      ? 'Grid points repeat each other'
      : `${formatCount(points * share)} of ${formatCount(points)} grid points repeat another one`
  const names = dimensions.map((one) => one.name)
  const last = names.pop()
  const subject = names.length === 0 ? `${last} has` : `${names.join(', ')} and ${last} have`
  const [first] = dimensions
  report({
    at: at(search, first!),
    message: `${count}: ${subject} no effect with ${condition}.`,
    saving: { fraction: [share, share], usd: null, basis: 'grid points that differ only in what is ignored' },
    fixes: fixes(search.settings.inert, first!.name),
  })
}

/** The reader that found it knows where the grid is written. */
function fixes(claim: Claim | undefined, dimension: string): FixRequest[] {
  return claim === undefined || claim.state === 'unknown' ? [] : [{ set: [{ claim, value: { dimension } }] }]
}

function format(value: Json): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
}
