/** Ray Tune: `tune.run(…)` and `Tuner(…)`. */

import { gridSize } from '../../estimate/grid.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import {
  isLeftOut,
  knownArgument,
  mayBePassed,
  numberArgument,
  passedCall,
  passedExpression,
  passedPlace,
} from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { tuningEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { claimDrawn } from '../search/drawn.js'
import { claimTrialCode } from '../search/trial-code.js'
import { trialFunction } from '../search/trial-function.js'
import { unreadKeys } from '../search/unread-dimensions.js'
import { settingTable } from '../setting-table.js'
import { changeTune } from './change.js'
import {
  defaultScheduler,
  gridSearch,
  runCall,
  runConfig,
  sampling,
  searcherStrategy,
  sparing,
  tuneConfig,
  tunerCall,
} from './names.js'
import { type Trainable, trainable } from './reports.js'
import { type TuneSpace, tuneSpace } from './space.js'

const searchSettings = settingTable('Search', {
  timeLimit: {
    keys: ['time_budget_s'],
    parse: (value) => (value === null ? null : asNumber(value)),
    otherwise: null,
  },
  parallelism: {
    keys: ['max_concurrent_trials'],
    parse: (value) => (value === 0 ? undefined : asNumber(value)),
  },
  trialCap: {
    keys: ['num_samples'],
    parse: (value) => (value === -1 ? null : asNumber(value)),
    otherwise: 1,
  },
})

export const rayTuneReader = defineReader({
  name: 'ray-tune',
  title: 'Ray Tune',
  settings: [searchSettings],
  languages: ['python'],
  triggers: ['ray'],
  read(facts, _context, claims) {
    const python = facts.python!
    if (!python.usesHere('ray.', 'ray')) return
    for (const call of python.calls) {
      if (call.name === null) continue
      if (runCall.test(call.name)) readSearch(python, call, call, 'config', 5, claims)
      else if (tunerCall.test(call.name)) readTuner(python, call, claims)
    }
  },
  change: changeTune,
})

/** The `TuneConfig(…)` of a `Tuner(…)`; null where there is none; undefined where it cannot be read. */
export function tuneConfigOf(python: PythonModule, tuner: Call): Call | null | undefined {
  const given = python.argument(tuner, 'tune_config')
  if (!mayBePassed(given)) return null
  const made = passedCall(python, given)
  return made?.name != null && tuneConfig.test(made.name) ? made : undefined
}

function readTuner(python: PythonModule, tuner: Call, claims: ClaimBuilder): void {
  const config = tuneConfigOf(python, tuner)
  if (config !== undefined) readSearch(python, tuner, config, 'param_space', null, claims)
}

/** `options` is the call that carries the options of the search; null: they are all left out. */
function readSearch(
  python: PythonModule,
  call: Call,
  options: Call | null,
  spaceKey: string,
  spacePosition: number | null,
  claims: ClaimBuilder,
): void {
  const evidence = tuningEvidence(python)
  const place = calleePlace(call)
  const site = callSite(call)
  const option = (name: string, position: number | null = null): ArgumentValue =>
    options === null ? { state: 'absent' } : python.argument(options, name, position)
  const search = claims.subject('Search', place, call.function?.qualified ?? '', evidence)
  search.known('unit', 'run', 'run', place)
  search.known('folds', 'run', 1, place)
  const run = passedExpression(python.argument(call, call === options ? 'run_or_experiment' : 'trainable', 0))
  const trial: Trainable = run === null ? { reports: null, steps: null } : trainable(python, run)
  const given = python.argument(call, spaceKey, spacePosition)
  const capped = readSpace(python, search, call, given, option('num_samples'), option('search_alg'), claims)
  claimUnread(python, run, given, search, claims)
  const source = searchSettings.argumentsOf(python, options ?? call, claims)
  searchSettings.claim(search, source, {}, ['timeLimit', 'parallelism'])
  if (capped) searchSettings.claim(search, source, {}, ['trialCap'])
  claimTrialCode(python, search, 'trainable', trialFunction(python, run), claims, place)
  readScheduler(python, search, call, option('scheduler'), trial)
  // Results are written below ~/ray_results as they come in.
  search.known('persisted', 'storage_path', true, place, { site })
}

function claimUnread(
  python: PythonModule,
  run: Expr | null,
  given: ArgumentValue,
  search: SubjectBuilder<'Search'>,
  claims: ClaimBuilder,
): void {
  const trial = trialFunction(python, run)
  const space = passedExpression(given)
  if (trial === null || space === null) return
  const drawn = (value: Expr) => {
    const name = value.type === 'call' ? (python.nameOf(value.callee) ?? '') : ''
    return gridSearch.test(name) || sampling.test(name)
  }
  const unread = unreadKeys(python, trial.func, trial.position, space, drawn, (span) => claims.locate(span))
  if (unread.length > 0 && passedPlace(given) !== null)
    search.known('unread', 'config', unread, passedPlace(given)!)
}

/** True where the number of samples caps the trials; where a grid is run whole, it is no cap of its own. */
function readSpace(
  python: PythonModule,
  search: SubjectBuilder<'Search'>,
  call: Call,
  given: ArgumentValue,
  samples: ArgumentValue,
  searcher: ArgumentValue,
  claims: ClaimBuilder,
): boolean {
  const place = calleePlace(call)
  const site = callSite(call)
  const repeats = mayBePassed(samples) ? (asNumber(knownArgument(samples) ?? null) ?? null) : 1
  const config = passedExpression(given)
  if (config === null) {
    search.unknown('strategy', 'search_alg', 'the configuration cannot be read', place)
    return false
  }
  const space = tuneSpace(python, config, (span) => claims.locate(span))
  claimDrawn(search, 'config', space.drawn, place)
  const grid = space.dimensions.length > 0
  const made = passedCall(python, searcher)
  const strategy = isLeftOut(searcher)
    ? grid && repeats !== -1
      ? 'grid'
      : 'random'
    : made === null
      ? null
      : searcherStrategy(made.method)
  if (strategy === null) {
    search.unknown('strategy', 'search_alg', 'a searcher that is not known', place)
    return false
  }
  const first = space.python === python ? (space.grids.find((one) => one !== null) ?? null) : null
  if (repeats !== -1 && (strategy === 'grid' || (grid && strategy === 'random'))) {
    search.known('strategy', 'grid_search', 'grid', first === null ? place : calleePlace(first), { site })
    const grids = [repeats === 1 ? space.dimensions : [...space.dimensions, samplesOf(space, repeats)]]
    search.known('space', 'grid_search', { grids, ...gridSize(grids) }, place, { site })
    search.known('alternatives', 'grid_search', ['bayesian', 'random'], place)
    return false
  }
  search.known('strategy', 'search_alg', strategy, place, { site })
  const grids = [[samplesOf(space, repeats)]]
  if (isLeftOut(searcher) && grids[0]![0]!.repeats === true)
    search.known('space', 'num_samples', { grids, ...gridSize(grids) }, place)
  return true
}

/** Where nothing is drawn, each sample runs the same once more. */
function samplesOf(space: TuneSpace, size: number | null): Dimension {
  const drawn = space.samples || !space.complete
  return drawn ? { name: 'num_samples', size } : { name: 'num_samples', size, repeats: true }
}

function readScheduler(
  python: PythonModule,
  search: SubjectBuilder<'Search'>,
  call: Call,
  scheduler: ArgumentValue,
  trial: Trainable,
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  if (trial.steps !== null) search.known('trialSteps', 'trainable', trial.steps, place)
  const shown = passedPlace(scheduler)
  const made = passedCall(python, scheduler)
  const fifo = made?.name != null && defaultScheduler.test(made.name)
  if (!isLeftOut(scheduler) && !fifo) {
    if (made === null || shown === null)
      search.unknown('earlyTermination', 'scheduler', 'a scheduler that is not known', shown ?? place)
    else if (trial.reports !== 'never' && trial.reports !== 'end') {
      const spared = sparedSteps(python, made, trial)
      if (spared === null) search.known('earlyTermination', 'scheduler', true, shown)
      else {
        const { at, site, gap } = spared
        search.known('earlyTermination', 'grace_period', false, at, { site })
        search.known('terminationGap', 'grace_period', gap, place)
      }
    } else {
      search.known('earlyTermination', 'trainable', false, shown)
      const often = trial.reports === 'never' ? 'never reports' : 'reports only once'
      const gap = `the trainable ${often}, so ${made.method} has nothing to compare`
      search.known('terminationGap', 'trainable', gap, place)
    }
    return
  }
  if (stopsOtherwise(python, call)) {
    search.unknown('earlyTermination', 'stop', 'a stopper may end trials', place)
    return
  }
  if (trial.reports === null || trial.reports === 'never') {
    search.unknown('earlyTermination', 'scheduler', 'the trainable cannot be seen', place)
    return
  }
  if (fifo) search.known('earlyTermination', 'FIFOScheduler', false, calleePlace(made!), { site })
  else search.default('earlyTermination', 'scheduler', false, place, { site })
  search.known(
    'terminationGap',
    'scheduler',
    trial.reports === 'steps'
      ? 'the default FIFO scheduler lets each finish'
      : 'the default FIFO scheduler lets each finish, and the trainable reports only once, so report each epoch before adding ASHA',
    place,
  )
}

/**
 * A scheduler that lets each trial go on for as long as it lasts; null: it compares them before. Source: Ray 2.40, `ray.tune.schedulers`:
 * no trial is stopped before `grace_period` (1 by default), counted in `time_attr` (`training_iteration`).
 */
function sparedSteps(
  python: PythonModule,
  made: Call,
  { steps, rounds }: Trainable,
): { at: Place; site: Place; gap: string } | null {
  const counts = python.argument(made, 'time_attr', 0)
  if (rounds === undefined || !sparing.test(made.name ?? '')) return null
  // The median rule counts seconds unless told otherwise.
  const inSteps = isLeftOut(counts)
    ? !/Median/.test(made.method)
    : knownArgument(counts) === 'training_iteration'
  if (!inSteps) return null
  const given = python.argument(made, 'grace_period')
  const grace = numberArgument(given)
  if (grace === null || grace < rounds) return null
  return {
    at: passedPlace(given) ?? calleePlace(made),
    site: callSite(made, { kind: 'argument', name: 'grace_period' }),
    gap: `${made.method} spares each for its first ${grace} ${steps?.what ?? 'steps'} (\`grace_period\`), and a trial has ${rounds}`,
  }
}

/** A stopper object given as `stop=`, here or in the `RunConfig`; a dictionary only limits the iterations. */
function stopsOtherwise(python: PythonModule, call: Call): boolean {
  let stop = python.argument(call, 'stop')
  const config = python.argument(call, 'run_config')
  if (mayBePassed(config) && passedExpression(config) === null) return true
  if (!mayBePassed(stop) && mayBePassed(config)) {
    const made = passedCall(python, config)
    if (made === null) return true
    if (made.name != null && runConfig.test(made.name)) stop = python.argument(made, 'stop')
  }
  const expr = passedExpression(stop)
  return expr === null ? mayBePassed(stop) : python.definition(expr).type !== 'dict'
}
