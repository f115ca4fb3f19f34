/** How many times a configuration is fitted: the `cv` argument of a search. */
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'

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

function whole(argument: ArgumentValue, otherwise: number): number | null {
  if (argument.state === 'absent') return otherwise
  if (argument.state === 'unknown' || argument.folded.state === 'unknown') return null
  const { value } = argument.folded
  return typeof value === 'number' && value >= 1 ? value : null
}

/** Folds of `cv=`; null where they depend on the data or cannot be read. */
export function foldsOf(module: PythonModule, call: Call, otherwise = 5): number | null {
  const cv = module.argument(call, 'cv')
  if (cv.state === 'absent') return otherwise
  if (cv.state === 'unknown') return null
  if (cv.folded.state === 'known') {
    if (cv.folded.value === null) return otherwise
    return typeof cv.folded.value === 'number' && cv.folded.value >= 2 ? cv.folded.value : null
  }
  const splitter = module.callOf(cv.expr)
  if (splitter === null) return null
  const defaults = splitters[splitter.method]
  if (defaults === undefined) return null
  const repeated = defaults[1] > 1
  const splits = whole(module.argument(splitter, 'n_splits', 0), defaults[0])
  const repeats = repeated ? whole(module.argument(splitter, 'n_repeats'), defaults[1]) : 1
  return splits === null || repeats === null ? null : splits * repeats
}
