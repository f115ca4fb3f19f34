/** The searches that CatBoost's estimators bring: `model.grid_search(grid, …)`, `model.randomized_search(…)`. */
import type { Change, PythonRange, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { numberArgument, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import type { NewStrategy } from '../sklearn/search-changes.js'
import { largestSpace } from '../sklearn/space.js'

const estimator = /^catboost\.(core\.)?CatBoost(Classifier|Regressor|Ranker)?$/

/** Source: CatBoost 1.2, CatBoost.grid_search and CatBoost.randomized_search: one split, ten draws. */
const drawsByDefault = 10

export const catboostSearchReader = defineReader({
  name: 'catboost-search',
  languages: ['python'],
  triggers: ['grid_search', 'randomized_search'],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.calls) {
      if (!/^(grid|randomized)_search$/.test(call.method)) continue
      if (estimator.test(call.receiver ?? call.receiverCall?.name ?? '')) claimSearch(python, call, claims)
    }
  },
  change: changeSearch,
})

function claimSearch(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const place = calleePlace(call)
  const evidence =
    python.evidence.role === 'test' ? python.evidence : { ...python.evidence, role: 'tuning' as const }
  const search = claims.subject('Search', place, call.function?.qualified ?? '', evidence)
  const grid = call.method === 'grid_search'
  const keyword = grid ? 'param_grid' : 'param_distributions'
  search.known('strategy', call.method, grid ? 'grid' : 'random', place, { site: callSite(call) })
  search.known('unit', 'fit', 'fit', place)
  const given = passedExpression(python.argument(call, keyword, 0))
  const found = given === null ? null : largestSpace(python, given)
  if (found === null) search.unknown('space', keyword, 'the grid cannot be read', place)
  else search.known('space', keyword, found.space, place)
  // Candidates are compared on one split of the data, unless cross-validation is asked for.
  const oneSplit = python.argument(call, 'search_by_train_test_split')
  const split = passedExpression(oneSplit)
  if (split !== null && split.type === 'constant' && split.value === false) {
    const cv = python.argument(call, 'cv')
    const folds = cv.state === 'absent' ? 3 : numberArgument(cv)
    if (folds === null) search.unknown('folds', 'cv', 'the splits cannot be counted', place)
    else search.known('folds', 'cv', folds, place)
  } else search.known('folds', 'search_by_train_test_split', 1, place)
  if (!grid) {
    const draws = python.argument(call, 'n_iter')
    const trials = draws.state === 'absent' ? drawsByDefault : numberArgument(draws)
    if (trials !== null) search.known('trialCap', 'n_iter', trials, place)
  }
  search.known('fitCost', 'estimator', 'dear', place)
  search.known('alternatives', call.method, ['random', 'bayesian'], place)
}

function changeSearch(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const wanted = value as NewStrategy
  const call = python?.callAt(claim.site) ?? null
  if (call === null || python === undefined) return { reason: 'the call has changed' }
  if (claim.setting !== 'strategy') return byHand(claim)
  if (wanted.strategy !== 'random') return { reason: 'CatBoost has no such search: Optuna brings one' }
  const { callee, args } = call.expr
  if (callee.type !== 'attribute') return { reason: 'the call has changed' }
  const range: PythonRange = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  const receiver = python.text.slice(callee.value.start, callee.value.end)
  const writes: Write[] = [{ kind: 'rename callee', path, call: range, to: `${receiver}.randomized_search` }]
  if (args.some(({ name }) => name === 'param_grid'))
    writes.push({ kind: 'rename keyword', path, call: range, name: 'param_grid', to: 'param_distributions' })
  writes.push({ kind: 'set keyword', path, call: range, name: 'n_iter', value: String(wanted.trials) })
  return {
    title: `Draw ${wanted.trials} configurations (randomized_search)`,
    safety: 'unsafe',
    writes,
    imports: [],
  }
}
