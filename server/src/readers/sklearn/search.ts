/** scikit-learn's searches over parameters, and those that copy its interface. */

import type { Change, Refusal } from '../../edit/write.js'
import { possibleAt } from '../../python/definition-places.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { SearchSettings, SearchSpace } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { drawsItsData } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { cheapEstimators, dearEstimators, quickEstimators, wrapped, wrappers } from './estimators.js'
import { foldsOf } from './folds.js'
import { pipelineAt, stepsOf } from './pipeline.js'
import { changeCached, type DrawnSearch, RepeatedSteps } from './repeated-steps.js'
import { validations } from './repeated-validation.js'
import { type NewStrategy, searchChange } from './search-changes.js'
import { largestSpace, type SpaceFound } from './space.js'

/** What a library's grid search is like. */
interface Flavour {
  strategy: SearchSettings['strategy']
  /** Folds where `cv` is left out. */
  folds?: number
  /** It fits equal steps of equal data once by itself. */
  sharesSteps?: boolean
}

const searches: Record<string, Flavour> = {
  'sklearn.model_selection.GridSearchCV': { strategy: 'grid' },
  // Source: dask-ml 2024.4, model_selection/_search.py: `cv` is 3, and `cache_cv` keeps what is fitted.
  'dask_ml.model_selection.GridSearchCV': { strategy: 'grid', folds: 3, sharesSteps: true },
  'cuml.model_selection.GridSearchCV': { strategy: 'grid' },
  'tune_sklearn.TuneGridSearchCV': { strategy: 'grid' },
  'sklearn.model_selection.RandomizedSearchCV': { strategy: 'random' },
  'sklearn.model_selection.HalvingGridSearchCV': { strategy: 'halving' },
  'sklearn.model_selection.HalvingRandomSearchCV': { strategy: 'halving' },
}

/** Searches of other libraries that draw what they try. Source: optuna-integration 4.0, sklearn/sklearn.py; tune-sklearn 0.5, tune_search.py. */
const drawn =
  /^(optuna\.(integration\.(sklearn\.)?)?|optuna_integration\.(sklearn\.)?)OptunaSearchCV$|^tune_sklearn\.TuneSearchCV$/
const drawnSearch: DrawnSearch = { space: 'param_distributions', trials: ['n_trials', null, 10] }

export const sklearnSearchReader = defineReader({
  name: 'sklearn',
  languages: ['python'],
  triggers: [
    'GridSearchCV',
    'RandomizedSearchCV',
    'HalvingRandomSearchCV',
    'ParameterGrid',
    'OptunaSearchCV',
    'TuneSearchCV',
    'cross_val_score',
    'cross_validate',
    'cross_val_predict',
  ],

  read(facts, context, claims) {
    const module = facts.python!
    const version = minorVersion(context.versions['scikit-learn'])
    const repeated = new RepeatedSteps(module)
    for (const call of module.calls) {
      if (call.name === null) continue
      const flavour = lookUp(searches, call.name)
      if (flavour !== undefined) readSearch(module, call, flavour, version, claims, repeated)
      else if (drawn.test(call.name)) repeated.addDrawn(call, drawnSearch)
      else if (validations.test(call.name)) repeated.addValidated(call)
      else if (call.name === 'sklearn.model_selection.ParameterGrid') readParameterGrid(module, call, claims)
    }
    repeated.claim(claims, evidenceOf(module))
  },

  change(claim: Claim, value: unknown, facts): Change | Refusal {
    if (claim.setting === 'cached') return changeCached(claim, facts)
    const module = facts.python!
    const call = module.callAt(claim.site)
    if (call === null) return { reason: 'the call has changed' }
    const fragment = facts.fragment.index
    if (claim.setting === 'strategy')
      return searchChange(module, facts.path, fragment, call, value as NewStrategy)
    return byHand(claim)
  },
})

/** 0.24 as 24, 1.5 as 105; what is not pinned counts as new. */
function minorVersion(version: string | undefined): number {
  const parts = /^(\d+)\.(\d+)/.exec(version ?? '')
  return parts === null ? 999 : Number(parts[1]) * 100 + Number(parts[2])
}

function evidenceOf(module: PythonModule): Evidence {
  return module.evidence.role === 'test'
    ? module.evidence
    : {
        ...module.evidence,
        role: 'tuning',
        accelerator: 'none',
        small: module.evidence.small ?? drawsItsData(module),
      }
}

/** True where the file imports the searches from the module that scikit-learn removed in 0.20. */
function isOld(module: PythonModule): boolean {
  for (const name of module.imports) if (name.startsWith('sklearn.grid_search')) return true
  return false
}

function readSearch(
  module: PythonModule,
  call: Call,
  flavour: Flavour,
  version: number,
  claims: ClaimBuilder,
  repeated: RepeatedSteps,
): void {
  const { strategy } = flavour
  const old = isOld(module)
  const place = calleePlace(call)
  const search = claims.subject('Search', place, call.function?.qualified ?? '', evidenceOf(module))
  search.known('strategy', call.method, strategy, place, { site: callSite(call) })
  search.known('unit', 'fit', 'fit', place)
  const keyword = strategy === 'random' ? 'param_distributions' : 'param_grid'
  const given = module.argument(call, keyword, 1)
  const grid = passedExpression(given)
  const found = grid === null ? null : largestSpace(module, grid)
  if (found === null) search.unknown('space', keyword, 'the grid cannot be read', place)
  else {
    const space =
      found.count > 1 ? { ...found.space, largestOf: found.count, others: found.others } : found.space
    search.known('space', keyword, space, found.count > 1 && found.python === module ? found.expr : place)
  }
  const otherwise = flavour.folds ?? (old || version < 22 ? 3 : 5)
  const folds = foldsOf(module, call, otherwise, found?.index, found?.count)
  if (folds === null) search.unknown('folds', 'cv', 'the splits cannot be counted', place)
  else search.known('folds', 'cv', folds, place)
  const estimator = module.argument(call, 'estimator', 0)
  const expr = passedExpression(estimator)
  search.known('fitCost', 'estimator', fitCost(module, expr, found), place)
  const multi = choosesByMany(module, call)
  // Other libraries have no halving that takes the same arguments; scikit-learn has it since 0.24.
  const halves = call.name === 'sklearn.model_selection.GridSearchCV' && !old && version >= 24 && !multi
  search.known('alternatives', call.method, halves ? ['halving', 'random'] : ['random'], place)
  if (expr !== null && found !== null && folds !== null && flavour.sharesSteps !== true) {
    const candidates = candidatesOf(module, call, strategy, found.space)
    // Every configuration is in the first round of halving; what later rounds add depends on the data.
    const halving = strategy === 'halving'
    // Of several grids in turn, the largest alone repeats so much.
    const atLeast = halving || found.count > 1 || (strategy === 'grid' && found.space.lowerBound)
    const where = halving ? ' in the first round' : ''
    repeated.add({ call, estimator: expr, grids: found.space.grids, candidates, folds, atLeast, where })
  }
}

/** Several metrics, or a callable that picks the winner: successive halving accepts neither. */
function choosesByMany(module: PythonModule, call: Call): boolean {
  const scoring = module.argument(call, 'scoring', 2)
  const scored = passedExpression(scoring)
  if (scored === null && mayBePassed(scoring)) return true
  if (scored !== null) {
    for (const expr of module.possible(scored) ?? [scored]) {
      const value = module.definition(expr)
      if (value.type === 'dict' || value.type === 'list' || value.type === 'tuple') return true
      // A name that cannot be followed may hold several.
      if (value.type === 'name' && module.functionOf(value) === null && module.nameOf(value) === null)
        return true
    }
  }
  const refit = module.argument(call, 'refit')
  const chooser = passedExpression(refit)
  if (chooser === null) return mayBePassed(refit)
  return chooser.type === 'lambda' || module.functionOf(chooser) !== null
}

/** The class that does the learning: for a pipeline its last step, for a wrapper what it wraps. */
function learner(module: PythonModule, expr: Expr, depth = 0): string {
  if (depth > 4) return ''
  const pipeline = pipelineAt(module, expr)
  if (pipeline !== null) {
    const last = stepsOf(pipeline)?.at(-1)
    return last === undefined ? '' : learner(last.python, last.expr, depth + 1)
  }
  const call = module.callOf(expr)
  if (call === null) return ''
  if (wrappers.test(call.method)) {
    for (const keyword of wrapped) {
      const inner = module.argument(call, keyword, keyword === 'estimator' ? 0 : null)
      const expr = passedExpression(inner)
      if (expr !== null) return learner(module, expr, depth + 1)
    }
  }
  return call.method
}

/** Where one search goes through several estimators: the one that belongs to the grid, or what they agree on. */
function fitCost(
  module: PythonModule,
  expr: Expr | null,
  found: SpaceFound | null,
): SearchSettings['fitCost'] {
  if (expr === null) return 'ordinary'
  const all = possibleAt(module, expr) ?? [{ python: module, expr }]
  const paired = found !== null && found.count > 1 && found.count === all.length
  const costs = (paired ? [all[found.index]!] : all).map((one) => {
    const name = learner(one.python, one.expr)
    if (cheapEstimators.test(name)) return 'cheap'
    if (quickEstimators.test(name)) return 'quick'
    return dearEstimators.test(name) ? 'dear' : 'ordinary'
  })
  return costs.every((cost) => cost === costs[0]) ? (costs[0] ?? 'ordinary') : 'ordinary'
}

/** Library functions that train a model by themselves. */
const trainers = /^(lightgbm|xgboost|catboost)\.(train|cv)$|^sklearn\.model_selection\.cross_val/

/** `for params in ParameterGrid(grid): model.fit(…)`. */
function readParameterGrid(module: PythonModule, call: Call, claims: ClaimBuilder): void {
  const loop = module.loops.find((one) => {
    if (one.node.type !== 'for') return false
    let iterable = module.definition(one.node.iterable)
    // Progress bars and `list` pass on what they wrap.
    while (iterable.type === 'call' && iterable !== call.expr && iterable.args[0] !== undefined)
      iterable = module.definition(iterable.args[0].value)
    return iterable === call.expr
  })
  if (loop === undefined) return
  const { calls, trains } = loop.effects
  const fits =
    trains || calls.has('.fit') || calls.has('.fit_transform') || [...calls].some((one) => trainers.test(one))
  if (!fits) return
  const given = module.argument(call, 'param_grid', 0)
  const grid = passedExpression(given)
  const found = grid === null ? null : largestSpace(module, grid)
  if (found === null || found.count > 1) return
  const place = calleePlace(call)
  const search = claims.subject('Search', place, call.function?.qualified ?? '', evidenceOf(module))
  search.known('strategy', 'ParameterGrid', 'grid', place, { site: callSite(call) })
  const byEpochs =
    trains || loop.calls.some((one) => passedExpression(module.argument(one, 'epochs')) !== null)
  search.known('unit', 'fit', byEpochs ? 'run' : 'fit', place)
  const folds = foldsOfEach(module, loop)
  if (folds === null) search.unknown('folds', 'cv', 'how many splits there are', place)
  else search.known('folds', 'fit', folds, place)
  search.known('space', 'param_grid', found.space, place)
  search.known(
    'fitCost',
    'fit',
    [...calls].some((one) => trainers.test(one) && !/^sklearn/.test(one)) ? 'dear' : 'ordinary',
    place,
  )
  // Trainings by epochs are searched for as in nested loops: one by one, and weak ones could be stopped.
  if (byEpochs) search.known('byHand', 'ParameterGrid', true, place)
  search.known('alternatives', 'ParameterGrid', [byEpochs ? 'bayesian' : 'random'], place)
}

/** Fits of one configuration: of the one `cross_val_score(…)` in the loop, or in a function that it calls. */
function foldsOfEach(module: PythonModule, { calls }: Loop): number | null {
  const reached = calls.flatMap((call) => [call, ...(module.functionOf(call.expr.callee)?.calls ?? [])])
  const scored = [...new Set(reached)].filter((call) => crossValidates.test(call.name ?? ''))
  return scored.length === 1 ? foldsOf(module, scored[0]!, 5) : 1
}

const crossValidates = /^sklearn\.model_selection\.cross_(val_score|validate|val_predict)$/

/** Configurations that are fitted on every fold; of a search by halving, those of its first round. */
function candidatesOf(
  module: PythonModule,
  call: Call,
  strategy: SearchSettings['strategy'],
  space: SearchSpace,
): number | null {
  if (strategy === 'grid' || call.method === 'HalvingGridSearchCV') return space.configurations
  const [keyword, position] =
    strategy === 'random' ? (['n_iter', 2] as const) : (['n_candidates', null] as const)
  const trials = module.argument(call, keyword, position)
  if (!mayBePassed(trials)) return strategy === 'random' ? 10 : null
  const value = numberArgument(trials)
  if (value === null) return null
  // Lists are drawn from without replacement.
  return space.configurations === null || space.lowerBound ? value : Math.min(value, space.configurations)
}
