/** Functions and classes of the module that an expression names, and the class that a value is an object of. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { attributeValues, classAround } from './attribute-values.js'
import { baseClasses } from './base-classes.js'
import type { Func, Klass } from './module.js'
import { agreed, bindingsOf, definition, depthLimit, nameOf } from './names.js'
import { passedValues } from './passed-values.js'
import { returnsOf } from './returns.js'
import { likeOf, ownWork } from './same-object.js'

/** Calls that give back the function that they are given, prepared or compiled. */
export const wrappers =
  /^(functools\.partial|torch\.compile|tensorflow\.(\w+\.)*function|jax\.(jit|pmap|vmap|checkpoint|remat|shard_map|named_call|experimental\.(pjit\.pjit|shard_map\.shard_map))|flax\.nnx\.(jit|pmap|shard_map)|equinox\.filter_(jit|pmap|vmap))$/

/** Function of this module that an expression names: `train`, `self.step`, `Model.fit`. */
export function functionOf(analysis: Analysis, expr: Expr, depth = 0): Func | null {
  if (depth > depthLimit) return null
  if (expr.type === 'name') {
    const bindings = bindingsOf(analysis, expr.id, expr.start)
    const last = bindings.at(-1)
    if (last === undefined) return null
    if (last.kind === 'function') return analysis.functionByNode.get(last.node as never) ?? null
    if (last.kind === 'assign' && last.value !== null && last.unpack === null)
      return functionOf(analysis, last.value, depth + 1)
    // `train_step, eval_step = make_steps(model)`.
    if (last.kind === 'assign' && last.value?.type === 'call' && last.unpack?.length === 1)
      return functionMade(analysis, last.value, depth, last.unpack[0]!)
    // An object that the function is passed, and that can be called.
    const passed = last.kind === 'param' ? passedClass(analysis, expr) : null
    return passed === null ? null : methodOf(analysis, passed, '__call__')
  }
  if (expr.type === 'attribute') {
    if (expr.value.type === 'name' && (expr.value.id === 'self' || expr.value.id === 'cls')) {
      const klass = classAround(analysis, expr.start)
      if (klass === null) return null
      return methodOf(analysis, klass, expr.attr) ?? preparedFunction(analysis, expr, depth)
    }
    const klass = classOf(analysis, expr.value, depth + 1) ?? instanceClass(analysis, expr.value, depth + 1)
    return klass === null ? elsewhere(analysis, expr, depth) : methodOf(analysis, klass, expr.attr)
  }
  if (expr.type === 'call') {
    const name = nameOf(analysis, expr.callee)
    const wrapped = expr.args[0]
    if (wrapped !== undefined && name !== null && wrappers.test(name)) {
      return functionOf(analysis, wrapped.value, depth + 1)
    }
    if (name === null) return functionMade(analysis, expr, depth)
  }
  return null
}

/** Methods that a decorator gives a function, which run it with the same arguments: in Modal, Ray and Celery. */
const runsElsewhere = /^(remote|local|spawn|delay)$/

/** `train.remote(config)`. */
function elsewhere(
  analysis: Analysis,
  { value, attr }: Extract<Expr, { type: 'attribute' }>,
  depth: number,
): Func | null {
  if (value.type !== 'name' || !runsElsewhere.test(attr)) return null
  const func = functionOf(analysis, value, depth + 1)
  return func !== null && func.node.decorators.length > 0 ? func : null
}

/**
 * The inner function that `make_tokenize(tokenizer)` returns, what objects of `Tokenize(tokenizer)` do when they are called.
 * `item`: of several that it returns.
 */
function functionMade(analysis: Analysis, { callee }: CallExpr, depth: number, item?: number): Func | null {
  const klass = item === undefined ? classOf(analysis, callee, depth + 1) : null
  if (klass !== null) return methodOf(analysis, klass, '__call__')
  const maker = functionOf(analysis, callee, depth + 1)
  return maker === null ? null : functionGiven(analysis, maker, item, depth)
}

/** The one function that a function returns; `item`: at this place of each tuple that it returns. */
export function functionGiven(analysis: Analysis, maker: Func, item?: number, depth = 0): Func | null {
  const made = new Set<Func | null>()
  for (const returned of returnsOf(maker)) {
    const value = item === undefined ? returned : returned.type === 'tuple' ? returned.items[item] : undefined
    made.add(value?.type === 'name' || value?.type === 'call' ? functionOf(analysis, value, depth + 1) : null)
  }
  const [only = null] = made
  return made.size === 1 ? only : null
}

/** `self.train_step = jax.jit(train_step)`, `self.step = step` in a constructor. */
function preparedFunction(analysis: Analysis, expr: Expr, depth: number): Func | null {
  const values = attributeValues(analysis, expr)
  const [only] = values
  return values.length === 1 && (only?.type === 'call' || only?.type === 'name')
    ? functionOf(analysis, only, depth + 1)
    : null
}

export function methodOf(analysis: Analysis, klass: Klass, name: string): Func | null {
  const own = klass.methods.get(name)
  if (own !== undefined) return own
  for (const { methods } of baseClasses(analysis, klass)) {
    const inherited = methods.get(name)
    if (inherited !== undefined) return inherited
  }
  return null
}

/** Class of this module that an expression names. */
export function classOf(analysis: Analysis, expr: Expr, depth = 0): Klass | null {
  if (depth > depthLimit || expr.type !== 'name') return null
  const bindings = bindingsOf(analysis, expr.id, expr.start)
  const last = bindings.at(-1)
  if (last === undefined) return null
  if (last.kind === 'class') return analysis.classByNode.get(last.node as never) ?? null
  if (last.kind === 'assign' && last.value !== null && last.unpack === null)
    return classOf(analysis, last.value, depth + 1)
  return null
}

/** Class of this module that a value is an instance of. */
export function instanceClass(analysis: Analysis, expr: Expr, depth = 0): Klass | null {
  if (depth > depthLimit) return null
  const value = definition(analysis, expr)
  if (value.type === 'name') {
    const passed = passedClass(analysis, value)
    if (passed !== null) return passed
  }
  if (value.type === 'attribute') {
    const values = attributeValues(analysis, value)
    if (values.length > 0)
      return agreed(values, (one) =>
        one === null || one.type === 'constant' ? null : instanceClass(analysis, one, depth + 1),
      )
  }
  // `words or Words()`: whoever passes another passes one that does the same.
  if (value.type === 'binary' && value.op === 'or') return instanceClass(analysis, value.right, depth + 1)
  const made = value.type === 'call' ? classOf(analysis, value.callee, depth + 1) : null
  if (made !== null) return made
  const alike = likeOf(analysis, value)
  if (alike.length === 0) return null
  const like = agreed(alike, (one) => instanceClass(analysis, one, depth + 1))
  return like !== null && isOwn(analysis, like, value) ? null : like
}

/** The class has something of its own under this name: neither `averaged.module` nor `trainer.train()` gives the object itself. */
function isOwn(analysis: Analysis, klass: Klass, value: Expr): boolean {
  if (value.type === 'attribute') return assigns(analysis, klass, value.attr)
  if (value.type !== 'call' || value.callee.type !== 'attribute') return false
  const { attr } = value.callee
  return ownWork.has(attr) && methodOf(analysis, klass, attr) !== null
}

function assigns(analysis: Analysis, { node }: Klass, name: string): boolean {
  return [...analysis.attributesOfClasses].some(
    ([scope, stores]) => scope?.node === node && stores.has(`self.${name}`),
  )
}

/** The class of what all calls of a function, here or in other modules, pass for a parameter. */
function passedClass(analysis: Analysis, { id, start }: Expr & { type: 'name' }): Klass | null {
  // While calls are still collected, more may be to come.
  if (!analysis.complete) return null
  const bindings = bindingsOf(analysis, id, start)
  const binding = bindings.length === 1 ? bindings[0]! : null
  if (binding?.kind !== 'param') return null
  return analysis.passedClasses.of(binding, () => {
    const passed = passedValues(analysis, binding)
    if (passed === null) return null
    const made = passed.outside.map((one) =>
      one?.path === analysis.path ? (analysis.classes.find(({ name }) => name === one.name) ?? null) : null,
    )
    const here = agreed(passed.here, (one) => instanceClass(analysis, one))
    if (passed.here.length === 0) return agreed(made, (one) => one)
    return here !== null && made.every((one) => one === here) ? here : null
  })
}
