/** Objects that a program makes of what a configuration names: `for one in cfg.callbacks.values(): instantiate(one)`. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { type Configured, type ConfiguredMap, configuredAt } from '../text/configured.js'
import type { Analysis } from './analysis.js'
import { canonicalName } from './canonical-names.js'
import { configuredNode, isInstantiation, look } from './configured.js'
import { configurationBehind } from './configured-expression.js'
import { argumentOf, below, configuredPath } from './configured-path.js'
import type { Call, Func, InstantiatedParameter, MadeObjects } from './module.js'
import { bindingsOf } from './names.js'

const deepest = 6

/** Null: nothing that a configuration names. */
export function madeObjects(analysis: Analysis, expr: Expr, depth = 0): MadeObjects | null {
  if (depth > deepest) return null
  const behind = configurationBehind(expr)
  if (behind !== undefined) return made(analysis, expr as CallExpr, [behind], false)
  const value = analysis.definition(expr)
  if (value.type !== 'call') return null
  const { callee, args } = value
  const [first] = args
  if (callee.type === 'attribute' && /^(values|copy)$/.test(callee.attr) && args.length === 0)
    return madeObjects(analysis, callee.value, depth + 1)
  const name = analysis.nameOf(callee)
  if (first === undefined || first.star > 0) return null
  if (name === 'list' || name === 'tuple') return madeObjects(analysis, first.value, depth + 1)
  if (isInstantiation(name)) {
    const through = loopSource(analysis, first.value)
    const found = configuredNode(analysis, through ?? first.value)
    if (found === null || found.node === undefined) return nobodyKnows
    return of(analysis, value, found.node, found.overridable)
  }
  const func = analysis.functionOf(callee)
  const parameter =
    func === null ? analysis.importedFunction(callee)?.instantiates : instantiatedParameter(analysis, func)
  if (parameter === undefined || parameter === null) return null
  const given = argumentOf(value, parameter.name, parameter.position)
  const path = given === null ? null : configuredPath(analysis, given)
  const found = path === null ? null : look(analysis, parameter.keys.reduce(below, path))
  // The function gets nothing that it could make something of.
  if (found?.node === undefined) return found === null ? nobodyKnows : { calls: [], open: false }
  return of(analysis, value, found.node, found.overridable)
}

const nobodyKnows: MadeObjects = { calls: [], open: true }

function of(analysis: Analysis, call: CallExpr, node: Configured, overridable: boolean): MadeObjects {
  if (node.kind === 'scalar' && node.value === null) return { calls: [], open: false }
  if (node.kind === 'list' && node.open === undefined) return made(analysis, call, node.items, overridable)
  if (node.kind !== 'map') return nobodyKnows
  if (configuredAt(node, '_target_') !== undefined) return made(analysis, call, [node], overridable)
  if (node.open !== undefined) return nobodyKnows
  return made(analysis, call, Object.values(node.entries), overridable)
}

function made(
  analysis: Analysis,
  expr: CallExpr,
  nodes: readonly Configured[],
  overridable: boolean,
): MadeObjects {
  const around = analysis.callByExpr.get(expr) ?? analysis.callAt(expr)
  if (around === null) return nobodyKnows
  const calls: Call[] = []
  let open = false
  for (const node of nodes) {
    const target = configuredAt(node, '_target_')
    if (node.kind === 'map' && target?.kind === 'scalar' && typeof target.value === 'string')
      calls.push(callOf(analysis, around, node, target.value, overridable))
    // Settings beside what is made, and groups that are switched off.
    else if (
      node.kind === 'unknown' ||
      (node.kind === 'map' && (node.open !== undefined || target !== undefined))
    )
      open = true
  }
  return { calls, open }
}

const known = new WeakMap<ConfiguredMap, Call>()

/** One call for one object, however often it is asked for. */
function callOf(
  analysis: Analysis,
  around: Call,
  node: ConfiguredMap,
  target: string,
  overridable: boolean,
): Call {
  const before = known.get(node)
  if (before !== undefined && analysis.instantiations.has(before)) return before
  const { expr } = around
  const call: Call = {
    ...around,
    name: canonicalName(target),
    expr: { ...expr, args: expr.args.slice(0, 1) },
  }
  analysis.instantiations.set(call, { node, overridable })
  known.set(node, call)
  return call
}

/** `for _, one in cfg.callbacks.items()`, `for one in cfg.callbacks`, `for key in cfg: cfg[key]`: what the loop goes through. */
function loopSource(analysis: Analysis, expr: Expr): Expr | null {
  if (expr.type === 'subscript' && loopSource(analysis, expr.index) !== null) return expr.value
  if (expr.type !== 'name') return null
  const bindings = bindingsOf(analysis, expr.id, expr.start)
  const [binding, other] = bindings
  const through = binding?.kind === 'loop' && other === undefined ? binding.value : null
  if (through === null) return null
  if (through.type !== 'call') return through
  const { callee } = through
  return callee.type === 'attribute' && /^(items|values|keys)$/.test(callee.attr) ? callee.value : null
}

/** The parameter of which a function makes objects; null: there is none. */
export function instantiatedParameter(analysis: Analysis, func: Func): InstantiatedParameter | null {
  for (const call of func.calls) {
    const [first] = call.expr.args
    if (first === undefined || first.star > 0 || !isInstantiation(analysis.nameOf(call.expr.callee))) continue
    const found = partOfParameter(analysis, func, loopSource(analysis, first.value))
    if (found !== null) return found
  }
  return null
}

function partOfParameter(analysis: Analysis, func: Func, expr: Expr | null): InstantiatedParameter | null {
  const value = expr === null ? null : analysis.definition(expr)
  if (value?.type === 'attribute') {
    const within = partOfParameter(analysis, func, value.value)
    return within === null ? null : { ...within, keys: [...within.keys, value.attr] }
  }
  if (value?.type !== 'name') return null
  const bindings = bindingsOf(analysis, value.id, value.start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  const owner = binding?.kind === 'param' ? analysis.parameterOwner(binding) : null
  return owner?.func === func ? { name: value.id, position: owner.position, keys: [] } : null
}
