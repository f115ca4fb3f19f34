/** What the methods of a class call, for modules that call them on its objects: `self.words.numbers(text)`. */

import type { Expr } from '../syntax/python-ast.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { baseClasses } from './base-classes.js'
import { importedMethod } from './import-targets.js'
import type { ClassSummary, Klass, Running } from './module.js'
import { isNetworkType } from './network-types.js'

/** Of one method: what calls more does anything. */
const mostCalls = 60

/** By method, with those of classes of the module that it extends; null: a network, whose layers are followed otherwise. */
export function callsOfMethods(analysis: Analysis, klass: Klass): NonNullable<ClassSummary['does']> | null {
  if (klass.bases.some(isNetworkType)) return null
  const found: NonNullable<ClassSummary['does']> = {}
  for (const { methods } of [klass, ...baseClasses(analysis, klass)])
    for (const [name, method] of methods) {
      if (lookUp(found, name) !== undefined) continue
      const { calls } = analysis.effectsOfFunction(method)
      if (calls.size > 0 && calls.size <= mostCalls) define(found, name, [...calls])
    }
  return Object.keys(found).length === 0 ? null : found
}

/** What a function of another module calls, or the method of an object whose class is there; null: it is neither, or calls nothing. */
export function importedCalls(analysis: Analysis, callee: Expr): readonly string[] | null {
  const func = analysis.importedFunction(callee)
  if (func !== null) return func.calls
  const found = importedMethod(analysis, callee)
  return (found === null ? undefined : lookUp(found.klass.does ?? {}, found.method)) ?? null
}

/** What a method of an object whose class is of another module calls to hand out one value after the other; null: it does not. */
export function importedYields(analysis: Analysis, callee: Expr): readonly string[] | null {
  const found = importedMethod(analysis, callee)
  return (found === null ? undefined : lookUp(found.klass.yields ?? {}, found.method)) ?? null
}

/** The same as what happens when it is called. */
export function importedWork(analysis: Analysis, callee: Expr): Running | null {
  const calls = callee.type === 'attribute' ? importedCalls(analysis, callee) : null
  return calls === null ? null : { backward: false, optimizerStep: false, trains: false, calls: [...calls] }
}
