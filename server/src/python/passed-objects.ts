/** Methods of objects that a function or a constructor is given by other modules: `self.agent.train_step()` of `Runner(env, agent)`. */
import type { Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classAround } from './attribute-values.js'
import { argumentOf } from './configured-path.js'
import { heldByBase } from './inherited-fields.js'
import type { NamedParameter, OutsideCall, Running } from './module.js'
import { bindingsOf } from './names.js'
import { argumentFor } from './passed-values.js'
import { madeBehind } from './same-object.js'
import type { Binding } from './scope.js'

/** What the method of an object does whose class is in a module that this one need not import; null: no call passes such an object. */
export function passedMethod(analysis: Analysis, callee: Expr): Running | null {
  if (callee.type !== 'attribute' || !analysis.complete) return null
  for (const methods of methodsOf(analysis, callee.value, new Set())) {
    const step = lookUp(methods, callee.attr)
    if (step !== undefined) return step
  }
  return null
}

type Methods = Readonly<Record<string, Running>>

/** What the methods of an object do, for each object that calls pass, be it through functions of this module. */
function methodsOf(analysis: Analysis, object: Expr, seen: Set<Binding>): Methods[] {
  if (object.type === 'name') {
    const [binding, another] = bindingsOf(analysis, object.id, object.start)
    if (another !== undefined || binding === undefined || seen.has(binding)) return []
    seen.add(binding)
    return binding.kind === 'param' ? ofParameter(analysis, binding, seen) : []
  }
  if (object.type !== 'attribute') return []
  const values = analysis.attributeValues(object)
  if (values.length === 0) return ofBase(analysis, object)
  return values.flatMap((one) => (one?.type === 'name' ? methodsOf(analysis, one, seen) : []))
}

function ofParameter(analysis: Analysis, binding: Binding, seen: Set<Binding>): Methods[] {
  const owner = analysis.parameterOwner(binding)
  if (owner === null) return []
  const { name } = binding
  const here = (analysis.callSites(owner.func) ?? []).flatMap(({ expr }) => {
    const given = argumentOf(expr, name, owner.position)
    return given === null ? [] : [...madeHere(analysis, given), ...methodsOf(analysis, given, seen)]
  })
  return [...passedBy(analysis.outsideCalls(owner.func), { name, position: owner.position }), ...here]
}

/** `Agent(actions)` of another module, also behind a name. */
function madeHere(analysis: Analysis, given: Expr): Methods[] {
  const made = madeBehind(analysis, given)
  const steps = made.type === 'call' ? analysis.importedClass(made.callee)?.steps : undefined
  return steps === undefined ? [] : [steps]
}

function passedBy(calls: readonly OutsideCall[], { name, position }: NamedParameter): Methods[] {
  const found: Methods[] = []
  for (const { args } of calls) {
    const does = args === null ? undefined : argumentFor(args, name, position)?.does
    if (does !== undefined) found.push(does)
  }
  return found
}

/** `self.agent` of a class whose base elsewhere keeps what its objects are made with. */
function ofBase(analysis: Analysis, { value, attr, start }: Expr & { type: 'attribute' }): Methods[] {
  if (value.type !== 'name' || value.id !== 'self') return []
  const klass = classAround(analysis, start)
  const held = klass === null ? undefined : lookUp(heldByBase(analysis, klass), attr)
  if (klass === null || held === undefined || held.keys !== undefined) return []
  return passedBy(analysis.outside.makingsOf(klass), held)
}
