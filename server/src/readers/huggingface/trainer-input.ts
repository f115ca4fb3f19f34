/** What loading one batch costs a Trainer: what the collator and the data set do when a sample is fetched. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { knownArgument } from '../../values/argument.js'
import type { InputPipelineSettings } from '../../workload/resource-kinds.js'
import { collatorWork } from '../pytorch/collate-work.js'
import { sampleWork } from '../pytorch/dataset-work.js'
import { type Trainers, trainerArgument } from './trainers.js'

export interface LoadWork {
  work: InputPipelineSettings['work']
  decoder: string | null
  unsharded: boolean
}

const light: LoadWork = { work: 'memory', decoder: null, unsharded: false }

/** Null: it cannot be told. */
export function loadWork(python: PythonModule, trainers: Trainers): LoadWork | null {
  let found: LoadWork | null = null
  for (const call of trainers.calls) {
    const one = workOf(python, call)
    if (one === null) return null
    if (found === null || one.work === 'decode' || (one.work === 'tokenize' && found.work !== 'decode'))
      found = one
  }
  return found
}

function workOf(python: PythonModule, trainer: Call): LoadWork | null {
  const collator = trainerArgument(python, trainer, 'data_collator')
  if (collator !== 'missing' && collator !== 'unknown') {
    const work = collatorWork(python, collator)
    if (work !== null) return work
  }
  const given = trainerArgument(python, trainer, 'train_dataset')
  if (given === 'missing' || given === 'unknown') return null
  const dataset = passedFor(python, given)
  const transformed = transformer(python, dataset)
  if (transformed !== null) return { work: 'decode', decoder: transformed, unsharded: false }
  if (streams(python, dataset)) return { work: 'decode', decoder: 'a stream', unsharded: false }
  const sample = sampleWork(python, dataset)
  if (sample === null || sample.work === null) return null
  // Rows of a memory-mapped table that were prepared ahead.
  if (sample.work === 'light' && !ownClass(python, dataset)) return light
  return { work: sample.work, decoder: sample.decoder, unsharded: sample.unsharded }
}

/** What the one call of a function passes for its parameter; anything else stays as it is. */
function passedFor(python: PythonModule, expr: Expr): Expr {
  const value = python.definition(expr)
  const [passed, ...others] = value.type === 'name' ? (python.possible(value) ?? []) : []
  return passed !== undefined && others.length === 0 ? passed : expr
}

function ownClass(python: PythonModule, dataset: Expr): boolean {
  return python.instanceClass(dataset) !== null
}

/** The name behind `data['train']`, `data.select(…)`. */
function rootOf(python: PythonModule, expr: Expr, depth = 0): Expr {
  if (depth > 8) return expr
  if (expr.type === 'subscript') return rootOf(python, expr.value, depth + 1)
  if (expr.type === 'call' && expr.callee.type === 'attribute' && python.nameOf(expr.callee) === null)
    return rootOf(python, expr.callee.value, depth + 1)
  const value = python.definition(expr)
  return value === expr ? expr : rootOf(python, value, depth + 1)
}

/** `data['train'].set_transform(augment)`, `data.with_transform(augment)`: runs whenever a sample is fetched. */
function transformer(python: PythonModule, dataset: Expr): string | null {
  for (const method of ['set_transform', 'with_transform']) {
    const call = python.methodCalls(method).find((one) => {
      const { callee } = one.expr
      return callee.type === 'attribute' && sameData(python, callee.value, dataset)
    })
    if (call === undefined) continue
    const [given] = call.expr.args
    const func = given === undefined ? null : python.functionOf(given.value)
    return func?.name ?? method
  }
  return null
}

function sameData(python: PythonModule, one: Expr, other: Expr): boolean {
  const a = rootOf(python, one)
  const b = rootOf(python, other)
  return a === b || (a.type === 'name' && b.type === 'name' && a.id === b.id)
}

/** A streamed data set is read, decoded and mapped while it is iterated. */
function streams(python: PythonModule, dataset: Expr): boolean {
  const made = rootOf(python, dataset)
  const call = made.type === 'call' ? python.callOf(made) : null
  if (call === null || call.name !== 'datasets.load_dataset') return false
  const given = python.argument(call, 'streaming')
  return knownArgument(given) === true
}
