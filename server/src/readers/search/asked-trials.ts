/**
 * Trials that a loop asks a library for and tells their results: `parameters, index = client.get_next_trial()`, then
 * `client.complete_trial(index, …)`.
 */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { numberIn } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { byHand } from '../change-answer.js'
import { tuningEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { claimPersisted, claimUnstopped, stepsOf } from './trial-claims.js'

/** What asks for a trial, and what is told of it while it runs. */
const pairs: readonly { ask: RegExp; tell: RegExp; during: RegExp }[] = [
  {
    ask: /^get_next_trials?$/,
    tell: /^complete_trial$/,
    during: /should_stop|stop_trial_early|attach_trial_data|update_running_trial/,
  },
  { ask: /^ask$/, tell: /^tell$/, during: /\.report\(|should_prune/ },
  { ask: /^suggest$/, tell: /^(register|observe|update)$/, during: /should_stop/ },
]
const libraries = ['ax', 'skopt', 'nevergrad', 'bayes_opt', 'hebo', 'smac', 'openbox', 'cma', 'botorch']

export const askedTrialsReader = defineReader({
  name: 'asked-trials',
  languages: ['python'],
  triggers: ['ax.', 'from ax', ...libraries.slice(1)],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    if (![...python.imports].some((one) => libraries.includes(one.split('.')[0]!))) return
    for (const loop of python.loops) readLoop(python, loop, claims)
  },
  change: (claim) => byHand(claim),
})

function readLoop(python: PythonModule, loop: Loop, claims: ClaimBuilder): void {
  const own = loop.calls.filter((call) => call.loops.at(-1) === loop)
  for (const { ask, tell, during } of pairs) {
    const asked = own.find(({ method }) => ask.test(method))
    const told = own.find(({ method }) => tell.test(method))
    if (asked === undefined || told === undefined) continue
    const trial = own.find((call) => isTraining(python, call))
    if (trial === undefined) return
    const place = calleePlace(asked)
    const search = claims.subject('Search', place, asked.function?.qualified ?? '', tuningEvidence(python))
    search.known('strategy', asked.method, 'bayesian', place)
    const count = numberIn(loop.trips)
    if (count === null) search.unknown('trialCap', asked.method, 'how often the loop goes round', place)
    else search.known('trialCap', asked.method, count, place)
    if (!during.test(python.code)) {
      const gap = `\`${told.method}()\` is told of a trial when it is over`
      claimUnstopped(python, search, asked.method, trial.expr.callee, gap, claims, place)
    }
    claimPersisted(python, search, asked.method, place)
    return
  }
}

function isTraining(python: PythonModule, { expr }: Call): boolean {
  return stepsOf(python, expr.callee) !== null
}
