/** What boosted trees of every library have in common: rounds, early stopping, data that is held out. */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import {
  knownArgument,
  mayBePassed,
  numberArgument,
  passedCall,
  passedExpression,
} from '../../values/argument.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { boundsIn, itemBounds } from '../../values/python-bounds.js'
import type { Bounds } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Verdict } from '../callback-list.js'
import { claimArgument } from '../claim-argument.js'
import { claimVerdict } from '../claim-verdict.js'
import { codeText, trainingEvidence } from '../pytorch/evidence.js'
import { claimTrees, type TreeShape } from '../trees.js'

/** One value that several keys may carry, and the key that did. */
export interface Parameter {
  key: string
  argument: ArgumentValue
}

export interface Stopping {
  verdict: Verdict
  /** The word that a message uses: 'early_stopping_rounds'. */
  key: string
  patience: (Parameter & { call: Call }) | null
}

export interface Booster {
  /** The constructor, or the call of `train`. */
  call: Call
  /** The data that is trained on. */
  trained: ArgumentValue
  rounds: Parameter
  roundsByDefault: number
  rate: Parameter
  rateByDefault: number | null
  stopping: Stopping
  /** Null: it cannot be told. */
  validates: boolean | null
  /** The validation set is the data that is trained on. */
  onTrainingData: boolean
  /** Drops trees again, so that the best round cannot be told. */
  dropsTrees: boolean
  /** What it takes to grow its trees; absent: the library is not known well enough. */
  trees?: TreeShape
  /** What the library does with early stopping but without validation: raises an error, or goes on. */
  withoutValidation: string
}

/** The first of these keys that the call or its dictionary of parameters carries. */
export function parameter(
  python: PythonModule,
  call: Call,
  keys: string[],
  dictionary: ArgumentValue = { state: 'absent' },
  position: number | null = null,
): Parameter {
  let unknown: Parameter | null = null
  for (const key of keys) {
    const own = python.argument(call, key, key === keys[0] ? position : null)
    const found = mayBePassed(own) ? own : inside(python, dictionary, key, call)
    if (passedExpression(found) !== null) return { key, argument: found }
    if (mayBePassed(found)) unknown ??= { key, argument: found }
  }
  return unknown ?? { key: keys[0]!, argument: { state: 'absent' } }
}

function inside(python: PythonModule, dictionary: ArgumentValue, key: string, call: Call): ArgumentValue {
  const expr = passedExpression(dictionary)
  return expr === null ? dictionary : python.entry(expr, key, call.expr.start)
}

/** The calls of `fit` on the estimator that `made` constructs. */
export function fitsOf(python: PythonModule, made: Call): Call[] {
  const byReceiver = once(python, 'boosting fits', () => {
    const map = new Map<Call, Call[]>()
    for (const call of python.calls) {
      if (call.method !== 'fit' || call.receiverCall === null) continue
      const list = map.get(call.receiverCall)
      if (list === undefined) map.set(call.receiverCall, [call])
      else list.push(call)
    }
    return map
  })
  return byReceiver.get(made) ?? []
}

export function fitOf(python: PythonModule, made: Call): Call | null {
  return fitsOf(python, made)[0] ?? null
}

/** What `fit` tells of an estimator: whether it validates, and on what. */
export function fitFacts(
  python: PythonModule,
  fits: Call[],
  stopping: Stopping,
): Pick<Booster, 'validates' | 'onTrainingData' | 'trained'> {
  const none: ArgumentValue = { state: 'absent' }
  if (fits.length === 0)
    return { validates: stopping.verdict === 'stops' ? null : false, onTrainingData: false, trained: none }
  const all = fits.map((fit) => {
    const named = python.argument(fit, 'eval_set')
    // LightGBM from 4.7 on takes data and targets apart.
    const sets = !mayBePassed(named) ? python.argument(fit, 'eval_X') : named
    const trained = python.argument(fit, 'X', 0)
    return {
      validates: hasSets(python, sets),
      only: onlyTraining(python, sets, trained, { pair: true }),
      trained,
    }
  })
  const validates = all.some((one) => one.validates === true)
    ? true
    : all.some((one) => one.validates === null)
      ? null
      : false
  return { validates, onTrainingData: all.every((one) => one.only), trained: all[0]!.trained }
}

/** Early stopping is spoken of somewhere, in a way that may concern a booster whose `fit` is not in sight. */
export function speaksOfStopping(python: PythonModule): boolean {
  return once(python, 'boosting stopping', () => /early_?stop|PruningCallback/i.test(python.code))
}

/** True for `None`, `False` and zero. */
export function isOff(argument: ArgumentValue): boolean {
  const value = knownArgument(argument)
  return value === null || value === false || value === 0
}

/** Passed, and not switched off. */
export function isOn(argument: ArgumentValue): boolean {
  return passedExpression(argument) !== null && !isOff(argument)
}

/** Whether a list of evaluation sets holds any; null where it cannot be seen. */
export function hasSets(python: PythonModule, argument: ArgumentValue): boolean | null {
  if (!mayBePassed(argument) || isOff(argument)) return false
  const expr = passedExpression(argument)
  if (expr === null) return null
  const value = python.definition(expr)
  if (value.type !== 'list' && value.type !== 'tuple') return true
  return value.items.length > 0 || (grows(python, expr) ? null : false)
}

/** `evals.append((dval, 'validation'))`: the list holds more than where it is made. */
function grows(python: PythonModule, list: Expr): boolean {
  if (list.type !== 'name') return false
  const grown = once(python, 'lists that grow', () => {
    const names = new Set<string>()
    for (const { method, expr } of python.calls) {
      if (!/^(?:append|extend|insert)$/.test(method) || expr.callee.type !== 'attribute') continue
      if (expr.callee.value.type === 'name') names.add(expr.callee.value.id)
    }
    return names
  })
  return grown.has(list.id)
}

/**
 * True when each of the sets is the one that is trained on; `last`: where only the last of them counts. `pair`: a plain
 * tuple is one set with its targets, not several sets.
 */
export function onlyTraining(
  python: PythonModule,
  argument: ArgumentValue,
  trained: ArgumentValue,
  { pair = false, last = false }: { pair?: boolean; last?: boolean } = {},
): boolean {
  const [expr, data] = [passedExpression(argument), passedExpression(trained)]
  if (expr === null || data === null || grows(python, expr)) return false
  const value = python.definition(expr)
  const several =
    value.type === 'list' || (value.type === 'tuple' && (!pair || value.items[0]?.type === 'tuple'))
  const sets = several ? value.items : [expr]
  const items = last ? sets.slice(-1) : sets
  const text = ({ start, end }: Expr) => python.text.slice(start, end)
  const train = text(data)
  return (
    items.length > 0 &&
    items.every((item) => {
      const first = item.type === 'tuple' ? item.items[0] : item
      return first !== undefined && first.type === 'name' && text(first) === train
    })
  )
}

/** The data comes from a split, whose other part is at hand. */
function isSplit(python: PythonModule, trained: ArgumentValue): boolean {
  const expr = passedExpression(trained)
  if (expr === null) return false
  const made = python.callOf(expr)
  // `DMatrix(X_train, …)`, `Dataset(X_train, …)`, `Pool(X_train, …)`.
  const inner =
    made !== null && /^(DMatrix|Dataset|Pool|QuantileDMatrix)$/.test(made.method)
      ? made.expr.args[0]?.value
      : expr
  if (inner?.type !== 'name') return false
  return once(python, 'split names', () => {
    const names = new Set<string>()
    for (const call of python.calls) {
      if (call.method !== 'train_test_split' || call.statement.type !== 'assign') continue
      const target = call.statement.targets[0]
      if (target?.type !== 'tuple') continue
      for (const item of target.items) if (item.type === 'name') names.add(item.id)
    }
    return names
  }).has(inner.id)
}

/** `trial.suggest_int('n_estimators', 100, 2000)`: bounds of rounds that a trial draws, or that a loop goes through. */
export function roundBounds(python: PythonModule, rounds: ArgumentValue): Bounds | null {
  const expr = knownArgument(rounds) === undefined ? passedExpression(rounds) : null
  return expr === null ? null : boundsIn(python, expr)
}

const roundsKey = /iterations?\b|n_estimators|n_iter\b|n(um)?_?(boost_)?(rounds?|trees?)\b/

/** The rounds among which a search chooses that the estimator goes to; null: none does. */
function searchedRounds(python: PythonModule, made: Call): Bounds | null {
  for (const call of python.calls) {
    if (!/SearchCV$/.test(call.method)) continue
    if (passedCall(python, python.argument(call, 'estimator', 0)) !== made) continue
    const name = /Random|Bayes|Optuna/.test(call.method) ? 'param_distributions' : 'param_grid'
    const expr = passedExpression(python.argument(call, name, 1))
    if (expr === null) return { low: null, high: null }
    const space = python.definition(expr)
    const entries = space.type === 'dict' ? space.entries : []
    const given = entries.find(
      ({ key }) => key !== null && roundsKey.test(codeText(python, key.start, key.end)),
    )
    if (given !== undefined) return itemBounds(python, given.value) ?? { low: null, high: null }
    if (roundsKey.test(codeText(python, space.start, space.end))) return { low: null, high: null }
  }
  return null
}

/** Rounds by default, and those after which early stopping may end it. */
function roundsOf({ roundsByDefault, stopping }: Booster): { byDefault: number; stopsAfter: number | null } {
  const patience = numberArgument(stopping.patience?.argument ?? { state: 'absent' })
  return {
    byDefault: roundsByDefault,
    stopsAfter: stopping.verdict === 'goes on' ? null : (patience ?? 0),
  }
}

export function claimBooster(python: PythonModule, booster: Booster, claims: ClaimBuilder): void {
  const { call, stopping } = booster
  // Beside a run that stops early, one without validation trains for the number of rounds that the other found.
  if (stopping.verdict === 'goes on' && booster.validates === false && speaksOfStopping(python))
    stopping.verdict = 'unknown'
  const place = calleePlace(call)
  const scope = call.function?.qualified ?? ''
  const evidence = trainingEvidence(python)
  // Cross-validation trains, though nothing is fitted for good.
  if (evidence.role !== 'test' && call.method === 'cv') evidence.role = 'training'
  const training = claims.subject('Training', place, scope, evidence)
  training.known('managed', call.method, true, place)
  const positive = (value: unknown): number | undefined =>
    typeof value === 'number' && value > 0 ? value : undefined
  const searched = searchedRounds(python, call)
  const drawn = booster.validates === true ? roundBounds(python, booster.rounds.argument) : null
  const bounds = drawn ?? (searched?.high == null ? null : searched)
  if (bounds !== null)
    training.say('rounds', booster.rounds.key, {
      ...training.locator.origin(place),
      state: 'range',
      ...bounds,
    })
  else if (searched !== null) training.unknown('rounds', booster.rounds.key, 'a search sets it', place)
  else
    claimArgument(training, 'rounds', booster.rounds.key, call, booster.rounds.argument, {
      convert: positive,
      otherwise: booster.roundsByDefault,
    })
  claimArgument(training, 'learningRate', booster.rate.key, call, booster.rate.argument, {
    convert: positive,
    ...(booster.rateByDefault === null ? {} : { otherwise: booster.rateByDefault }),
  })
  if (booster.trees !== undefined)
    claimTrees(python, training, call, booster.trees, { ...booster.rounds, bounds, ...roundsOf(booster) })
  const site = callSite(call)
  claimVerdict(python, training, stopping.key, stopping.verdict, place, site)
  if (booster.validates === null) training.unknown('validation', 'eval_set', 'it cannot be read', place)
  else if (booster.validates) training.known('validation', 'eval_set', true, place)
  else training.default('validation', 'eval_set', false, place)
  if (isSplit(python, booster.trained)) training.known('heldOutData', 'train_test_split', true, place)
  if (booster.dropsTrees) training.known('openEnded', 'dart', 'dropping trees', place)
  const { patience } = stopping
  if (patience !== null && stopping.verdict === 'stops')
    claimArgument(training, 'patience', patience.key, patience.call, patience.argument, {
      convert: asNumber,
    })
  if (stopping.verdict !== 'stops') return
  const gap =
    booster.validates === false
      ? `\`${stopping.key}\` is given without a validation set${booster.withoutValidation}`
      : booster.onTrainingData
        ? `\`${stopping.key}\` watches the training data, whose error falls with every round`
        : null
  if (gap !== null) training.known('stoppingGap', stopping.key, gap, place, { site })
}
