/** What a function loads as a whole each time it is called: `pd.read_csv(table)` of its parameter. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { childrenOf } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import { define } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { argumentOf } from './configured-path.js'
import { isDrawn, isRemembered, leavesBefore } from './each-call.js'
import { importedLoads } from './import-targets.js'
import { loadedModel, mayLoadModel } from './model-load-names.js'
import type { Call, Func, FunctionLoad, Klass, NamedParameter } from './module.js'
import { bindingsOf } from './names.js'
import { readsPart, wholeLoad } from './whole-loads.js'

const mostLoads = 4
const deepest = 8

/** A module that loads nothing, and imports none that does, need not be looked through. */
export function mayLoad(analysis: Analysis): boolean {
  return (
    analysis.calls.some(({ name }) => name !== null && (wholeLoad(name) !== null || mayLoadModel(name))) ||
    analysis.imported.some(({ functions, classes }) =>
      [...Object.values(functions), ...Object.values(classes)].some(({ loads }) => loads !== undefined),
    )
  )
}

export function functionLoads(analysis: Analysis, func: Func, depth = 0): FunctionLoad[] {
  if (isRemembered(func) || depth > deepest) return []
  return once(analysis, `loads of ${func.node.start} at ${depth}`, () => loadsOf(analysis, func, depth))
}

function loadsOf(analysis: Analysis, func: Func, depth: number): FunctionLoad[] {
  const found: FunctionLoad[] = []
  for (const call of func.calls) {
    if (call.conditional || leavesBefore(func, call.expr.start)) continue
    for (const { decisive, ...load } of loadedBy(analysis, call, depth)) {
      const inputs = new Map<string, NamedParameter>()
      if (decisive.every((expr) => follows(analysis, expr, func, inputs)))
        found.push({ ...load, inputs: [...inputs.values()] })
    }
  }
  return found.slice(0, mostLoads)
}

/** The same of methods, with the constructor. */
export function methodLoads(analysis: Analysis, { methods }: Klass): Record<string, FunctionLoad[]> | null {
  const found: Record<string, FunctionLoad[]> = {}
  for (const [name, method] of methods) {
    const loads = functionLoads(analysis, method)
    if (loads.length > 0) define(found, name, loads)
  }
  return Object.keys(found).length === 0 ? null : found
}

type Loaded = Omit<FunctionLoad, 'inputs'> & { decisive: Expr[] }

const ofModel = { what: 'loads a model again', weight: 'ordinary', inputs: 'arguments' } as const

/** What one call loads, and the expressions that say which it is. */
function loadedBy(analysis: Analysis, call: Call, depth: number): Loaded[] {
  const { name, expr } = call
  if (name === null) {
    const own =
      analysis.functionOf(expr.callee) ?? analysis.classOf(expr.callee)?.methods.get('__init__') ?? null
    const loads =
      own === null ? importedLoads(analysis, expr.callee) : functionLoads(analysis, own, depth + 1)
    return loads.flatMap(({ inputs, ...load }) => {
      const decisive = passedFor(expr, inputs)
      return decisive === null ? [] : [{ ...load, decisive }]
    })
  }
  const given = analysis.text.slice(expr.callee.end, expr.end)
  const model = loadedModel(name, given, call.assignedTo) === 'model' ? { model: true as const } : {}
  const load = wholeLoad(name) ?? ('model' in model ? ofModel : null)
  const [first] = expr.args
  if (load === null || readsPart(expr) || expr.args.some(({ star }) => star > 0)) return []
  if (load.inputs === 'first' && (first === undefined || mayBeHandle(analysis, name, first.value))) return []
  const decisive = (load.inputs === 'first' ? [first!] : expr.args).map(({ value }) => value)
  return [{ what: load.what, weight: load.weight, ...model, decisive }]
}

const takesHandle = /^(json|pickle|dill|cloudpickle|yaml)\./

/** A handle that is kept open gives another record each time: `json.load(self.lines)`. */
export function isHandle(name: string, given: Expr): boolean {
  return takesHandle.test(name) && given.type === 'attribute'
}

/** One that the function is given may be kept open by whoever calls it. */
function mayBeHandle(analysis: Analysis, name: string, given: Expr): boolean {
  if (given.type !== 'name') return isHandle(name, given)
  return (
    takesHandle.test(name) && bindingsOf(analysis, given.id, given.start).some(({ kind }) => kind === 'param')
  )
}

/** What a call passes for these parameters; one that it leaves out has its default. Null: it cannot be told. */
export function passedFor(call: CallExpr, parameters: readonly NamedParameter[]): Expr[] | null {
  return call.args.some(({ star }) => star > 0)
    ? null
    : parameters.flatMap(({ name, position }) => argumentOf(call, name, position) ?? [])
}

/** It follows from parameters of the function, which are added, and from what never changes. */
function follows(
  analysis: Analysis,
  expr: Expr,
  func: Func,
  into: Map<string, NamedParameter>,
  depth = 0,
): boolean {
  if (depth > deepest || expr.type === 'lambda' || expr.type === 'comprehension') return false
  const inner = (one: Expr): boolean => follows(analysis, one, func, into, depth + 1)
  if (expr.type === 'call') {
    const { callee, args } = expr
    if (isDrawn(analysis.nameOf(callee), callee)) return false
    if (callee.type === 'attribute' && !inner(callee.value)) return false
    return args.every(({ value }) => inner(value))
  }
  if (expr.type !== 'name') return childrenOf(expr).every(inner)
  if (expr.id === 'self' || expr.id === 'cls') return true
  const bindings = bindingsOf(analysis, expr.id, expr.start)
  const [binding, other] = bindings
  if (binding === undefined) return true
  if (other !== undefined) return false
  if (binding.kind === 'import' || binding.kind === 'class') return true
  if (binding.kind === 'param') {
    const owner = analysis.parameterOwner(binding)
    if (owner?.func !== func) return false
    into.set(binding.name, { name: binding.name, position: owner.position })
    return true
  }
  const isValue = binding.kind === 'with' || (binding.kind === 'assign' && binding.unpack === null)
  return isValue && binding.value !== null && inner(binding.value)
}
