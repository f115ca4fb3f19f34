/** What a module gives to `fit` of objects that other modules may have made: methods of the project's classes among it. */
import type { Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { inheritedMethods, methodNames } from './extended-classes.js'
import { projectMember } from './project-members.js'

/** Keywords of the call, and methods of the objects that it is given; empty: nothing is fitted, or nobody knows with what. */
export function fittedMethods(analysis: Analysis): string[] {
  const found = new Set<string>()
  for (const { method, expr } of analysis.calls) {
    if (method !== 'fit' || expr.callee.type !== 'attribute') continue
    for (const { name, value } of expr.args) {
      const methods = methodsOf(analysis, value)
      for (const one of methods) found.add(one)
      if (name !== null && methods.length === 0) found.add(name)
    }
  }
  return [...found].sort()
}

function methodsOf(analysis: Analysis, expr: Expr): readonly string[] {
  const klass = analysis.instanceClass(expr)
  if (klass !== null) return [...klass.methods.keys(), ...inheritedMethods(analysis, klass)]
  const made = analysis.definition(expr)
  const found = made.type === 'call' ? projectMember(analysis, made.callee) : null
  const described = found === null ? undefined : lookUp(found.summary.classes, found.rest)
  return described === undefined ? [] : methodNames(described)
}
