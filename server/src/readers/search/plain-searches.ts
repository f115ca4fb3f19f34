/**
 * Searches of libraries that call a function for each trial and know nothing of its epochs. Sources: nevergrad 1.0, bayesian-optimization 2.0,
 * Ax 0.4, FLAML 2.3, SMAC 2.2, GPyOpt 1.2, optunity 1.1, mango 1.4, SciPy 1.14, OpenBox 0.8.
 */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { knownArgument, mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { SearchSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { tuningEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { claimPersisted, claimUnstopped } from './trial-claims.js'

type Parameter = readonly [keyword: string, position: number | null]

interface Row {
  call: RegExp
  strategy: SearchSettings['strategy']
  objective: Parameter
  /** Added up, where there are several; absent: as in `counted`. */
  trials?: readonly (readonly [...Parameter, otherwise: number | null])[] | 'generations'
  /** The call whose arguments tell the objective is the one that made the object. */
  made?: true
  /** The argument that holds an object with the number of trials. */
  within?: Parameter
  /** Arguments with which a weak trial is ended. */
  stopping?: readonly string[]
  /** It writes its trials to a folder by itself. */
  keeps?: true
  /** A number below zero is no limit. */
  open?: true
}

const rows: readonly Row[] = [
  {
    call: /^nevergrad\.(\w+\.)*minimize$/,
    strategy: 'other',
    objective: ['objective_function', 0],
  },
  {
    call: /^bayes_opt\.BayesianOptimization\.maximize$/,
    strategy: 'bayesian',
    objective: ['f', 0],
    made: true,
    trials: [
      ['init_points', 0, 5],
      ['n_iter', 1, 25],
    ],
  },
  {
    call: /^ax\.(service\.managed_loop\.)?optimize$/,
    strategy: 'bayesian',
    objective: ['evaluation_function', 1],
    trials: [['total_trials', 5, 20]],
  },
  {
    call: /^flaml\.tune\.run$/,
    strategy: 'bayesian',
    objective: ['evaluation_function', 0],
    trials: [['num_samples', null, 1]],
    stopping: ['scheduler'],
    open: true,
  },
  {
    call: /^smac\.(facade\.)?(\w+\.)*(HyperparameterOptimizationFacade|BlackBoxFacade|AlgorithmConfigurationFacade|RandomFacade)$/,
    strategy: 'bayesian',
    objective: ['target_function', 1],
    within: ['scenario', 0],
    trials: [['n_trials', null, 100]],
    keeps: true,
  },
  {
    call: /^GPyOpt\.methods\.BayesianOptimization\.run_optimization$/,
    strategy: 'bayesian',
    objective: ['f', 0],
    made: true,
    trials: [['max_iter', 0, null]],
  },
  {
    call: /^optunity\.(maximize|minimize)$/,
    strategy: 'other',
    objective: ['f', 0],
    trials: [['num_evals', 1, 50]],
  },
  {
    call: /^mango\.(tuner\.)?Tuner\.(maximize|minimize)$/,
    strategy: 'bayesian',
    objective: ['objective', 1],
    made: true,
    trials: [['num_iteration', null, 20]],
  },
  {
    call: /^scipy\.optimize\.(differential_evolution|dual_annealing)$/,
    strategy: 'other',
    objective: ['func', 0],
    // `maxiter` counts generations, each of many trials.
    trials: 'generations',
  },
  {
    call: /^openbox\.(\w+\.)*Optimizer\.run$/,
    strategy: 'bayesian',
    objective: ['objective_function', 0],
    made: true,
    trials: [['max_runs', null, 100]],
    keeps: true,
  },
]

export const plainSearchesReader = defineReader({
  name: 'plain-searches',
  languages: ['python'],
  triggers: [
    'nevergrad',
    'bayes_opt',
    'ax.',
    'from ax',
    'flaml',
    'smac',
    'GPyOpt',
    'optunity',
    'mango',
    'openbox',
    'differential_evolution',
    'dual_annealing',
  ],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      const name = call.name ?? (call.receiver === null ? '' : `${call.receiver}.${call.method}`)
      const row = rows.find((one) => one.call.test(name))
      if (row !== undefined) readSearch(python, call, row, claims)
    }
  },
  change: (claim) => byHand(claim),
})

function readSearch(python: PythonModule, call: Call, row: Row, claims: ClaimBuilder): void {
  const maker = row.made === true ? call.receiverCall : call
  const objective = maker === null ? null : passedExpression(python.argument(maker, ...row.objective))
  const place = calleePlace(call)
  const search = claims.subject('Search', place, call.function?.qualified ?? '', tuningEvidence(python))
  search.known('strategy', call.method, row.strategy, place)
  const trials = trialsOf(python, call, row)
  const key = Array.isArray(row.trials)
    ? row.trials[0]![0]
    : row.trials === 'generations'
      ? 'maxiter'
      : 'budget'
  if (trials === 'unknown') search.unknown('trialCap', key, 'it cannot be read', place)
  else search.known('trialCap', key, trials, place)
  const limit = numberArgument(python.argument(call, 'time_budget_s'))
  if (limit !== null && limit > 0) search.known('timeLimit', 'time_budget_s', limit, place)
  const stops = row.stopping?.some((one) => mayBePassed(python.argument(call, one))) === true
  if (!stops) claimUnstopped(python, search, row.objective[0], objective, gap(row), claims, place)
  if (row.keeps !== true) claimPersisted(python, search, key, place)
}

function gap({ stopping }: Row): string {
  return stopping === undefined
    ? 'the search hears of a trial only when it is over'
    : `\`${stopping[0]}\` is left out, so nothing compares trials while they run`
}

/** Null: without a limit. */
function trialsOf(python: PythonModule, call: Call, row: Row): number | null | 'unknown' {
  if (row.trials === undefined) return budgetOf(python, call)
  if (row.trials === 'generations') return 'unknown'
  let owner: Call | null = call
  if (row.within !== undefined) {
    const given: Expr | null = passedExpression(python.argument(call, ...row.within))
    owner = given === null ? null : python.callOf(given)
  }
  if (row.made === true && row.trials.every(([name]) => !mayBePassed(python.argument(call, name))))
    owner = call.receiverCall ?? call
  if (owner === null) return 'unknown'
  let sum = 0
  for (const [name, position, otherwise] of row.trials) {
    // What made the object takes it by name alone.
    const given = python.argument(owner, name, owner === call ? position : null)
    const count = mayBePassed(given) ? numberArgument(given) : otherwise
    if (count === null) return mayBePassed(given) && knownArgument(given) !== null ? 'unknown' : null
    if (row.open === true && count < 0) return null
    sum += count
  }
  return sum
}

/** `optimizer = ng.optimizers.NGOpt(parametrization, budget=100)`. */
function budgetOf(python: PythonModule, { receiverCall }: Call): number | 'unknown' {
  const given = receiverCall === null ? null : numberArgument(python.argument(receiverCall, 'budget', 1))
  return given ?? 'unknown'
}
