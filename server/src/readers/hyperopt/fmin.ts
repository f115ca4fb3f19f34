/** Hyperopt: `fmin(…)`. Source: hyperopt 0.2.7, fmin.py (no limit: `max_evals` becomes sys.maxsize). */

import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { isLeftOut, mayBePassed, passedCall, passedExpression, textArgument } from '../../values/argument.js'
import { asLimit } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { DrawnDimension, SearchSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { codeText, tuningEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { claimDrawn, drawnRange } from '../search/drawn.js'
import { claimTrialCode } from '../search/trial-code.js'
import { trialFunction } from '../search/trial-function.js'
import { trialSteps } from '../search/trial-steps.js'
import { unreadKeys } from '../search/unread-dimensions.js'
import { settingTable } from '../setting-table.js'

const fminName = /^hyperopt\.(fmin\.)?fmin$/
/** Position of `max_evals` in fn, space, algo, max_evals. */
const positions = { algo: 2, maxEvals: 3 }

const searchSettings = settingTable('Search', {
  trialCap: {
    keys: ['max_evals'],
    position: positions.maxEvals,
    parse: asLimit,
    otherwise: null,
    write: (trials) => trials,
    title: (trials) => `Stop after ${trials} trials`,
  },
  timeLimit: { keys: ['timeout'], parse: asLimit, otherwise: null },
})

export const hyperoptReader = defineReader({
  name: 'hyperopt',
  title: 'Hyperopt',
  languages: ['python'],
  triggers: ['hyperopt'],
  settings: [searchSettings],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.calls)
      if (call.name !== null && fminName.test(call.name)) readSearch(python, call, claims)
  },
  change(claim, value, facts): Change | Refusal {
    if (claim.setting === 'earlyTermination')
      return { reason: 'Hyperopt cannot stop a trial: let another library run the search' }
    if (claim.setting === 'drawn')
      return {
        reason: 'hp.loguniform takes the logarithms of the ends: hp.loguniform(label, log(low), log(high))',
      }
    const python = facts.python!
    const call = python.callAt(claim.site)
    if (call === null) return { reason: 'the call has changed' }
    const set = (name: string, position: number | null, code: string, title: string): Change | Refusal => {
      const write = writeArgument(facts, call, name, python.argument(call, name, position), code)
      return 'reason' in write ? write : { title, safety: 'unsafe', writes: [write], imports: [] }
    }
    if (claim.setting === 'trialCap') return searchSettings.change(claim, value, facts)
    if (claim.setting === 'persisted')
      return set(
        'trials_save_file',
        null,
        "'hyperopt-trials.pkl'",
        'Keep the trials in a file (trials_save_file)',
      )
    return byHand(claim)
  },
})

function strategyOf(python: PythonModule, algo: ArgumentValue): SearchSettings['strategy'] | null {
  if (!mayBePassed(algo)) return 'bayesian'
  const expr = passedExpression(algo)
  const name = expr === null ? null : python.nameOf(expr)
  if (name === null) return null
  if (/\b(tpe|atpe)\b/.test(name)) return 'bayesian'
  return /\brand\b|\bmix\b/.test(name) ? 'random' : /\banneal\b/.test(name) ? 'other' : null
}

/** `hp.uniform('lr', low, high)`; `hp.loguniform` takes the logarithms of its ends. */
function drawnBy(python: PythonModule, call: Call, claims: ClaimBuilder): DrawnDimension | null {
  if (!/^hyperopt\.(hp|pyll_utils)\.q?uniform$/.test(call.name ?? '')) return null
  const name = textArgument(python.argument(call, 'label', 0))
  const ends: [[string, number], [string, number]] = [
    ['low', 1],
    ['high', 2],
  ]
  return name === null ? null : drawnRange(python, call, name, ends, 'linear', (span) => claims.locate(span))
}

function readSearch(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const evidence = tuningEvidence(python)
  const place = calleePlace(call)
  const site = callSite(call)
  const search = claims.subject('Search', place, call.function?.qualified ?? '', evidence)
  const strategy = strategyOf(python, python.argument(call, 'algo', positions.algo))
  if (strategy === null) search.unknown('strategy', 'algo', 'an algorithm that is not known', place)
  else search.known('strategy', 'algo', strategy, place, { site })
  const given = python.argument(call, 'fn', 0)
  const objective = trialFunction(python, passedExpression(given))
  const steps = objective === null ? null : trialSteps(python, objective.func)
  const space = passedExpression(python.argument(call, 'space', 1))
  if (objective !== null && space !== null) {
    const drawn = (value: Expr) =>
      /^hyperopt\./.test(python.nameOf(value.type === 'call' ? value.callee : value) ?? '')
    const unread = unreadKeys(python, objective.func, objective.position, space, drawn, (span) =>
      claims.locate(span),
    )
    if (unread.length > 0) search.known('unread', 'space', unread, place)
  }
  if (space !== null) {
    const { start, end } = python.definition(space)
    const within = python.calls.filter(({ expr }) => start <= expr.start && expr.end <= end)
    claimDrawn(
      search,
      'space',
      within.map((one) => drawnBy(python, one, claims)),
      place,
    )
  }
  claimTrialCode(python, search, 'fn', objective, claims, place)
  search.known('unit', 'fn', steps === null ? 'fit' : 'run', place)
  if (steps !== null) search.known('trialSteps', 'fn', { what: steps.what, count: steps.count }, place)
  if (steps !== null) {
    if (steps.stops === true)
      search.unknown('earlyTermination', 'fn', 'trials end by themselves when they get no better', place)
    else search.default('earlyTermination', 'fn', false, place)
    search.known('terminationGap', 'fn', 'Hyperopt has no pruner; Optuna and Ray Tune have', place)
  }
  search.known('folds', 'fn', 1, place)
  const cap = python.argument(call, 'max_evals', positions.maxEvals)
  const source = searchSettings.argumentsOf(python, call, claims)
  const stops = ['early_stop_fn', 'loss_threshold'].some((name) => !isLeftOut(python.argument(call, name)))
  // Only stored trials of a search server, or an exception, end such a search.
  if (isLeftOut(cap) && stops)
    search.unknown('trialCap', 'max_evals', 'something else may end the search', place)
  else searchSettings.claim(search, source, {}, ['trialCap'])
  searchSettings.claim(search, source, {}, ['timeLimit'])
  const trials = python.argument(call, 'trials')
  const made = passedCall(python, trials)
  const inMemory =
    !mayBePassed(trials) || made?.name === 'hyperopt.Trials' || made?.name === 'hyperopt.base.Trials'
  const saved = !isLeftOut(python.argument(call, 'trials_save_file'))
  const kept = /wandb\.|mlflow\./.test(codeText(python)) || keepsTrials(python, call)
  if (!inMemory) search.unknown('persisted', 'trials', 'trials of another kind', place)
  else if (saved || kept) search.known('persisted', 'trials_save_file', true, place)
  else search.default('persisted', 'trials_save_file', false, place, { site })
}

/** What is written by the trials themselves, or of all of them; the best parameters alone are no trials. */
function keepsTrials(python: PythonModule, search: Call): boolean {
  const { start } = search.expr
  return python.calls.some((call) => {
    if (!writes.test(call.name ?? `.${call.method}`)) return false
    if (call.function !== search.function || call.expr.start < start) return true
    return /trials|results|history/i.test(python.code.slice(call.expr.start, call.expr.end))
  })
}

const writes = /^((joblib|pickle|dill|json)\.dump|.*\.to_(csv|parquet|json|pickle))$/
