/** How scikit-learn spells a cheaper search. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, PythonRange, Refusal, Write } from '../../edit/write.js'
import { drawsForBest } from '../../estimate/grid.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { DictExpr } from '../../syntax/python-ast.js'
import { gridDictionaries } from './space.js'

/** What the rule may ask a search to become. */
export type NewStrategy = { strategy: 'halving' } | { strategy: 'random'; trials: number }

/** Parameters of an estimator that say how long it trains: halving can raise them instead of the sample count. */
const resourceParameter = /(^|__)(n_estimators|max_iter|num_boost_round|iterations|epochs)$/

export function searchChange(
  module: PythonModule,
  path: string,
  unit: number,
  call: Call,
  wanted: NewStrategy,
): Change | Refusal {
  if (call.expr.args.filter((argument) => argument.name === null).length > 2) {
    return { reason: 'the search is called with more than two positional arguments' }
  }
  if (call.expr.args.some((argument) => argument.star === 2)) {
    return { reason: 'the search takes arguments from a dictionary' }
  }
  if (call.expr.args.some((argument) => argument.name === 'iid' || argument.name === 'fit_params')) {
    return { reason: 'the search uses arguments that scikit-learn has removed' }
  }
  if (call.function === null && module.imports.has('sklearn.grid_search.GridSearchCV')) {
    return { reason: 'sklearn.grid_search is from before scikit-learn 0.18; upgrade first' }
  }
  return wanted.strategy === 'halving'
    ? toHalving(module, path, unit, call)
    : toRandom(module, path, unit, call, wanted.trials)
}

function rangeOf(unit: number, call: Call): PythonRange {
  return { unit, start: call.expr.start, end: call.expr.end }
}

function toHalving(module: PythonModule, path: string, unit: number, call: Call): Change | Refusal {
  const range = rangeOf(unit, call)
  const writes: Write[] = []
  const imports: Import[] = [
    {
      path,
      unit,
      module: 'sklearn.experimental',
      name: 'enable_halving_search_cv',
      first: true,
      comment: 'noqa: F401',
    },
  ]
  const spelled = nameFor(module.tree, 'sklearn.model_selection', 'HalvingGridSearchCV', {
    path,
    unit,
    offset: call.expr.start,
  })
  if (spelled.import !== null) imports.push(spelled.import)
  writes.push({ kind: 'rename callee', path, call: range, to: spelled.text })
  if (module.argument(call, 'pre_dispatch').state === 'given')
    writes.push({ kind: 'remove keyword', path, call: range, name: 'pre_dispatch' })
  writes.push({ kind: 'set keyword', path, call: range, name: 'factor', value: '3' })
  const resource = resourceOf(module, call)
  if (resource !== null) {
    writes.push(
      { kind: 'set keyword', path, call: range, name: 'resource', value: `'${resource.name}'` },
      { kind: 'set keyword', path, call: range, name: 'max_resources', value: String(resource.maximum) },
      { kind: 'replace', path, range: { unit, ...resource.entry }, text: '' },
    )
  }
  return { title: 'Search by successive halving (HalvingGridSearchCV)', safety: 'unsafe', writes, imports }
}

function toRandom(module: PythonModule, path: string, unit: number, call: Call, trials: number): Change {
  const range = rangeOf(unit, call)
  const spelled = nameFor(module.tree, 'sklearn.model_selection', 'RandomizedSearchCV', {
    path,
    unit,
    offset: call.expr.start,
  })
  const writes: Write[] = [{ kind: 'rename callee', path, call: range, to: spelled.text }]
  if (call.expr.args.some((argument) => argument.name === 'param_grid')) {
    writes.push({ kind: 'rename keyword', path, call: range, name: 'param_grid', to: 'param_distributions' })
  }
  writes.push(
    { kind: 'set keyword', path, call: range, name: 'n_iter', value: String(trials) },
    { kind: 'set keyword', path, call: range, name: 'random_state', value: '0' },
  )
  const share = trials >= drawsForBest(0.05) ? 5 : 10
  return {
    title: `Try ${trials} random configurations (the best ${share} % with 95 % probability)`,
    safety: 'unsafe',
    writes,
    imports: spelled.import === null ? [] : [spelled.import],
  }
}

/** A grid over the length of training, written as a literal of whole numbers beside other parameters. */
function resourceOf(
  module: PythonModule,
  call: Call,
): { name: string; maximum: number; entry: { start: number; end: number } } | null {
  const given = module.argument(call, 'param_grid', 1)
  if (given.state !== 'given') return null
  const dictionaries = gridDictionaries(module, given.expr)
  const only = dictionaries?.length === 1 ? dictionaries[0]! : null
  if (only === null || only.entries.length < 2) return null
  for (let index = 0; index < only.entries.length; index++) {
    const entry = only.entries[index]!
    if (entry.key?.type !== 'constant' || typeof entry.key.value !== 'string') continue
    if (!resourceParameter.test(entry.key.value)) continue
    const values = module.fold(entry.value)
    if (values.state === 'unknown' || !Array.isArray(values.value)) return null
    const numbers = values.value.filter(
      (value): value is number => typeof value === 'number' && Number.isInteger(value),
    )
    if (numbers.length !== values.value.length || numbers.length < 2) return null
    return { name: entry.key.value, maximum: Math.max(...numbers), entry: entryRange(only, index) }
  }
  return null
}

/** An entry with its comma, up to the next entry or back to the one before. */
function entryRange(dictionary: DictExpr, index: number): { start: number; end: number } {
  const next = dictionary.entries[index + 1]
  if (next !== undefined) return { start: dictionary.entries[index]!.start, end: next.start }
  return { start: dictionary.entries[index - 1]!.end, end: dictionary.entries[index]!.end }
}
