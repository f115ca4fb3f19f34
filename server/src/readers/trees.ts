/** What it takes to grow the trees that a program asks for: how deep they are, who grows them, and how often that is done. */
import type { ArgumentValue, Call, Loop, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import { groupedDigits } from '../text/grouped-digits.js'
import type { TreeWork } from '../text/tree-work.js'
import {
  isLeftOut,
  knownArgument,
  mayBePassed,
  numberArgument,
  passedCall,
  textArgument,
} from '../values/argument.js'
import { calleePlace } from '../values/places.js'
import { type Bounds, effective } from '../values/value.js'
import type { SubjectBuilder } from '../workload/builder.js'
import { dearEstimators, wrappers } from './sklearn/estimators.js'
import { foldsOf, splitsOf, splitterOf } from './sklearn/folds.js'

export interface TreeShape {
  /** Undefined: they cannot be read. */
  levels: number | null | undefined
  splits: TreeWork['splits']
  columns: TreeWork['columns']
  /** Trees of a round; null: one for each class, and nobody says how many there are. */
  classes: number | null
  threads: ArgumentValue
  threadsByDefault: TreeWork['threads']
  /** What may name an accelerator. */
  accelerator: ArgumentValue[]
  /** Cross-validation that the call does itself; null: it fits once. */
  folds: { argument: ArgumentValue; byDefault: number } | null
}

interface Rounds {
  argument: ArgumentValue
  byDefault: number
  bounds: Bounds | null
  /** Rounds without improvement after which it may end; null: nothing ends it. */
  stopsAfter: number | null
}

/** Depth of a tree: as written, else as the library has it. */
export function levelsOf(depth: ArgumentValue, byDefault: number): number | undefined {
  if (!mayBePassed(depth) || knownArgument(depth) === null) return byDefault
  const value = numberArgument(depth)
  return value !== null && value > 0 ? value : undefined
}

/** The same of trees that grow leaf by leaf. */
export function levelsOfLeaves(
  leaves: ArgumentValue,
  byDefault: number,
  depth: ArgumentValue,
): number | undefined {
  const count = mayBePassed(leaves) ? numberArgument(leaves) : byDefault
  if (count === null || count < 2) return undefined
  const most = numberArgument(depth)
  return most !== null && most > 0 ? Math.min(most, Math.log2(count)) : Math.log2(count)
}

/** Trees of a round: one, or one for each of several classes; null: nobody says how many these are. */
export function classesOf(call: Call, objective: ArgumentValue, count: ArgumentValue): number | null {
  const known = numberArgument(count)
  if (known !== null && known >= 1) return known
  const text = textArgument(objective) ?? ''
  if (/multi|softmax|softprob/i.test(text)) return null
  return /Classifier$/.test(call.method) && text === '' ? null : 1
}

/** Says what the trees take, or why that is not known. */
export function claimTrees(
  python: PythonModule,
  subject: SubjectBuilder<'Training'> | SubjectBuilder<'Fit'>,
  call: Call,
  shape: TreeShape,
  rounds: Rounds,
): void {
  const found = workOf(python, call, shape, rounds)
  const place = calleePlace(call)
  // Both kinds have the setting.
  const builder = subject as SubjectBuilder<'Fit'>
  if (typeof found === 'string') builder.unknown('trees', call.method, found, place)
  else builder.known('trees', call.method, found, place)
}

function workOf(python: PythonModule, call: Call, shape: TreeShape, rounds: Rounds): TreeWork | string {
  const read = roundRange(rounds)
  const { levels } = shape
  const accelerated = acceleratorOf(shape.accelerator)
  if (accelerated === null) return 'where it computes cannot be read'
  const other = python.calls.find(({ name, method }) => isOtherFit(name, method))
  if (other !== undefined) return `${other.method} is fitted beside it`
  const counted = fitsIn(python, call, shape.folds)
  if (counted?.high === Infinity) return 'how often it is fitted cannot be read'
  const trees = shape.classes ?? 1
  const range = read ?? usual.rounds
  const fits = counted ?? usual.fits
  return {
    rounds: { low: range.low * trees, high: range.high * trees },
    levels: levels === undefined ? usual.levels : levels === null ? null : { low: levels, high: levels },
    splits: shape.splits,
    columns: shape.columns,
    perClass: shape.classes === null,
    threads: threadsOf(shape) ?? 'any',
    accelerated,
    fits,
    assumed: [
      ...(read === null ? [`${usualWords(usual.rounds)} rounds, which are not read`] : []),
      ...(levels === undefined ? [`trees of ${usualWords(usual.levels)} levels, which are not read`] : []),
      ...(counted === null ? [`${usualWords(usual.fits)} fits, which are not counted`] : []),
    ],
  }
}

/** What is taken for rounds, depths and fits that cannot be read: wide assumptions, which are told. */
const usual = {
  rounds: { low: 50, high: 2_000 },
  levels: { low: 3, high: 12 },
  fits: { low: 1, high: 20 },
}

const usualWords = ({ low, high }: TreeWork['fits']): string => `${low} to ${groupedDigits(high)}`

/** Share of the rounds after which early stopping ends it at the earliest, where its patience is not known. */
const leastShare = 0.2

function roundRange({ argument, byDefault, bounds, stopsAfter }: Rounds): TreeWork['fits'] | null {
  const value = mayBePassed(argument) ? numberArgument(argument) : byDefault
  const high = bounds?.high ?? value
  if (high === null || high < 1) return null
  const low = bounds?.low ?? value ?? 1
  const least = stopsAfter === null ? low : Math.min(low, stopsAfter > 0 ? stopsAfter + 1 : leastShare * low)
  return { low: Math.max(1, least), high }
}

function acceleratorOf(given: readonly ArgumentValue[]): boolean | null {
  let isOpen = false
  for (const argument of given) {
    if (/gpu|cuda/i.test(String(knownArgument(argument) ?? ''))) return true
    isOpen ||= mayBePassed(argument) && knownArgument(argument) === undefined
  }
  return isOpen ? null : false
}

function threadsOf({ threads, threadsByDefault }: TreeShape): TreeWork['threads'] | null {
  if (isLeftOut(threads)) return threadsByDefault
  const count = numberArgument(threads)
  if (count === null) return null
  return count > 0 ? count : 'all'
}

/** Estimators of other kinds, which may take longer than the trees. */
function isOtherFit(name: string | null, method: string): boolean {
  if (!dearEstimators.test(method)) return false
  return !/^(GradientBoosting|HistGradientBoosting|XGB|LGBM|CatBoost)/.test(method) && name !== null
}

const crossValidates = /^(cross_val_score|cross_val_predict|cross_validate)$/
const searches = /SearchCV$/
const pipelines = /^(Pipeline|make_pipeline|imbpipeline)$/i

/** How often it is fitted in one run, as far as the file shows it; null: that is not known. */
function fitsIn(python: PythonModule, call: Call, folds: TreeShape['folds']): TreeWork['fits'] | null {
  if (/^(train|cv)$/.test(call.method)) {
    const each =
      folds === null ? 1 : mayBePassed(folds.argument) ? numberArgument(folds.argument) : folds.byDefault
    const times = timesOf(python, call)
    return each === null || times === null ? null : { low: each * times.low, high: each * times.high }
  }
  const made = [call, ...holdersOf(python, call)]
  const isMade = (argument: ArgumentValue): boolean => {
    const passed = passedCall(python, argument)
    return passed !== null && made.includes(passed)
  }
  const total = { low: 0, high: 0 }
  const add = (times: TreeWork['fits'] | null, each: number | null): boolean => {
    if (times === null || each === null) return false
    total.low += times.low * each
    total.high += times.high * each
    return true
  }
  for (const one of python.calls) {
    if (one.method === 'fit' && one.receiverCall !== null && made.includes(one.receiverCall)) {
      if (!add(timesOf(python, one), 1)) return null
    } else if (crossValidates.test(one.method) && isMade(python.argument(one, 'estimator', 0))) {
      if (!add(timesOf(python, one), foldsOf(python, one, 5))) return null
    } else if (searches.test(one.method) && isMade(python.argument(one, 'estimator', 0))) {
      // The fits of a search multiply what one takes.
      if (!add(timesOf(python, one), 1)) return null
    }
  }
  // Whoever makes it fits it, whatever branch that is in.
  return total.high === 0 ? null : { low: Math.max(1, total.low), high: total.high }
}

/** Pipelines and wrappers that the estimator is part of. */
function holdersOf(python: PythonModule, call: Call): Call[] {
  return python.calls.filter(
    (one) =>
      one !== call &&
      (pipelines.test(one.method) || wrappers.test(one.method)) &&
      (holds(one.expr, call.expr) || one.expr.args.some(({ value }) => namesIt(python, value, call))),
  )
}

function holds(outer: Expr, inner: Expr): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}

function namesIt(python: PythonModule, value: Expr, call: Call): boolean {
  const items = value.type === 'list' || value.type === 'tuple' ? value.items : [value]
  return items.some((item) =>
    item.type === 'tuple' || item.type === 'list'
      ? namesIt(python, item, call)
      : item.type === 'name' && python.callOf(item) === call,
  )
}

/** Functions that only call each other are followed so far. */
const mostHops = 3

/** How often a call is made in one run. Null: not known; without end where only a condition ends its loop. */
function timesOf(python: PythonModule, call: Call, hops = 0): TreeWork['fits'] | null {
  let passes = 1
  for (const loop of call.loops) {
    const trips = tripsOf(python, loop)
    if (trips === null) return null
    passes *= trips
  }
  const conditional = { low: call.conditional ? 0 : passes, high: passes }
  if (call.function === null) return conditional
  const sites = hops < mostHops ? python.callSites(call.function) : null
  // The objective of a study, a main program, what another module calls: once.
  if (sites === null || sites.length === 0) return conditional
  const all = sites.map((one) => timesOf(python, one, hops + 1))
  const known = all.flatMap((one) => one ?? [])
  if (known.length < all.length) return null
  const sum = (end: 'low' | 'high') => known.reduce((total, one) => total + one[end], 0)
  return { low: conditional.low * sum('low'), high: conditional.high * sum('high') }
}

function tripsOf(python: PythonModule, loop: Loop): number | null {
  const trips = effective(loop.trips)
  if (typeof trips === 'number') return trips
  if (loop.node.type === 'while') return Infinity
  const iterable = loop.node.iterable
  const made = python.callOf(iterable)
  const inner = made?.method === 'enumerate' ? made.expr.args[0]?.value : iterable
  const splitter = inner === undefined ? null : splitterOf(python, inner)
  return splitter === null ? null : splitsOf(python, splitter)
}
