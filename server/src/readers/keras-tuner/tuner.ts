/** KerasTuner: a tuner, and its `search(…)`. Source: KerasTuner 1.4, engine/base_tuner.py and tuners/. */

import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { asLimit, asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { DrawnDimension, SearchSettings } from '../../workload/resource-kinds.js'
import { passedCallbacks } from '../callback-list.js'
import { byHand, changeOf } from '../change-answer.js'
import { tuningEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimDrawn } from '../search/drawn.js'
import { unreadSuggestions } from '../search/unread-dimensions.js'
import { settingTable } from '../setting-table.js'
import { builderOf, hyperRanges, hyperSpace } from './space.js'
import { claimTrial } from './trial.js'

const tunerName =
  /^keras_tuner\.(tuners\.)?([a-z_]+\.)?(RandomSearch|BayesianOptimization|Hyperband|GridSearch)$/

const strategies: Record<string, SearchSettings['strategy']> = {
  RandomSearch: 'random',
  BayesianOptimization: 'bayesian',
  Hyperband: 'hyperband',
  GridSearch: 'grid',
}

const executions = { keys: ['executions_per_trial'], parse: asNumber, otherwise: 1 }
const trials = { keys: ['max_trials'], position: 2, parse: asLimit }

const tunerSettings = settingTable('Search', { folds: executions, trialCap: { ...trials, otherwise: 10 } })
const gridSettings = settingTable('Search', { folds: executions, trialCap: { ...trials, otherwise: null } })

export const kerasTunerReader = defineReader({
  name: 'keras-tuner',
  title: 'KerasTuner',
  languages: ['python'],
  triggers: ['kerastuner', 'keras_tuner'],
  settings: [tunerSettings, gridSettings],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.calls) {
      const kind = call.name?.match(tunerName)?.[3]
      if (kind !== undefined) readTuner(python, call, lookUp(strategies, kind)!, claims)
    }
  },
  change(claim, value, facts) {
    if (claim.setting === 'strategy') return toModel(claim, facts, (value as { trials: number }).trials)
    if (claim.setting === 'earlyTermination') return stopEarly(claim, facts)
    if (claim.setting === 'drawn') return toLogarithm(value as DrawnDimension, facts)
    return byHand(claim)
  },
})

function toLogarithm({ name, span }: DrawnDimension, facts: FragmentFacts): Change | Refusal {
  const call = facts.python!.callAt(span)
  if (call === null) return { reason: 'the model is built in another module' }
  const given = facts.python!.argument(call, 'sampling', 4)
  if (mayBePassed(facts.python!.argument(call, 'step', 3)))
    return { reason: 'a step multiplies on a logarithmic scale' }
  return changeOf(`Draw ${name} on a logarithmic scale`, [
    writeArgument(facts, call, 'sampling', given, "'log'"),
  ])
}

function readTuner(
  python: PythonModule,
  call: Call,
  strategy: SearchSettings['strategy'],
  claims: ClaimBuilder,
): void {
  const evidence = tuningEvidence(python)
  const place = calleePlace(call)
  const site = callSite(call)
  const search = claims.subject('Search', place, call.function?.qualified ?? '', evidence)
  search.known('strategy', call.method, strategy, place, { site })
  search.known('unit', 'run', 'run', place)
  const table = strategy === 'grid' ? gridSettings : tunerSettings
  const source = table.argumentsOf(python, call, claims)
  table.claim(search, source, {}, ['folds'])
  search.known('alternatives', call.method, ['bayesian'], place)
  search.known('persisted', 'directory', true, place)
  if (strategy !== 'hyperband') table.claim(search, source, {}, ['trialCap'])
  const model = python.argument(call, 'hypermodel', 0)
  const passed = passedExpression(model)
  const builder = passed === null ? null : builderOf(python, passed)
  if (builder !== null && builder.python === python) {
    const unread = unreadSuggestions(python, builder.func, /^(Choice|Int|Float|Boolean)$/, (span) =>
      claims.locate(span),
    )
    if (unread.length > 0) search.known('unread', 'hypermodel', unread, place)
    claimDrawn(
      search,
      'hypermodel',
      hyperRanges(builder, (span) => claims.locate(span)),
      place,
    )
  }
  if (strategy === 'grid') {
    const space = builder === null ? null : hyperSpace(builder)
    if (space === null) search.unknown('space', 'hypermodel', 'the model is built elsewhere', place)
    else search.known('space', 'hypermodel', space, place, { site })
  }
  // A hypermodel with a fit of its own decides by itself when to stop.
  const fits = builder?.func.class?.methods.has('fit') ?? false
  if (strategy === 'hyperband' || fits) return
  readStopping(python, search, call)
  claimTrial(python, call, claims)
}

function readStopping(python: PythonModule, search: SubjectBuilder<'Search'>, tuner: Call): void {
  const runs = python.calls.filter((one) => one.method === 'search' && one.receiverCall === tuner)
  const run = runs.length === 1 ? runs[0]! : null
  if (run === null || run.expr.args.some((argument) => argument.star > 0)) return
  const epochs = numberArgument(python.argument(run, 'epochs'))
  if (epochs === null) return
  const place = calleePlace(run)
  search.known('trialSteps', 'epochs', { what: 'epochs', count: epochs }, place)
  const site = callSite(run)
  const list = passedCallbacks(python, python.argument(run, 'callbacks'))
  if (list === null) return
  const names = list.items.map((item) => {
    const made = python.definition(item)
    return python.nameOf(made.type === 'call' ? made.callee : made) ?? ''
  })
  if (names.some((name) => /EarlyStopping|Pruning/.test(name))) {
    search.known('earlyTermination', 'callbacks', true, place)
    return
  }
  if (names.some((name) => !name.startsWith('keras.callbacks.'))) return
  search.default('earlyTermination', 'callbacks', false, place, { site })
  search.known('terminationGap', 'callbacks', 'search() is given no EarlyStopping callback', place)
}

/** A model-based tuner takes the same arguments; only the cap is needed. */
function toModel(claim: Claim, facts: FragmentFacts, trials: number): Change | Refusal {
  const python = facts.python!
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  if (call.expr.args.filter((argument) => argument.name === null).length > 2)
    return { reason: 'the tuner is called with more than two positional arguments' }
  const fragment = facts.fragment.index
  const range = { fragment, start: call.expr.start, end: call.expr.end }
  const { callee } = call.expr
  const text = python.text.slice(callee.start, callee.end)
  const imports: Import[] = []
  let to = text.replace(/(^|\.)GridSearch$/, '$1BayesianOptimization')
  if (!text.includes('.')) {
    const spelled = nameFor(python.tree, 'keras_tuner', 'BayesianOptimization', {
      path: facts.path,
      fragment,
      offset: call.expr.start,
    })
    to = spelled.text
    if (spelled.import !== null) imports.push(spelled.import)
  }
  return {
    title: `Search by Bayesian optimisation, ${trials} trials`,
    safety: 'unsafe',
    writes: [
      { kind: 'rename callee', path: facts.path, call: range, to },
      { kind: 'set keyword', path: facts.path, call: range, name: 'max_trials', value: String(trials) },
    ],
    imports,
  }
}

function stopEarly(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  const validated = ['validation_data', 'validation_split'].some(
    (name) => passedExpression(python.argument(call, name)) !== null,
  )
  if (!validated) return { reason: 'search() computes no validation loss that could be watched' }
  const fragment = facts.fragment.index
  const module =
    python.imports.has('keras') || !python.code.includes('tensorflow')
      ? 'keras.callbacks'
      : 'tensorflow.keras.callbacks'
  const spelled = nameFor(python.tree, module, 'EarlyStopping', {
    path: facts.path,
    fragment,
    offset: call.expr.start,
  })
  const value = `${spelled.text}(monitor='val_loss', patience=3)`
  const callbacks = python.argument(call, 'callbacks')
  const list = mayBePassed(callbacks) ? passedCallbacks(python, callbacks) : null
  let write: Write
  if (list?.display != null)
    write = {
      kind: 'append item',
      path: facts.path,
      list: { fragment, start: list.display.start, end: list.display.end },
      value,
    }
  else if (!mayBePassed(callbacks))
    write = {
      kind: 'set keyword',
      path: facts.path,
      call: { fragment, start: call.expr.start, end: call.expr.end },
      name: 'callbacks',
      value: `[${value}]`,
    }
  else return { reason: 'the callbacks are put together elsewhere' }
  return {
    title: 'Stop trials that no longer improve (EarlyStopping)',
    safety: 'unsafe',
    writes: [write],
    imports: spelled.import === null ? [] : [spelled.import],
  }
}
