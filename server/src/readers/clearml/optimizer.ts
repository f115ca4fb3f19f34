/** ClearML: searches that a controller runs, a task for each trial. Source: clearml 1.18, automation/optimization.py, parameters.py. */

import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal } from '../../edit/write.js'
import { distinctCount, integerSize, quantisedSize } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import {
  isLeftOut,
  knownArgument,
  numberArgument,
  passedExpression,
  textArgument,
} from '../../values/argument.js'
import { asNumber, orNone } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { isGiven } from '../../values/value.js'
import { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { Dimension, SearchSettings } from '../../workload/resource-kinds.js'
import { byHand, changeOf } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimJobSearch } from '../search/job-search.js'
import { settingTable } from '../setting-table.js'

const controller = /^clearml\.automation\.(\w+\.)*HyperParameterOptimizer$/
const range = /^clearml\.automation\.(\w+\.)*(\w+)$/

const strategies: Record<string, SearchSettings['strategy']> = {
  GridSearch: 'grid',
  RandomSearch: 'random',
  OptimizerOptuna: 'bayesian',
  OptimizerBOHB: 'hyperband',
}

const minutes = orNone((value) => {
  const count = asNumber(value)
  return count === undefined ? undefined : count * 60
})

const optimizerSettings = settingTable('Search', {
  parallelism: {
    keys: ['max_number_of_concurrent_tasks'],
    parse: asNumber,
    otherwise: 10,
    write: Number,
    title: (count) => `At most ${count} tasks at once (max_number_of_concurrent_tasks)`,
  },
  trialCap: {
    keys: ['total_max_jobs'],
    parse: orNone(asNumber),
    otherwise: null,
    write: Number,
    title: (count) => `At most ${count} tasks (total_max_jobs)`,
  },
  timeLimit: { keys: ['optimization_time_limit'], parse: minutes, otherwise: null },
})

export const clearmlReader = defineReader({
  name: 'clearml',
  title: 'ClearML, hyperparameter optimisation',
  settings: [optimizerSettings],
  languages: ['python'],
  triggers: ['HyperParameterOptimizer'],
  read(facts, _context, claims) {
    const python = facts.python!
    for (const call of python.calls)
      if (controller.test(call.name ?? '')) readController(python, call, claims)
  },
  change: changeController,
})

function readController(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const search = claimJobSearch(python, call, claims, 'hyper_parameters', 'ClearML')
  const given = python.argument(call, 'optimizer_class')
  const written = passedExpression(given)
  const name = written === null ? null : (range.exec(python.nameOf(written) ?? '')?.[2] ?? null)
  const strategy = isLeftOut(given) ? 'random' : name === null ? undefined : lookUp(strategies, name)
  if (strategy === undefined) search.unknown('strategy', 'optimizer_class', 'a strategy of its own', place)
  else if (name === null) search.default('strategy', 'optimizer_class', strategy, place, { site })
  else search.known('strategy', name, strategy, place, { site })
  search.known('alternatives', 'optimizer_class', ['bayesian', 'random'], place)
  const dimensions = dimensionsOf(python, call)
  const size = dimensions === null ? null : gridSize([dimensions])
  if (dimensions === null || size === null)
    search.unknown('space', 'hyper_parameters', 'the parameters cannot be read', place)
  else search.known('space', 'hyper_parameters', { grids: [dimensions], ...size }, place, { site })
  const source = optimizerSettings.argumentsOf(python, call, claims)
  // No combination is drawn twice: few of them are all tried, and then it ends.
  const drawn = strategy === 'random' && size !== null && !size.lowerBound ? size.configurations : null
  if (drawn === null || isGiven(source.get('total_max_jobs'))) optimizerSettings.claim(search, source)
  else {
    optimizerSettings.claim(search, source, {}, ['parallelism', 'timeLimit'])
    search.known('trialCap', 'hyper_parameters', drawn, place)
  }
}

function dimensionsOf(python: PythonModule, call: Call): Dimension[] | null {
  const given = passedExpression(python.argument(call, 'hyper_parameters', 1))
  const list = given === null ? null : listOf(python, given)
  if (list === null) return null
  const dimensions: Dimension[] = []
  for (const item of list) {
    const made = python.callOf(item)
    const found = made === null ? null : dimensionOf(python, made)
    if (found === null) return null
    dimensions.push(found)
  }
  return dimensions
}

function listOf(python: PythonModule, expr: Expr): Expr[] | null {
  const written = python.writtenOut(expr) ?? python.definition(expr)
  if (python.isChanged(expr) || (written.type !== 'list' && written.type !== 'tuple')) return null
  return written.items.some(({ type }) => type === 'starred') ? null : written.items
}

function dimensionOf(python: PythonModule, made: Call): Dimension | null {
  // 'Args/lr': the section of the task's page, and the option.
  const name =
    textArgument(python.argument(made, 'name', 0))
      ?.split('/')
      .at(-1) ?? ''
  const number = (key: string, position: number) => numberArgument(python.argument(made, key, position))
  const [low, high] = [number('min_value', 1), number('max_value', 2)]
  switch (range.exec(made.name ?? '')?.[2]) {
    case 'DiscreteParameterRange': {
      const values = knownArgument(python.argument(made, 'values', 1))
      return Array.isArray(values) ? { name, size: distinctCount(values), values } : { name, size: null }
    }
    case 'UniformIntegerParameterRange': {
      const step = number('step_size', 3) ?? 1
      if (low === null || high === null) return { name, size: null }
      return { name, size: step === 1 ? integerSize(low, high) : quantisedSize(low, high, step) }
    }
    case 'UniformParameterRange': {
      const step = number('step_size', 3)
      return {
        name,
        size: low === null || high === null || step === null ? null : quantisedSize(low, high, step),
      }
    }
    case 'LogUniformParameterRange':
      return { name, size: null }
    default:
      return null
  }
}

function changeController(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call has changed' }
  if (claim.setting !== 'strategy') return optimizerSettings.change(claim, value, facts)
  const { strategy, trials } = value as { strategy: string; trials: number }
  if (strategy !== 'random')
    return { reason: 'OptimizerOptuna has to be told how long a task may run (max_iteration_per_job)' }
  const given = passedExpression(python.argument(call, 'optimizer_class'))
  if (given === null || trials === undefined) return byHand(claim)
  const { path, fragment } = facts
  const place = { path, fragment: fragment.index, offset: call.expr.start }
  const name = nameFor(python.tree, 'clearml.automation', 'RandomSearch', place)
  const source = optimizerSettings.argumentsOf(python, call, new ClaimBuilder(path, fragment, claim.reader))
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  return changeOf(
    `Draw ${trials} combinations: RandomSearch, total_max_jobs=${trials}`,
    [
      { kind: 'set keyword', path, call: range, name: 'optimizer_class', value: name.text },
      source.set(['total_max_jobs'], trials),
    ],
    { imports: name.import === null ? [] : [name.import] },
  )
}
