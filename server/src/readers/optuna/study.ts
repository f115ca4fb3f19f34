/** Optuna: each `study.optimize(…)` is a search. */

import type { ArgumentValue, Call, Func, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import {
  isLeftOut,
  mayBePassed,
  passedCall,
  passedExpression,
  passedPlace,
  textArgument,
  whyUnreadable,
} from '../../values/argument.js'
import { asLimit } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import { trainingsIn } from '../python/repeated-trainings.js'
import { endlessAround } from '../pytorch/endless.js'
import { codeText, tuningEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { claimDrawn } from '../search/drawn.js'
import { claimTrialCode } from '../search/trial-code.js'
import { importedFunction, trialEscapes, trialFunction } from '../search/trial-function.js'
import { type TrialSteps, trainsByEpochs, trialSteps } from '../search/trial-steps.js'
import { unreadSuggestions } from '../search/unread-dimensions.js'
import { settingTable } from '../setting-table.js'
import { changeStudy } from './change.js'
import { suggestions } from './drawn.js'
import { keepingCallback, nopPruner, samplers, studyClass, studyOf } from './names.js'
import { gridSpace, suggestedSpace } from './space.js'

const studySettings = settingTable('Search', {
  trialCap: { keys: ['n_trials'], position: 1, parse: asLimit, otherwise: null },
  timeLimit: { keys: ['timeout'], position: 2, parse: asLimit, otherwise: null },
  parallelism: {
    keys: ['n_jobs'],
    position: 3,
    parse: (value) => (typeof value !== 'number' ? undefined : value < 0 ? null : value),
    otherwise: 1,
  },
})

export const optunaReader = defineReader({
  name: 'optuna',
  title: 'Optuna',
  languages: ['python'],
  triggers: ['optuna'],
  settings: [studySettings],
  read(facts, _context, claims) {
    const python = facts.python!
    if (!python.usesHere('optuna.', 'optuna')) return
    for (const call of python.calls) if (isOptimize(python, call)) readOptimize(python, call, claims)
  },
  change: changeStudy,
})

function isOptimize(python: PythonModule, call: Call): boolean {
  if (call.method !== 'optimize' || call.expr.callee.type !== 'attribute') return false
  if (studyOf(call) !== null) return true
  if (call.receiver !== null) return studyClass.test(call.receiver)
  const { value } = call.expr.callee
  return /study$/i.test(python.code.slice(value.start, value.end))
}

function readOptimize(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const evidence = tuningEvidence(python)
  const place = calleePlace(call)
  const site = callSite(call)
  const search = claims.subject('Search', place, call.function?.qualified ?? '', evidence)
  const study = studyOf(call)
  const given = python.argument(call, 'func', 0)
  const objective = trialFunction(python, passedExpression(given))
  const imported = importedFunction(python, passedExpression(given))
  const steps =
    objective !== null
      ? trialSteps(python, objective.func)
      : imported !== null && (imported.trains || trainsByEpochs(imported.calls))
        ? { what: 'epochs' as const, count: null, loop: null, call: null }
        : null
  search.known('folds', 'objective', objective === null ? 1 : trainingsIn(python, objective.func), place)
  // What an objective of another module does is not seen; only one that is seen to fit once is cheap.
  search.known('unit', 'objective', steps === null && objective !== null ? 'fit' : 'run', place)
  if (steps !== null) search.known('trialSteps', 'objective', { what: steps.what, count: steps.count }, place)
  claimTrialCode(python, search, 'objective', objective, claims, place)
  readSampler(python, search, call, study, objective?.func ?? null)
  const unread =
    objective === null
      ? []
      : unreadSuggestions(python, objective.func, /^suggest_/, (span) => claims.locate(span))
  if (unread.length > 0) search.known('unread', 'objective', unread, place)
  if (objective !== null)
    claimDrawn(
      search,
      'objective',
      suggestions(python, objective.func, (span) => claims.locate(span)),
      place,
    )
  readLimits(python, search, call)
  readPruning(python, search, call, study, given, steps)
  const gpu = evidence.accelerator === 'gpu' || evidence.accelerator === 'maybe'
  if (gpu && steps !== null && steps.what !== 'boosting rounds')
    search.known('contention', 'n_jobs', 'the threads of one process share its GPU', place, { site })
  readStorage(python, search, call, study)
}

function readSampler(
  python: PythonModule,
  search: SubjectBuilder<'Search'>,
  call: Call,
  study: Call | null,
  objective: Func | null,
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  search.known('alternatives', 'sampler', ['bayesian'], place)
  if (study === null || /load_study$/.test(study.name!)) {
    search.unknown('strategy', 'sampler', 'the study is made elsewhere', place)
    return
  }
  const sampler = python.argument(study, 'sampler', 1)
  if (isLeftOut(sampler)) {
    search.default('strategy', 'sampler', 'bayesian', place, { site })
    return
  }
  const made = passedCall(python, sampler)
  const strategy = made === null ? undefined : lookUp(samplers, made.method)
  if (made === null || strategy === undefined) {
    search.unknown('strategy', 'sampler', 'a sampler that is not known', place)
    return
  }
  search.known('strategy', made.method, strategy, calleePlace(made), { site })
  if (strategy !== 'grid') return
  const space =
    made.method === 'GridSampler'
      ? gridSpace(python, made)
      : objective === null
        ? null
        : suggestedSpace(python, objective)
  if (space === null) search.unknown('space', 'search_space', 'the grid cannot be read', place)
  else search.known('space', 'search_space', space, calleePlace(made))
}

function readLimits(python: PythonModule, search: SubjectBuilder<'Search'>, call: Call): void {
  const place = calleePlace(call)
  const source = studySettings.argumentsOf(python, call, search.locator)
  studySettings.claim(search, source, {}, ['timeLimit', 'parallelism'])
  const ended = !isLeftOut(python.argument(call, 'callbacks', 5)) || python.uses('.stop')
  // Callbacks, and code that calls `study.stop()`, may end a search that has no limit.
  // `while True: study.optimize(objective, n_trials=1)`.
  if (endlessAround(python, call) !== null && !/\bstop\(|\bbreak\b/.test(codeText(python)))
    search.known('trialCap', 'n_trials', null, calleePlace(call))
  else if (ended && isLeftOut(python.argument(call, 'n_trials', 1)))
    search.unknown('trialCap', 'n_trials', 'something else may stop the study', place)
  else studySettings.claim(search, source, {}, ['trialCap'])
}

function severalObjectives(python: PythonModule, study: Call | null): boolean {
  if (study === null) return false
  const directions = python.argument(study, 'directions')
  const expr = passedExpression(directions)
  if (expr === null) return mayBePassed(directions)
  const value = python.definition(expr)
  if (value.type === 'constant' && value.value === null) return false
  return !((value.type === 'list' || value.type === 'tuple') && value.items.length === 1)
}

/** Whether trials report while they run, so that the study's pruner (the median rule by default) can end them. */
function readPruning(
  python: PythonModule,
  search: SubjectBuilder<'Search'>,
  call: Call,
  study: Call | null,
  given: ArgumentValue,
  steps: TrialSteps | null,
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const key = 'trial.report'
  if (severalObjectives(python, study)) {
    search.unknown('earlyTermination', key, 'a study of several objectives cannot prune', place)
    return
  }
  const text = codeText(python)
  const objective = trialFunction(python, passedExpression(given))
  const reports = /should_prune|PruningCallback|\.report\(/.test(text) || endsTrials(python, objective?.func)
  const pruner: ArgumentValue =
    study === null
      ? { state: 'unknown', because: 'the study is made elsewhere' }
      : python.argument(study, 'pruner', 2)
  const made = passedCall(python, pruner)
  if (made?.name != null && nopPruner.test(made.name)) {
    search.known('earlyTermination', 'NopPruner', false, calleePlace(made), { site })
    if (reports)
      search.known(
        'terminationGap',
        'NopPruner',
        'NopPruner never stops a trial, though the objective reports',
        place,
      )
    else search.known('terminationGap', 'NopPruner', 'NopPruner never stops a trial', place)
    return
  }
  if (reports) {
    const late = objective === null || steps === null ? null : lateReport(python, objective.func)
    if (late === null) {
      search.known('earlyTermination', key, true, place)
      readPruningMetric(python, search)
      readDirection(python, search, study)
      return
    }
    search.known('earlyTermination', key, false, calleePlace(late), { site })
    const gap = 'the objective reports only once, after training, when nothing is left to stop'
    search.known('terminationGap', key, gap, place)
    return
  }
  const imported = importedFunction(python, passedExpression(given))
  const seen =
    objective === null
      ? imported !== null && !imported.calls.some((one) => /report|prun/i.test(one))
      : !reportsElsewhere(python, objective.func) && !trialEscapes(python, objective)
  if (!seen || steps === null || steps.stops === true) {
    const why = !seen
      ? 'not all of a trial can be seen'
      : steps === null
        ? 'a trial has no steps that can be seen'
        : 'trials end by themselves when they get no better'
    search.unknown('earlyTermination', key, why, place)
    // The trial is handed on, to what may just draw its parameters.
    const handedOn =
      objective !== null &&
      (steps !== null || stepwise.test(text)) &&
      !reportsElsewhere(python, objective.func)
    if (!seen && handedOn)
      search.known('terminationGap', key, 'nothing that is seen of the objective calls trial.report()', place)
    else if (seen && steps !== null) {
      const gap = 'each ends by itself only once it gets no better, however far behind it is'
      search.known('terminationGap', key, gap, place)
    }
    return
  }
  search.default('earlyTermination', key, false, place, { site })
  const which = !mayBePassed(pruner) ? 'default pruner (the median rule)' : 'pruner'
  search.known(
    'terminationGap',
    key,
    `the objective never calls trial.report(), so the ${which} has nothing to compare`,
    place,
  )
}

/** It gives trials up while they train; what the objective refuses before that (no data left) costs nothing yet. */
function endsTrials(python: PythonModule, objective: Func | undefined): boolean {
  return python.statements.some((statement) => {
    if (statement.type !== 'raise') return false
    const { start, end } = statement
    if (!python.text.slice(start, end).includes('TrialPruned')) return false
    const within = ({ node }: { node: { start: number; end: number } }) =>
      node.start < start && end <= node.end
    const owner = python.functions.filter(within).at(-1)
    return owner === undefined || owner !== objective || python.loops.some(within)
  })
}

/** What trains step by step: boosters, and whatever counts epochs. */
const stepwise = /\b(CatBoost|XGB|LGBM)\w*\(|\b(xgb|lgb|xgboost|lightgbm)\.train\(|\bepochs?\b/

/** Which way it looks: down, unless `direction` says otherwise, or `directions` in its place. */
function readDirection(python: PythonModule, search: SubjectBuilder<'Search'>, study: Call | null): void {
  if (study === null || !/create_study$/.test(study.name ?? '')) return
  if (mayBePassed(python.argument(study, 'directions'))) return
  const given = python.argument(study, 'direction')
  const at = passedPlace(given) ?? calleePlace(study)
  const expr = passedExpression(given)
  const said = textArgument(given) ?? (expr === null ? null : python.nameOf(expr))
  if (isLeftOut(given)) search.default('goal', 'direction', 'minimize', at)
  else if (/(^|\.)maximize$/i.test(said ?? '')) search.known('goal', 'direction', 'maximize', at)
  else if (/(^|\.)minimize$/i.test(said ?? '')) search.known('goal', 'direction', 'minimize', at)
}

/** `KerasPruningCallback(trial, 'loss')`: what the callbacks of the module watch, where they agree. */
function readPruningMetric(python: PythonModule, search: SubjectBuilder<'Search'>): void {
  const callbacks = python.calls.filter((call) => /PruningCallback$/.test(call.method))
  const watched = callbacks.map((call) =>
    textArgument(python.argument(call, call.method === 'LightGBMPruningCallback' ? 'metric' : 'monitor', 1)),
  )
  const [metric] = watched
  if (metric != null && watched.every((one) => one === metric) && !python.uses('.report'))
    search.known('pruningMetric', callbacks[0]!.method, metric, calleePlace(callbacks[0]!))
}

/** The only report of the module, where it stands behind the training in the objective itself. */
function lateReport(python: PythonModule, objective: Func): Call | null {
  if (/PruningCallback/.test(codeText(python))) return null
  const reports = python.calls.filter((call) => call.method === 'report')
  const only = reports.length === 1 ? reports[0]! : null
  if (only === null || only.function !== objective || only.loops.length > 0) return null
  return reportsElsewhere(python, objective, new Set(['.report', '.should_prune', '.TrialPruned']))
    ? null
    : only
}

/** Something that the objective reaches, here or in a neighbouring module, reports or prunes by another way. */
function reportsElsewhere(python: PythonModule, objective: Func, seen = new Set<string>()): boolean {
  const { calls } = python.effects(objective.node.body)
  for (const name of calls) if (/report|prune|pruning/i.test(name) && !isOwn(name, seen)) return true
  return false
}

/** A call that is accounted for, under its method's name or its class's. */
function isOwn(name: string, seen: Set<string>): boolean {
  return (
    seen.has(name) ||
    seen.has(`.${name.slice(name.lastIndexOf('.') + 1)}`) ||
    /(^|\.)TrialPruned$/.test(name) ||
    name.startsWith('optuna.exceptions.')
  )
}

/** Results that outlive the process: a storage, or a copy that is written or logged. */
function readStorage(
  python: PythonModule,
  search: SubjectBuilder<'Search'>,
  call: Call,
  study: Call | null,
): void {
  const place = study === null ? calleePlace(call) : calleePlace(study)
  const site = study === null ? callSite(call) : callSite(study)
  if (study === null) {
    search.unknown('persisted', 'storage', 'the study is made elsewhere', place)
    return
  }
  const kept = keepsTrials(python, call)
  const storage = python.argument(study, 'storage', 0)
  if (passedExpression(storage) === null && mayBePassed(storage))
    search.unknown('persisted', 'storage', whyUnreadable(storage) ?? '', place)
  else if (!isLeftOut(storage) || kept) search.known('persisted', 'storage', true, place)
  else search.default('persisted', 'storage', false, place, { site })
}

/** A tracker or a file has each trial while the search runs, or the study itself is saved. */
function keepsTrials(python: PythonModule, call: Call): boolean {
  const text = codeText(python)
  if (keepingCallback.test(text) || /trials_dataframe|\bdump\(\s*(\w+\.)*\w*study\s*[,)]/.test(text))
    return true
  const expr = passedExpression(python.argument(call, 'func', 0))
  const objective = trialFunction(python, expr)
  const calls =
    objective === null
      ? importedFunction(python, expr)?.calls
      : python.effects(objective.func.node.body).calls
  if (calls === undefined)
    return /(joblib|pickle|dill|json)\.dump|\.to_(csv|parquet|json|pickle)\(|wandb\.|mlflow\./.test(text)
  return [...calls].some((name) => keepsResult.test(name))
}

const keepsResult =
  /^(wandb|mlflow|neptune|comet_ml|clearml|aim)\.|^(joblib|pickle|dill|json)\.dump$|^\.to_(csv|parquet|json|pickle)$|^\.(log_metrics?|writerow)$/
