/** What stands for a cluster in Python: its name, the object that made it, or what was asked of the workspace. */
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import {
  asArgument,
  fixedArgument,
  isLeftOut,
  knownArgument,
  passedExpression,
  textArgument,
} from '../../values/argument.js'
import { clusterName, clusterNames } from './cluster.js'

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
  return { kind: 'cluster', name: nameOf(python, expr, new Set()) ?? null }
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

/** Null: not known; undefined: nothing but what is `seen` already (`c = create(c)`). */
function nameOf(python: PythonModule, expr: Expr, seen: Set<Call>): string | null | undefined {
  // `ws.compute_targets['gpu-cluster']`
  if (expr.type === 'subscript') return textArgument(asArgument(python, expr.index))
  if (expr.type === 'attribute' && expr.attr === 'name') return nameOf(python, expr.value, seen)
  const value = expr.type === 'name' ? expr : python.definition(expr)
  const all =
    value.type === 'name'
      ? python.calls.filter((call) => call.assignedTo === value.id)
      : [python.callOf(value)].filter((call) => call !== null)
  if (all.length === 0) {
    const behind = python.definition(value)
    return behind.type === 'subscript' || behind.type === 'constant' ? nameOf(python, behind, seen) : null
  }
  const names = new Set<string | null>()
  for (const call of all) {
    if (seen.has(call)) continue
    seen.add(call)
    const name = nameMade(python, call, seen)
    if (name !== undefined) names.add(name)
  }
  const [only] = names
  return names.size > 1 ? null : only
}

/** Of the cluster that a call makes or finds. */
function nameMade(python: PythonModule, call: Call, seen: Set<Call>): string | null | undefined {
  if (clusterNames.test(call.name ?? '')) return clusterName(python, call)
  if (oldTargets.test(call.name ?? '')) return textArgument(python.argument(call, 'name', 1))
  const { callee } = call.expr
  // `find_or_create(ws, 'gpu-cluster')`, a function of the program that returns the target.
  const returned = python.result(call.expr)
  if (returned !== call.expr) return nameOf(python, returned, seen)
  if (callee.type !== 'attribute') return null
  // `ml_client.begin_create_or_update(cluster).result()`
  if (call.method === 'result' || call.method === 'wait') {
    const started = python.callOf(callee.value)
    return started === null ? null : nameMade(python, started, seen)
  }
  const first = call.expr.args[0]
  if (call.method === 'begin_create_or_update' || call.method === 'create_or_update')
    return first === undefined ? null : nameOf(python, first.value, seen)
  // `ml_client.compute.get('gpu-cluster')`
  const finds = call.method === 'get' && callee.value.type === 'attribute' && callee.value.attr === 'compute'
  return finds ? textArgument(python.argument(call, 'name', 0)) : null
}
