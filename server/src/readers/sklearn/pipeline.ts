/** Steps of a scikit-learn pipeline, and which of them a search repeats without need. */

import { resultAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { ValuePlace } from '../../python/possible.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { costlyTransformers } from './estimators.js'

export interface PipelineStep {
  name: string
  expr: Expr
  /** Where the expression stands. */
  python: PythonModule
  /** Class of what makes the step dear to fit; null for a cheap one. */
  costly: string | null
}

/** A `Pipeline(...)` or `make_pipeline(...)`, with the module that it stands in. */
export interface PipelinePlace {
  call: Call
  python: PythonModule
  /** The function of another module that made it, and its call. */
  returned?: ValuePlace['returned']
}

/** The pipeline behind an expression, be it in the function that makes it, here or in another module. */
export function pipelineAt(module: PythonModule, expr: Expr): PipelinePlace | null {
  const made = resultAt(module, expr)
  const call = made.python.callOf(made.expr)
  return call?.name === 'sklearn.pipeline.Pipeline' || call?.name === 'sklearn.pipeline.make_pipeline'
    ? { call, python: made.python, returned: made.returned }
    : null
}

/** The pipeline inside `TransformedTargetRegressor(regressor=…)`, and how a search spells its parameters. */
export function pipelineWithin(
  module: PythonModule,
  expr: Expr,
): { pipeline: PipelinePlace; prefix: string } | null {
  const direct = pipelineAt(module, expr)
  if (direct !== null) return { pipeline: direct, prefix: '' }
  const call = module.callOf(expr)
  if (call?.name !== 'sklearn.compose.TransformedTargetRegressor') return null
  const inner = passedExpression(module.argument(call, 'regressor', 0))
  const pipeline = inner === null ? null : pipelineAt(module, inner)
  return pipeline?.python === module ? { pipeline, prefix: 'regressor__' } : null
}

export function stepsOf({ call, python }: PipelinePlace): PipelineStep[] | null {
  if (call.name === 'sklearn.pipeline.make_pipeline') {
    const steps: PipelineStep[] = []
    for (const argument of call.expr.args) {
      if (argument.star > 0) return null
      if (argument.name !== null) continue
      const made = python.callOf(argument.value)
      steps.push(step(python, made === null ? '?' : made.method.toLowerCase(), argument.value))
    }
    return steps
  }
  const given = passedExpression(python.argument(call, 'steps', 0))
  const added = given === null ? null : python.isChanged(given) ? python.addedItems(given) : []
  if (given === null || added === null || added.some(({ spread, certain }) => spread || !certain)) return null
  const list = python.definition(given)
  if (list.type !== 'list' && list.type !== 'tuple') return null
  const steps: PipelineStep[] = []
  for (const item of [...list.items, ...added.map(({ value }) => value)]) {
    const pair = python.definition(item)
    if ((pair.type !== 'tuple' && pair.type !== 'list') || pair.items.length !== 2) return null
    const name = effective(python.fold(pair.items[0]!))
    if (typeof name !== 'string') return null
    steps.push(step(python, name, pair.items[1]!))
  }
  return steps
}

function step(python: PythonModule, name: string, expr: Expr): PipelineStep {
  return { name, expr, python, costly: costlyIn(python, expr) }
}

/** A pipeline in a column transformer in a union: each has a list of tuples. */
const deepest = 9

/** The dear transformer in a step: itself, or one inside a union, a column transformer, a nested pipeline. */
function costlyIn(module: PythonModule, expr: Expr, depth = 0): string | null {
  if (depth > deepest) return null
  const { python, expr: value } = resultAt(module, expr)
  if (value.type === 'tuple' || value.type === 'list') {
    for (const item of value.items) {
      const found = costlyIn(python, item, depth + 1)
      if (found !== null) return found
    }
    return null
  }
  if (value.type !== 'call') return null
  const call = python.callOf(value)
  const name = call?.method ?? ''
  if (costlyTransformers.test(name)) return name
  const own = python.classOf(value.callee)
  if (own?.bases.some((base) => /TransformerMixin$/.test(base)) && own.methods.has('fit')) return own.name
  if (
    /^(ColumnTransformer|make_column_transformer|FeatureUnion|make_union|Pipeline|make_pipeline)$/.test(name)
  ) {
    for (const argument of value.args) {
      const found = costlyIn(python, argument.value, depth + 1)
      if (found !== null) return found
    }
  }
  return null
}

export interface Repeats {
  transformation: string
  /** Combinations of what the step and the steps before it are given. */
  distinct: number
}

/**
 * How many different fits the dearest early step needs, when these grids are searched. Null where no
 * step before the last is dear, or where its fits cannot be counted.
 */
export function repeatsOf(steps: PipelineStep[], grids: Dimension[][]): Repeats | null {
  const index = steps.findIndex((one, position) => one.costly !== null && position < steps.length - 1)
  if (index < 0) return null
  let distinct = 0
  for (const grid of grids) {
    let combinations = 1
    for (const dimension of grid) {
      const owner = dimension.name.split('__')[0]!
      const position = steps.findIndex((one) => one.name === owner)
      // No step has this name: the first fit ends in an error.
      if (position < 0 && dimension.name.includes('__')) return null
      // A name that belongs to no later step may touch this one.
      if (position > index) continue
      if (dimension.size === null) return null
      combinations *= dimension.size
    }
    distinct += combinations
  }
  return { transformation: steps[index]!.costly!, distinct }
}
