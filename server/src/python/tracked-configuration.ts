/** `wandb.config`, `run.config`: what `wandb.init(config=…)` is given. */
import type { Expr } from '../syntax/python-ast.js'
import type { LaunchValue } from '../text/launch.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { type Fold, unknown } from './folded.js'
import type { Folded } from './module.js'
import { nameOf } from './names.js'
import { plainWord } from './plain-word.js'

/** The value of a key; null: the object is no such configuration, or nothing is known of it. */
export function trackedValue(analysis: Analysis, fold: Fold, object: Expr, key: string): Folded | null {
  if (!analysis.complete || !analysis.imports.has('wandb') || !isTracked(analysis, object)) return null
  const [init, another] = analysis.callsTo('wandb.init')
  if (init === undefined || another !== undefined) return null
  // A sweep hands the program what it tries, and what it keeps the same in every run.
  const handed = lookUp(analysis.binding?.launch.flags ?? {}, key)
  if (handed !== undefined) return handedOn(handed)
  const given = analysis.argument(init, 'config')
  if (given.state !== 'given') return null
  const { expr } = given
  const { start, end } = expr
  const value =
    expr.type === 'name' && analysis.programParameters.isNamespace(expr)
      ? fold({ type: 'attribute', value: expr, attr: key, start, end })
      : inDictionary(analysis, fold, expr, key)
  if (value === null || value.state === 'unknown') return value
  return analysis.usesHere('wandb.agent', 'wandb.sweep') ? { ...value, overridable: true } : value
}

function handedOn({ value, location }: LaunchValue): Folded {
  if (value === null) return unknown('a sweep chooses it')
  return {
    state: 'known',
    value: typeof value === 'string' ? plainWord(value) : value,
    channel: 'launch flag',
    overridable: false,
    location,
  }
}

function inDictionary(analysis: Analysis, fold: Fold, expr: Expr, key: string): Folded | null {
  const entry = analysis.entry(expr, key)
  if (entry.state === 'given') return entry.folded
  const { start, end } = expr
  const index: Expr = { type: 'constant', value: key, start, end }
  return entry.state === 'absent' ? null : fold({ type: 'subscript', value: expr, index, start, end })
}

/** `dict(wandb.config)`, laid over the command line: what a sweep hands over stands on the line that it starts. */
export function isHandedOn(analysis: Analysis, data: Expr): boolean {
  if (analysis.binding === null || !analysis.imports.has('wandb')) return false
  const [first] = data.type === 'call' ? data.args : []
  const object =
    data.type !== 'call'
      ? data
      : first !== undefined
        ? first.value
        : data.callee.type === 'attribute'
          ? data.callee.value
          : data
  return isTracked(analysis, object)
}

function isTracked(analysis: Analysis, object: Expr): boolean {
  const held = analysis.definition(object)
  if (held.type !== 'attribute' || held.attr !== 'config') return false
  if (nameOf(analysis, held) === 'wandb.config') return true
  const run = analysis.definition(held.value)
  return run.type === 'call' && nameOf(analysis, run.callee) === 'wandb.init'
}
