/** Classes, functions and values in the module at hand, or in another one of the project whose code is kept. */

import type { Expr } from '../syntax/python-ast.js'
import type { Func, Klass, PythonModule } from './module.js'
import { moduleOfCode } from './module-of-code.js'
import { onlyReturn } from './returns.js'

interface ClassPlace {
  klass: Klass
  python: PythonModule
}
interface FunctionPlace {
  func: Func
  python: PythonModule
}

/** Packages that pass on what others pass on. */
const mostHops = 4

export function classAt(python: PythonModule, callee: Expr, hops = 0): ClassPlace | null {
  const klass = python.classOf(callee)
  if (klass !== null) return { klass, python }
  const found = elsewhere(python, callee)
  if (found === null) return null
  const own = found.python.classes.find(({ name }) => name === found.name)
  if (own !== undefined) return { klass: own, python: found.python }
  return hops < mostHops ? classAt(found.python, nameAtEnd(found.python, found.name), hops + 1) : null
}

export function functionAt(python: PythonModule, callee: Expr, hops = 0): FunctionPlace | null {
  const func = python.functionOf(callee)
  if (func !== null) return { func, python }
  const found = elsewhere(python, callee)
  if (found === null) return null
  const own = found.python.functions.find(({ qualified }) => qualified === found.name)
  if (own !== undefined) return { func: own, python: found.python }
  return hops < mostHops ? functionAt(found.python, nameAtEnd(found.python, found.name), hops + 1) : null
}

interface ValuePlace {
  expr: Expr
  python: PythonModule
}

/** What an expression gives in the end, as `PythonModule.result`, also where functions and names of other modules lie between. */
export function resultAt(python: PythonModule, expr: Expr, hops = 0): ValuePlace {
  const value = python.result(expr)
  if (hops > mostHops) return { expr: value, python }
  if (value.type === 'call') {
    const called = functionAt(python, value.callee)
    const returned = called === null || called.python === python ? null : onlyReturn(called.func)
    return returned === null ? { expr: value, python } : resultAt(called!.python, returned, hops + 1)
  }
  if (value.type !== 'name' && value.type !== 'attribute') return { expr: value, python }
  const found = elsewhere(python, value)
  return found === null || found.name.includes('.')
    ? { expr: value, python }
    : resultAt(found.python, nameAtEnd(found.python, found.name), hops + 1)
}

/** The module that a name is imported from, and its name there. */
function elsewhere(python: PythonModule, callee: Expr): { python: PythonModule; name: string } | null {
  const target = python.targetOf(callee)
  const found = target === null ? null : python.projectTarget(target)
  const code = found?.summary.code
  const module = code === undefined ? null : moduleOfCode(code)
  return module === null || found === null || found.rest === '' ? null : { python: module, name: found.rest }
}

function nameAtEnd({ text }: PythonModule, id: string): Expr {
  return { type: 'name', id, start: text.length, end: text.length }
}
