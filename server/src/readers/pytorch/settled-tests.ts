/** Tests that come out the same for every sample of a data set: whether there is a transformation, or what an option says. */

import type { PythonModule } from '../../python/module.js'
import { argumentFor } from '../../python/passed-values.js'
import type { Binding } from '../../python/scope.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr } from '../../syntax/python-ast.js'
import { effective } from '../../values/value.js'

/** `either`: it is a setting, of which it is not known how it is set. */
type Branch = 'body' | 'orelse' | 'either'

/** The branch of an `if` that every sample of a training takes; null: samples may differ, or only others take it. */
export function branchForAll(python: PythonModule, test: Expr, depth = 0): Branch | null {
  if (depth > 4) return null
  if (test.type === 'unary' && test.op === 'not')
    return opposite(branchForAll(python, test.operand, depth + 1))
  if (test.type === 'binary') {
    if (test.op === 'and' || test.op === 'or') {
      const sides = [test.left, test.right].map((side) => branchForAll(python, side, depth + 1))
      const settles = test.op === 'and' ? 'orelse' : 'body'
      if (sides.includes(settles)) return settles
      return sides.includes(null) ? null : sides.includes('either') ? 'either' : sides[0]!
    }
    if (/^is( not)?$/.test(test.op) && isNone(test.right)) {
      const there = branchForAll(python, test.left, depth + 1)
      return test.op === 'is' ? opposite(there) : there
    }
    return comparedFor(python, test)
  }
  if (!isOption(python, test)) return null
  const known = knownFor(python, test)
  if (known !== null) return known ? 'body' : 'orelse'
  const name = lastIdentifier(test)
  if (keepsOrCounts.test(name)) return null
  // What is applied to each sample is there where somebody hands it in, though a data set does without.
  return forOthers.test(name) || (isOff(python, test) && !applied.test(name)) ? 'orelse' : 'body'
}

/** `self.mode == 'train'`, `self.feature == 'mel'`, `self.kind in ('mel', 'mfcc')`. */
function comparedFor(python: PythonModule, { op, left, right }: Expr & { type: 'binary' }): Branch | null {
  if (!/^(==|!=|in|not in)$/.test(op) || !isOption(python, left)) return null
  const compared = right.type === 'tuple' || right.type === 'list' ? right.items : [right]
  const parts = compared.map((one) => (one.type === 'constant' ? one.value : undefined))
  if (!parts.every((one) => typeof one === 'string' && one !== '')) return null
  const isNot = op === '!=' || op === 'not in'
  const names = parts.join(' ')
  const branch = /^train/i.test(names) ? 'body' : forOthers.test(names) ? 'orelse' : 'either'
  return isNot ? opposite(branch) : branch
}

/** Whether an option holds, where all that it may be is known; null: it is not. */
function knownFor(python: PythonModule, option: Expr): boolean | null {
  const values = option.type === 'name' ? [option] : python.attributeValues(option)
  const known = values.map((one) => (one === null ? undefined : effective(python.fold(one))))
  const [first] = known
  if (first === undefined || !known.every((one) => one !== undefined && !one === !first)) return null
  return Boolean(first)
}

const forOthers = /(^|_)(val(id(ation)?)?|test(ing)?|eval(uat\w*)?|infer(ence)?|predict\w*|debug)(_|$)/i
/** What may have been kept before, and numbers. */
const keepsOrCounts = /cache|exist|loaded|stored|saved|done|len|count|num|idx|index|^\w$/i

/** What is there to be applied to each sample. */
const applied = /transform|aug|preprocess|pipeline|processor|tokenizer/i

const opposite = (branch: Branch | null): Branch | null =>
  branch === null || branch === 'either' ? branch : branch === 'body' ? 'orelse' : 'body'

const isNone = (expr: Expr): boolean => expr.type === 'constant' && expr.value === null

/** An attribute that only the constructor sets, or a parameter that has a value by itself. */
function isOption(python: PythonModule, expr: Expr): boolean {
  if (expr.type === 'name') {
    const [binding, other] = python.bindingsOf(expr)
    return other === undefined && binding?.kind === 'param' && binding.value !== null
  }
  if (expr.type !== 'attribute' || expr.value.type !== 'name' || expr.value.id !== 'self') return false
  const values = python.attributeValues(expr)
  // A class of another module sets it.
  if (values.length === 0) return applied.test(expr.attr)
  // `self.file = None`, which the first sample fills.
  return !(values.length > 1 && values.some((one) => one !== null && isNone(one)))
}

/** Nobody is seen to switch it on. */
function isOff(python: PythonModule, expr: Expr): boolean {
  const values = expr.type === 'name' ? [expr] : python.attributeValues(expr)
  return (
    values.length > 0 &&
    values.every((one) => {
      const [binding, other] = one?.type === 'name' ? python.bindingsOf(one) : []
      const param = binding?.kind === 'param' && other === undefined ? binding : null
      const value = param === null ? one : param.value
      return value?.type === 'constant' && !value.value && !(param !== null && isGiven(python, param))
    })
  )
}

/** A call of another module passes it something: an object, which is there. */
function isGiven(python: PythonModule, param: Binding): boolean {
  const owner = python.parameterOf(param)
  if (owner === null) return false
  return python.outsideCalls(owner.func).some(({ args }) => {
    const passed = args === null ? undefined : argumentFor(args, param.name, owner.position)
    const isNothing = passed?.value.state === 'known' && passed.value.value === null
    return passed !== undefined && !isNothing && param.value !== null && isNone(param.value)
  })
}
