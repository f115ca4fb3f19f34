/** What stands for a cluster in Python: its name, the object that made it, or what was asked of the workspace. */
import { argumentAt, functionAt, passedOn, resultAt } from '../../python/definition-places.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { ValuePlace } from '../../python/possible.js'
import { returnsOf } from '../../python/returns.js'
import {
  asArgument,
  fixedArgument,
  isLeftOut,
  knownArgument,
  passedExpression,
  textArgument,
} from '../../values/argument.js'
import { clusterNames } from './cluster.js'

/** `ComputeTarget(ws, name)`, `AmlCompute(ws, name)`, `ComputeTarget.create(ws, name, configuration)` of SDK v1. */
const oldTargets = /^azureml\.core\.(\w+\.)*(ComputeTarget|AmlCompute)(\.create)?$/

export type Target =
  | { kind: 'none' }
  /** The machine that the program itself runs on. */
  | { kind: 'local' }
  | { kind: 'serverless' }
  | { kind: 'cluster'; name: string | null }

export function targetOf(python: PythonModule, argument: ArgumentValue): Target {
  if (isLeftOut(argument)) return { kind: 'none' }
  const expr = passedExpression(argument)
  if (expr === null || knownArgument(argument) !== undefined) {
    const written = fixedArgument(argument)
    return targetNamed(typeof written === 'string' ? written : null)
  }
  return { kind: 'cluster', name: nameOf({ python, expr }, new Set()) ?? null }
}

/** As it is written: `azureml:gpu-cluster`, `gpu-cluster`, `local`, `serverless`. */
export function targetNamed(written: string | null): Target {
  const name = written?.replace(/^azureml:/i, '') ?? null
  if (name === null || name === '') return { kind: 'cluster', name: null }
  if (name === 'local') return { kind: 'local' }
  if (/^serverless$/i.test(name)) return { kind: 'serverless' }
  // The whole identifier of the resource ends with its name; a template is none.
  const short = /\/computes\/([\w-]+)$/i.exec(name)?.[1] ?? name
  return { kind: 'cluster', name: /^[\w-]+$/.test(short) ? short : null }
}

/** Calls that stand for one another, as functions that call functions do. */
const mostCalls = 50

/** Null: not known; undefined: nothing but what is `seen` already (`c = create(c)`). */
function nameOf(place: ValuePlace, seen: Set<Call>): string | null | undefined {
  const { python, expr } = place
  // `ws.compute_targets['gpu-cluster']`
  if (expr.type === 'subscript') return textArgument(passedOn(place, asArgument(python, expr.index)))
  if (expr.type === 'attribute' && expr.attr === 'name') return nameOf({ ...place, expr: expr.value }, seen)
  // A function that finds none may say so.
  if (expr.type === 'constant')
    return expr.value === null ? undefined : textArgument(asArgument(python, expr))
  const value = expr.type === 'name' ? expr : python.definition(expr)
  const all =
    value.type === 'name'
      ? python.calls.filter((call) => call.assignedTo === value.id)
      : [python.callOf(value)].filter((call) => call !== null)
  if (all.length === 0) {
    const behind = resultAt(python, value)
    if (behind.python !== python) return nameOf(behind, seen)
    return behind.expr.type === 'subscript' || behind.expr.type === 'constant'
      ? nameOf({ ...place, expr: behind.expr }, seen)
      : null
  }
  return onlyName(all, (call) => {
    if (seen.has(call)) return undefined
    if (seen.size >= mostCalls) return null
    seen.add(call)
    return nameMade(place, call, seen)
  })
}

/** The name that all of them give, apart from those that give none. */
function onlyName<T>(
  all: readonly T[],
  nameOfOne: (one: T) => string | null | undefined,
): string | null | undefined {
  const names = new Set(all.map(nameOfOne).filter((name) => name !== undefined))
  const [only] = names
  return names.size > 1 ? null : only
}

/** Of the cluster that a call makes or finds. */
function nameMade(place: ValuePlace, call: Call, seen: Set<Call>): string | null | undefined {
  const { python } = place
  if (clusterNames.test(call.name ?? '')) return textArgument(argumentAt(place, call, 'name'))
  if (oldTargets.test(call.name ?? '')) return textArgument(argumentAt(place, call, 'name', 1))
  // `find_or_create(ws, 'gpu-cluster')`, a function of the project that returns the target.
  const called = functionAt(python, call.expr.callee)
  if (called !== null) {
    const returned = { func: called.func, call: call.expr, caller: python }
    return onlyName(returnsOf(called.func), (expr) => nameOf({ python: called.python, expr, returned }, seen))
  }
  const { callee } = call.expr
  if (callee.type !== 'attribute') return null
  // `ml_client.begin_create_or_update(cluster).result()`
  if (call.method === 'result' || call.method === 'wait') {
    const started = python.callOf(callee.value)
    return started === null ? null : nameMade(place, started, seen)
  }
  const first = call.expr.args[0]
  if (call.method === 'begin_create_or_update' || call.method === 'create_or_update')
    return first === undefined ? null : nameOf({ ...place, expr: first.value }, seen)
  // `ml_client.compute.get('gpu-cluster')`
  const finds = call.method === 'get' && callee.value.type === 'attribute' && callee.value.attr === 'compute'
  return finds ? textArgument(argumentAt(place, call, 'name', 0)) : null
}
