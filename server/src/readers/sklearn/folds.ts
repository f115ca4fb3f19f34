/** How many times a configuration is fitted: the `cv` argument of a search. */
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import {
  knownArgument,
  mayBePassed,
  numberArgument,
  passedCall,
  passedExpression,
} from '../../values/argument.js'

/** Splits by default: `n_splits`, `n_repeats`. Source: scikit-learn 1.5, model_selection/_split.py. */
const splitters: Record<string, [splits: number, repeats: number]> = {
  KFold: [5, 1],
  StratifiedKFold: [5, 1],
  GroupKFold: [5, 1],
  StratifiedGroupKFold: [5, 1],
  TimeSeriesSplit: [5, 1],
  RepeatedKFold: [5, 10],
  RepeatedStratifiedKFold: [5, 10],
  ShuffleSplit: [10, 1],
  StratifiedShuffleSplit: [10, 1],
  GroupShuffleSplit: [5, 1],
}

/** Splitters of `sklearn.cross_validation` (up to 0.19), which take the data first: keyword, position, default. */
const oldSplitters: Record<string, [keyword: string, position: number, splits: number]> = {
  KFold: ['n_folds', 1, 3],
  StratifiedKFold: ['n_folds', 1, 3],
  LabelKFold: ['n_folds', 1, 3],
  ShuffleSplit: ['n_iter', 1, 10],
  StratifiedShuffleSplit: ['n_iter', 1, 10],
}

/** Positional arguments before `cv` in any library and version: from here on nothing is certain. */
const firstPositionOfCv = 5

function whole(argument: ArgumentValue, otherwise: number): number | null {
  if (!mayBePassed(argument)) return otherwise
  const value = numberArgument(argument)
  return value !== null && value >= 1 ? value : null
}

/** The `cv` argument; for one of several calls or passes, the one with that number. */
function cvOf(module: PythonModule, call: Call, index: number, count: number): ArgumentValue {
  const cv = module.argument(call, 'cv')
  const given = passedExpression(cv)
  if (given === null || knownArgument(cv) !== undefined) return cv
  const candidates = module.possible(given)
  if (candidates === null) return cv
  const expr =
    candidates.length === count ? candidates[index]! : candidates.length === 1 ? candidates[0]! : null
  return expr === null ? cv : { state: 'given', expr, folded: module.fold(expr), span: given }
}

/** The splitter behind `cv`: as it is, or asked for its splits. */
export function splitterOf(module: PythonModule, expr: Expr): Call | null {
  const call = module.callOf(expr)
  if (call === null) return null
  const { callee, args } = call.expr
  if (call.method === 'split' && callee.type === 'attribute') return module.callOf(callee.value)
  if (call.name === 'list' && args[0] !== undefined) return splitterOf(module, args[0].value)
  return call
}

/** Folds of `cv=`; null where they depend on the data or cannot be read. */
export function foldsOf(
  module: PythonModule,
  call: Call,
  otherwise: number,
  index = 0,
  count = 1,
): number | null {
  const positional = call.expr.args.filter((argument) => argument.name === null).length
  if (positional > firstPositionOfCv) return null
  const cv = cvOf(module, call, index, count)
  if (!mayBePassed(cv)) return otherwise
  const expr = passedExpression(cv)
  const value = knownArgument(cv)
  if (expr === null) return null
  if (value === null) return otherwise
  if (value !== undefined) return typeof value === 'number' && value >= 2 ? value : null
  const splitter = splitterOf(module, expr)
  return splitter && splitsOf(module, splitter)
}

/** How often a splitter splits; null: it is none that is known, or its number cannot be read. */
export function splitsOf(module: PythonModule, splitter: Call): number | null {
  const old = lookUp(oldSplitters, splitter.method)
  const named = splitter.expr.args.some((argument) => argument.name === old?.[0])
  if (old !== undefined && (named || importsOld(module)))
    return whole(module.argument(splitter, old[0], old[1]), old[2])
  const defaults = lookUp(splitters, splitter.method)
  if (defaults === undefined) return null
  const repeated = defaults[1] > 1
  const splits = whole(module.argument(splitter, 'n_splits', 0), defaults[0])
  const repeats = repeated ? whole(module.argument(splitter, 'n_repeats'), defaults[1]) : 1
  return splits === null || repeats === null ? null : splits * repeats
}

function importsOld(module: PythonModule): boolean {
  for (const name of module.imports) if (name.startsWith('sklearn.cross_validation')) return true
  return false
}

/** False for splits that differ each time they are asked for, which successive halving refuses. */
export function splitsStay(module: PythonModule, call: Call): boolean {
  const cv = module.argument(call, 'cv')
  if (passedExpression(cv) === null || knownArgument(cv) !== undefined) return true
  const splitter = passedCall(module, cv)
  // A list of splits, or their generator, is read once.
  if (splitter === null || lookUp(splitters, splitter.method) === undefined) return true
  const draws = /Shuffle|Repeated/.test(splitter.method)
  const shuffle = module.argument(splitter, 'shuffle')
  if (!draws && (!mayBePassed(shuffle) || isFalse(shuffle))) return true
  const state = module.argument(splitter, 'random_state')
  return typeof knownArgument(state) === 'number'
}

function isFalse(argument: ArgumentValue): boolean {
  return knownArgument(argument) === false
}
