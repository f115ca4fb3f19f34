/** Ray Tune: `tune.run(…)` and `Tuner(…)`. */

import { gridSize } from '../../estimate/grid.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import { claimArgument } from '../claim-argument.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { changeTune } from './change.js'
import { defaultScheduler, runCall, runConfig, searcherStrategy, tuneConfig, tunerCall } from './names.js'
import { type Trainable, trainable } from './reports.js'
import { tuneSpace } from './space.js'

export const rayTuneReader = defineReader({
  name: 'ray-tune',
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
  if (given.state === 'absent') return null
  const made = given.state === 'given' ? python.callOf(given.expr) : null
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
  const evidence = trainingEvidence(python)
  if (evidence.role !== 'test') evidence.role = 'tuning'
  const place = calleePlace(call)
  const site = callSite(call)
  const option = (name: string, position: number | null = null): ArgumentValue =>
    options === null ? { state: 'absent' } : python.argument(options, name, position)
  const search = claims.subject('Search', place, call.function?.qualified ?? '', evidence)
  search.known('unit', 'run', 'run', place)
  search.known('folds', 'run', 1, place)
  const run = python.argument(call, call === options ? 'run_or_experiment' : 'trainable', 0)
  const trial: Trainable =
    run.state === 'given' ? trainable(python, run.expr) : { reports: null, steps: null }
  const given = python.argument(call, spaceKey, spacePosition)
  const samples = option('num_samples')
  readSpace(python, search, call, options, given, samples, option('search_alg'), claims)
  const budget = option('time_budget_s')
  claimArgument(search, 'timeLimit', 'time_budget_s', options ?? call, budget, {
    convert: (value: Json) => (value === null ? null : asNumber(value)),
    otherwise: null,
  })
  readScheduler(python, search, call, option('scheduler'), trial)
  const concurrent = option('max_concurrent_trials')
  if (concurrent.state === 'given')
    claimArgument(search, 'parallelism', 'max_concurrent_trials', options ?? call, concurrent, {
      convert: (value: Json) => (value === null || value === 0 ? undefined : asNumber(value)),
    })
  // Results are written below ~/ray_results as they come in.
  search.known('persisted', 'storage_path', true, place, { site })
}

function readSpace(
  python: PythonModule,
  search: SubjectBuilder<'Search'>,
  call: Call,
  options: Call | null,
  given: ArgumentValue,
  samples: ArgumentValue,
  searcher: ArgumentValue,
  claims: ClaimBuilder,
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const repeats =
    samples.state === 'absent'
      ? 1
      : samples.state === 'given' &&
          samples.folded.state === 'known' &&
          typeof samples.folded.value === 'number'
        ? samples.folded.value
        : null
  if (given.state !== 'given') {
    search.unknown('strategy', 'search_alg', 'the configuration cannot be read', place)
    return
  }
  const space = tuneSpace(python, given.expr, (span) => claims.locate(span))
  const grid = space.dimensions.length > 0
  const made = searcher.state === 'given' ? python.callOf(searcher.expr) : null
  const nothing =
    searcher.state === 'absent' ||
    (searcher.state === 'given' && searcher.folded.state === 'known' && searcher.folded.value === null)
  const strategy = nothing
    ? grid && repeats !== -1
      ? 'grid'
      : 'random'
    : made === null
      ? null
      : searcherStrategy(made.method)
  if (strategy === null) {
    search.unknown('strategy', 'search_alg', 'a searcher that is not known', place)
    return
  }
  const first = space.grids.find((one) => one !== null) ?? null
  if (repeats !== -1 && (strategy === 'grid' || (grid && strategy === 'random'))) {
    search.known('strategy', 'grid_search', 'grid', first === null ? place : calleePlace(first), { site })
    const dimensions =
      repeats === 1 ? space.dimensions : [...space.dimensions, { name: 'num_samples', size: repeats }]
    const grids = [dimensions]
    search.known('space', 'grid_search', { grids, ...gridSize(grids) }, place, { site })
    // The whole grid is run `num_samples` times: that is no cap of its own.
    search.known('alternatives', 'grid_search', ['bayesian', 'random'], place)
    return
  }
  search.known('strategy', 'search_alg', strategy, place, { site })
  claimArgument(search, 'trialCap', 'num_samples', options ?? call, samples, {
    convert: (value: Json) => (value === -1 ? null : asNumber(value)),
    otherwise: 1,
  })
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
  if (scheduler.state === 'unknown') {
    search.unknown('earlyTermination', 'scheduler', scheduler.because, place)
    return
  }
  const made = scheduler.state === 'given' ? python.callOf(scheduler.expr) : null
  const none =
    scheduler.state === 'given' && scheduler.folded.state === 'known' && scheduler.folded.value === null
  const fifo = made?.name != null && defaultScheduler.test(made.name)
  if (scheduler.state === 'given' && !none && !fifo) {
    if (made === null) search.unknown('earlyTermination', 'scheduler', 'a scheduler that is not known', place)
    else search.known('earlyTermination', 'scheduler', true, scheduler.span)
    return
  }
  if (stopsOtherwise(python, call)) {
    search.unknown('earlyTermination', 'stop', 'a stopper may end trials', place)
    return
  }
  if (trial.reports === null) {
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

/** A stopper object given as `stop=`, here or in the `RunConfig`; a dictionary only limits the iterations. */
function stopsOtherwise(python: PythonModule, call: Call): boolean {
  let stop = python.argument(call, 'stop')
  const config = python.argument(call, 'run_config')
  if (config.state === 'unknown') return true
  if (stop.state === 'absent' && config.state === 'given') {
    const made = python.callOf(config.expr)
    if (made === null) return true
    if (made.name != null && runConfig.test(made.name)) stop = python.argument(made, 'stop')
  }
  if (stop.state === 'absent') return false
  if (stop.state === 'unknown') return true
  return python.definition(stop.expr).type !== 'dict'
}
