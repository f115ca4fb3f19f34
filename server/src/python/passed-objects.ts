/** Methods of objects that a function or a constructor is given by other modules: `self.agent.train_step()` of `Runner(env, agent)`. */
import type { Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classAround } from './attribute-values.js'
import { heldByBase } from './inherited-fields.js'
import type { NamedParameter, OutsideCall, Running } from './module.js'
import { bindingsOf } from './names.js'
import { argumentFor } from './passed-values.js'

/** What the method of an object does whose class is in a module that this one need not import; null: no call passes such an object. */
export function passedMethod(analysis: Analysis, callee: Expr): Running | null {
  if (callee.type !== 'attribute' || !analysis.complete) return null
  for (const { calls, parameter } of sourcesOf(analysis, callee.value)) {
    for (const { args } of calls) {
      const given = args === null ? undefined : argumentFor(args, parameter.name, parameter.position)
      const step = lookUp(given?.does ?? {}, callee.attr)
      if (step !== undefined) return step
    }
  }
  return null
}

interface Source {
  calls: readonly OutsideCall[]
  parameter: NamedParameter
}

/** The parameters that an object comes from, with the calls of other modules that give it. */
function sourcesOf(analysis: Analysis, object: Expr): Source[] {
  if (object.type === 'name') return [...fromParameter(analysis, object)]
  if (object.type !== 'attribute') return []
  const values = analysis.attributeValues(object)
  const own = values.flatMap((one) => (one?.type === 'name' ? fromParameter(analysis, one) : []))
  return own.length > 0 || values.length > 0 ? own : fromBase(analysis, object)
}

function fromParameter(analysis: Analysis, { id, start }: Expr & { type: 'name' }): Source[] {
  const [binding, another] = bindingsOf(analysis, id, start)
  if (binding?.kind !== 'param' || another !== undefined) return []
  const owner = analysis.parameterOwner(binding)
  if (owner === null) return []
  return [{ calls: analysis.outsideCalls(owner.func), parameter: { name: id, position: owner.position } }]
}

/** `self.agent` of a class whose base elsewhere keeps what its objects are made with. */
function fromBase(analysis: Analysis, { value, attr, start }: Expr & { type: 'attribute' }): Source[] {
  if (value.type !== 'name' || value.id !== 'self') return []
  const klass = classAround(analysis, start)
  const held = klass === null ? undefined : lookUp(heldByBase(analysis, klass), attr)
  if (klass === null || held === undefined || held.keys !== undefined) return []
  return [{ calls: analysis.outside.makingsOf(klass), parameter: held }]
}
