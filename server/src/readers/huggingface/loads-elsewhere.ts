/** Models that functions of other modules load for this one: `model = get_model(args)`. */

import { model as known } from '../../catalog/models.js'
import { classAt, functionAt, resultAt } from '../../python/definition-places.js'
import type { ArgumentValue, Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { asArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { loadedToTrain } from './loaded-to-train.js'
import { sizeOfModel } from './model-sizes.js'
import {
  beside,
  isLanguageHead,
  isLoad,
  modelArgument,
  nameIn,
  type TrainedModel,
  type TrainedModelResult,
} from './trained-model.js'

/** Functions that leave it to others. */
const mostHops = 3
/** Ways to a load; nobody needs more to see that they name one model. */
const mostLoads = 100

interface Search {
  /** Loads that are still of interest. */
  left: number
  /** Functions that lead to none, by the fewest hops that led to them. */
  barren: Map<Func, number>
}

/** A load of another module, as the call that leads to it sees it. */
interface LoadElsewhere {
  load: Call
  python: PythonModule
  /** The name that it is given. */
  named: ArgumentValue
}

/** The one model that functions of other modules load when this one calls them. */
export function modelElsewhere(python: PythonModule): TrainedModelResult | null {
  return once(python, 'trained model of another module', () => {
    const search: Search = { left: mostLoads, barren: new Map() }
    const called = python.calls.flatMap((call) => {
      if (call.name !== null || isBeside(call)) return []
      const loads = loadsBehind(python, call, 0, search)
      return loads.length === 0 ? [] : [{ call, loads }]
    })
    const all = called.length > 0 ? called : heldElsewhere(python)
    const calls = loadedToTrain(python, all, ({ call }) => call)
    const [first] = calls
    if (first === undefined) return null
    if (search.left === 0) return { because: 'loads in many places' }
    const loads = calls.flatMap((one) => one.loads)
    const names = loads.map(({ named }) => nameIn(named))
    const [name] = names
    if (name == null || names.includes(null)) return { because: 'the name of the model' }
    if (names.some((one) => one!.id !== name.id)) return { because: 'several models' }
    const found: TrainedModel = {
      ...name,
      place: calleePlace(first.call),
      parameters: known(name.id)?.parameters ?? sizeOfModel(name.id),
      loads: [],
      elsewhere: loads.map(({ load, python: there }) => ({ load, python: there })),
      library: 'transformers',
      languageHead: loads.some(({ load }) => isLanguageHead(load)),
    }
    return found
  })
}

const isBeside = ({ assignedTo }: Call): boolean => assignedTo !== null && beside.test(assignedTo)

/** `from network import model`: what another module has loaded by the time that it is imported, with the first call that takes it. */
function heldElsewhere(python: PythonModule): { call: Call; loads: LoadElsewhere[] }[] {
  const seen = new Set<string>()
  return python.calls.flatMap((call) =>
    call.expr.args.flatMap(({ value }) => {
      if (value.type !== 'name' || seen.has(value.id)) return []
      seen.add(value.id)
      if (beside.test(value.id) || python.projectMember(value) === null) return []
      const place = resultAt(python, value)
      const load = place.python === python ? null : place.python.callOf(place.expr)
      if (load === null || !isLoad(load) || isBeside(load)) return []
      return [{ call, loads: [{ load, python: place.python, named: modelArgument(place.python, load) }] }]
    }),
  )
}

/** What the function or the constructor of another module that is called loads, itself or through others. */
function loadsBehind(python: PythonModule, call: Call, hops: number, search: Search): LoadElsewhere[] {
  if (hops > mostHops || search.left === 0) return []
  const called = calledAt(python, call)
  if (called === null || (hops === 0 && called.python === python)) return []
  const { func, python: there, first } = called
  if ((search.barren.get(func) ?? mostHops + 1) <= hops) return []
  const loads = func.calls.flatMap((inner): LoadElsewhere[] => {
    if (isBeside(inner) || search.left === 0) return []
    if (!isLoad(inner)) return inner.name === null ? loadsBehind(there, inner, hops + 1, search) : []
    search.left--
    return [{ load: inner, python: there, named: modelArgument(there, inner) }]
  })
  if (loads.length === 0) search.barren.set(func, hops)
  return loads.map((one) => ({ ...one, named: handedTo(python, call, func, first, one.named, there) }))
}

function calledAt(python: PythonModule, { expr: { callee } }: Call) {
  const found = functionAt(python, callee)
  if (found !== null) return { ...found, first: 0 }
  const made = classAt(python, callee)
  const init = made?.klass.methods.get('__init__')
  return made === null || init === undefined ? null : { func: init, python: made.python, first: 1 }
}

/** What an argument inside of a function is for the call of it: a part of a parameter is one of what the call passes. */
function handedTo(
  python: PythonModule,
  call: Call,
  func: Func,
  first: number,
  given: ArgumentValue,
  there: PythonModule,
): ArgumentValue {
  const expr = passedExpression(given)
  if (expr === null || (given.state === 'given' && given.folded.state === 'known')) return given
  const root = rootOf(there.definition(expr))
  const position = root === null ? -1 : func.node.params.findIndex(({ name }) => name === root.id)
  const [binding, other] = root === null ? [] : there.bindingsOf(root)
  if (root === null || position < first || binding?.kind !== 'param' || other !== undefined) return given
  const passed = python.argument(call, root.id, position - first)
  if (!mayBePassed(passed)) {
    const otherwise = func.node.params[position]!.default
    return otherwise === null || root !== expr ? given : asArgument(there, otherwise)
  }
  const handed = passedExpression(passed)
  return handed === null ? passed : asArgument(python, below(there.definition(expr), root, handed))
}

/** `args` of `args.model`, `cfg["model"]["name"]`, `cfg.get("name")`. */
function rootOf(expr: Expr): (Expr & { type: 'name' }) | null {
  if (expr.type === 'name') return expr
  if (expr.type === 'attribute' || expr.type === 'subscript') return rootOf(expr.value)
  const gets = expr.type === 'call' && expr.callee.type === 'attribute' && expr.callee.attr === 'get'
  return gets && expr.callee.type === 'attribute' ? rootOf(expr.callee.value) : null
}

/** The same part of another object. */
function below(expr: Expr, root: Expr, object: Expr): Expr {
  const { start, end } = object
  if (expr === root) return object
  if (expr.type === 'attribute' || expr.type === 'subscript')
    return { ...expr, value: below(expr.value, root, object), start, end }
  return expr.type === 'call' ? { ...expr, callee: below(expr.callee, root, object), start, end } : expr
}
