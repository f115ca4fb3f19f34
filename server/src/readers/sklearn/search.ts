/** scikit-learn's searches over parameters, and those that copy its interface. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { SearchSettings, SearchSpace } from '../../workload/words.js'
import { calleePlace, callSite } from '../claim-argument.js'
import { defineReader } from '../reader.js'
import { cheapEstimators, dearEstimators } from './estimators.js'
import { foldsOf } from './folds.js'
import { pipelineCall, repeatsOf, stepsOf } from './pipeline.js'
import { type NewStrategy, searchChange } from './search-changes.js'
import { spaceOf } from './space.js'

const grids = new Set([
  'sklearn.model_selection.GridSearchCV',
  'dask_ml.model_selection.GridSearchCV',
  'cuml.model_selection.GridSearchCV',
  'tune_sklearn.TuneGridSearchCV',
])
const others: Record<string, SearchSettings['strategy']> = {
  'sklearn.model_selection.RandomizedSearchCV': 'random',
  'sklearn.model_selection.HalvingGridSearchCV': 'halving',
  'sklearn.model_selection.HalvingRandomSearchCV': 'halving',
}

export const sklearnSearchReader = defineReader({
  name: 'sklearn',
  languages: ['python'],
  triggers: ['GridSearchCV', 'RandomizedSearchCV', 'HalvingRandomSearchCV', 'ParameterGrid'],

  read(facts, context, claims) {
    const module = facts.python!
    const early = (context.versions['scikit-learn'] ?? '1').match(/^0\.(\d+)/)
    const defaultFolds = early !== null && Number(early[1]) < 22 ? 3 : 5
    for (const call of module.calls) {
      if (call.name === null) continue
      if (grids.has(call.name)) readSearch(module, call, 'grid', defaultFolds, claims)
      else if (others[call.name] !== undefined)
        readSearch(module, call, others[call.name]!, defaultFolds, claims)
      else if (call.name === 'sklearn.model_selection.ParameterGrid') readParameterGrid(module, call, claims)
    }
  },

  change(claim: Claim, value: unknown, facts): Change | Refusal {
    const module = facts.python!
    const call = module.callAt(claim.site)
    if (call === null) return { reason: 'the call has changed' }
    const unit = facts.unit.index
    if (claim.setting === 'strategy')
      return searchChange(module, facts.path, unit, call, value as NewStrategy)
    if (claim.setting === 'cached') return cacheChange(module, facts.path, unit, call)
    return { reason: `no change is known for ${claim.key}` }
  },
})

function evidenceOf(module: PythonModule): Evidence {
  return module.evidence.role === 'test'
    ? module.evidence
    : { ...module.evidence, role: 'tuning', accelerator: 'none' }
}

function readSearch(
  module: PythonModule,
  call: Call,
  strategy: SearchSettings['strategy'],
  defaultFolds: number,
  claims: ClaimBuilder,
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const search = claims.subject('Search', place, call.function?.qualified ?? '', evidenceOf(module))
  search.known('strategy', call.method, strategy, place, { site })
  search.known('unit', 'fit', 'fit', place)
  const folds = foldsOf(module, call, defaultFolds)
  if (folds === null) search.unknown('folds', 'cv', 'the splits cannot be counted', place)
  else search.known('folds', 'cv', folds, place)
  const keyword = strategy === 'random' ? 'param_distributions' : 'param_grid'
  const given = module.argument(call, keyword, 1)
  const space = given.state === 'given' ? spaceOf(module, given.expr) : null
  if (space === null) search.unknown('space', keyword, 'the grid cannot be read', place)
  else search.known('space', keyword, space, place)
  const estimator = module.argument(call, 'estimator', 0)
  const expr = estimator.state === 'given' ? estimator.expr : null
  search.known('fitCost', 'estimator', fitCost(module, expr), place)
  const multi = choosesByMany(module, call)
  search.known('multiMetric', 'scoring', multi, place)
  // Other libraries have no halving of their own.
  const plain = call.name === 'sklearn.model_selection.GridSearchCV'
  search.known('alternatives', call.method, plain ? (multi ? ['random'] : ['halving', 'random']) : [], place)
  if (expr !== null && space !== null && folds !== null) {
    readPipeline(module, call, strategy, expr, space, folds, claims)
  }
}

/** Several metrics, or a callable that picks the winner: successive halving accepts neither. */
function choosesByMany(module: PythonModule, call: Call): boolean {
  const scoring = module.argument(call, 'scoring')
  if (scoring.state === 'unknown') return true
  if (scoring.state === 'given') {
    const value = module.definition(scoring.expr)
    if (value.type === 'dict' || value.type === 'list' || value.type === 'tuple') return true
  }
  const refit = module.argument(call, 'refit')
  if (refit.state === 'unknown') return true
  return refit.state === 'given' && (refit.expr.type === 'lambda' || module.functionOf(refit.expr) !== null)
}

/** The class that does the learning: for a pipeline its last step. */
function learner(module: PythonModule, expr: Expr): string {
  const pipeline = pipelineCall(module, expr)
  if (pipeline !== null) {
    const last = stepsOf(module, pipeline)?.at(-1)
    return last === undefined ? '' : learner(module, last.expr)
  }
  const call = module.callOf(expr)
  return call?.method ?? ''
}

function fitCost(module: PythonModule, expr: Expr | null): SearchSettings['fitCost'] {
  const name = expr === null ? '' : learner(module, expr)
  return cheapEstimators.test(name) ? 'cheap' : dearEstimators.test(name) ? 'dear' : 'ordinary'
}

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
  const fits = loop.effects.calls.has('.fit') || loop.effects.trains
  if (!fits) return
  const given = module.argument(call, 'param_grid', 0)
  const space = given.state === 'given' ? spaceOf(module, given.expr) : null
  if (space === null) return
  const place = calleePlace(call)
  const search = claims.subject('Search', place, call.function?.qualified ?? '', evidenceOf(module))
  search.known('strategy', 'ParameterGrid', 'grid', place, { site: callSite(call) })
  search.known('unit', 'fit', 'fit', place)
  search.known('folds', 'fit', 1, place)
  search.known('space', 'param_grid', space, place)
  search.known('fitCost', 'fit', 'ordinary', place)
  search.known('alternatives', 'ParameterGrid', [], place)
}

function readPipeline(
  module: PythonModule,
  search: Call,
  strategy: SearchSettings['strategy'],
  estimator: Expr,
  space: SearchSpace,
  folds: number,
  claims: ClaimBuilder,
): void {
  const pipeline = pipelineCall(module, estimator)
  if (pipeline === null) return
  const steps = stepsOf(module, pipeline)
  if (steps === null) return
  const repeats = repeatsOf(steps, space)
  const candidates = candidatesOf(module, search, strategy, space)
  if (repeats === null || candidates === null) return
  const place = calleePlace(pipeline)
  const work = claims.subject('Preprocessing', place, pipeline.function?.qualified ?? '', evidenceOf(module))
  const memory = module.argument(pipeline, 'memory')
  const off = memory.state === 'given' && memory.folded.state === 'known' && memory.folded.value === null
  if (memory.state === 'absent' || off)
    work.default('cached', 'memory', false, place, { site: callSite(pipeline) })
  else if (memory.state === 'given') work.known('cached', 'memory', true, place)
  else work.unknown('cached', 'memory', memory.because, place)
  work.known('transformation', 'steps', repeats.transformation, place)
  const total = candidates * folds
  work.known(
    'repeats',
    'steps',
    {
      total,
      distinct: Math.min(total, repeats.distinct * folds),
      why: `${candidates} ${candidates === 1 ? 'configuration' : 'configurations'} × ${folds} folds`,
    },
    place,
  )
}

/** Configurations that are fitted on every fold; halving fits most of them on a part, so it is left out. */
function candidatesOf(
  module: PythonModule,
  call: Call,
  strategy: SearchSettings['strategy'],
  space: SearchSpace,
): number | null {
  if (strategy === 'grid') return space.configurations
  if (strategy !== 'random') return null
  const trials = module.argument(call, 'n_iter')
  if (trials.state === 'absent') return 10
  if (trials.state === 'unknown' || trials.folded.state === 'unknown') return null
  return typeof trials.folded.value === 'number' ? trials.folded.value : null
}

/** Caching clones the transformers, so code that looks at the fitted originals afterwards would see nothing. */
function cacheChange(module: PythonModule, path: string, unit: number, call: Call): Change | Refusal {
  if (call.expr.args.some((argument) => argument.star > 0))
    return { reason: 'the pipeline takes unpacked arguments' }
  const existing = module.calls.find(
    (one) => one.name === 'joblib.Memory' && one.assignedTo !== null && one.expr.end < call.expr.start,
  )
  const value = existing?.assignedTo ?? "'.cache/sklearn'"
  return {
    title: `Cache the fitted transformers (memory=${value})`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'set keyword',
        path,
        call: { unit, start: call.expr.start, end: call.expr.end },
        name: 'memory',
        value,
      },
    ],
    imports: [],
  }
}
