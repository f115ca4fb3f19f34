/** `trainer.hyperparameter_search(…)`: what its backend hears of a trial while it trains. Source: transformers 4.46, trainer.py, integrations. */
import type { Call, PythonModule } from '../../python/module.js'
import { mayBePassed, numberArgument, passedExpression, textArgument } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { byHand } from '../change-answer.js'
import { tuningEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'

const usualTrials = 20

export const parameterSearchReader = defineReader({
  name: 'trainer-search',
  title: 'Transformers',
  languages: ['python'],
  triggers: ['hyperparameter_search'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.methodCalls('hyperparameter_search')) readSearch(python, call, claims)
  },
  change: (claim) => byHand(claim),
})

function readSearch(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const trainer = call.receiverCall
  if (trainer === null || !/Trainer$/.test(trainer.method)) return
  const place = calleePlace(call)
  const search = claims.subject('Search', place, call.function?.qualified ?? '', tuningEvidence(python))
  const backend = textArgument(python.argument(call, 'backend', 4))
  search.known('strategy', 'backend', backend === 'optuna' ? 'bayesian' : 'other', place)
  const given = python.argument(call, 'n_trials', 2)
  const trials = mayBePassed(given) ? numberArgument(given) : usualTrials
  if (trials === null) search.unknown('trialCap', 'n_trials', 'it cannot be read', place)
  else search.known('trialCap', 'n_trials', trials, place)
  search.known('unit', 'n_trials', 'run', place)
  search.known('folds', 'n_trials', 1, place)
  search.known('trialSteps', 'n_trials', { what: 'epochs', count: null }, place)
  const gap = gapOf(python, call, trainer, backend)
  if (gap === undefined)
    search.unknown('earlyTermination', 'backend', 'its backend may end weak trials', place)
  else if (gap === null) search.known('earlyTermination', 'eval_strategy', true, place)
  else {
    search.default('earlyTermination', 'backend', false, place)
    search.known('terminationGap', 'backend', gap, place)
  }
  if (backend !== 'optuna') return
  if (mayBePassed(python.argument(call, 'storage')) || /mlflow|wandb/.test(python.code))
    search.known('persisted', 'storage', true, place)
  else search.default('persisted', 'storage', false, place)
}

/** Null: weak trials are ended; undefined: nobody can tell. */
function gapOf(
  python: PythonModule,
  call: Call,
  trainer: Call,
  backend: string | null,
): string | null | undefined {
  if (backend === 'ray')
    return mayBePassed(python.argument(call, 'scheduler')) ? null : 'no `scheduler` is passed on to Ray Tune'
  if (backend !== 'optuna') return undefined
  const given = passedExpression(python.argument(trainer, 'args', 1))
  const made = given === null ? null : python.callOf(given)
  if (made === null || !/TrainingArguments$/.test(made.method)) return undefined
  const named = ['eval_strategy', 'evaluation_strategy'].map((one) => python.argument(made, one))
  const strategy = named.find((one) => mayBePassed(one))
  // `options.eval_strategy = 'epoch'`
  if (strategy === undefined && /\.(eval|evaluation)_strategy\s*=(?!=)/.test(python.code)) return undefined
  if (strategy !== undefined && textArgument(strategy) !== 'no')
    return textArgument(strategy) === null ? undefined : null
  return made.expr.args.some(({ star }) => star > 0)
    ? undefined
    : 'trials are evaluated only when they are over (`eval_strategy` is "no"), so Optuna hears nothing before'
}
