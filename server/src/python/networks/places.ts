/** Classes and functions that networks are made of, in the module at hand or in another one of the project. */

import type { Expr } from '../../syntax/python-ast.js'
import type { Func, Klass, PythonModule } from '../module.js'
import { moduleOfCode } from '../module-of-code.js'

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

/** The module that a name is imported from, and its name there. */
function elsewhere(python: PythonModule, callee: Expr): { python: PythonModule; name: string } | null {
  const target = python.targetOf(callee)
  const found = target === null ? null : python.projectTarget(target)
  const code = found?.summary.networks
  const module = code === undefined ? null : moduleOfCode(code)
  return module === null || found === null || found.rest === '' ? null : { python: module, name: found.rest }
}

function nameAtEnd({ text }: PythonModule, id: string): Expr {
  return { type: 'name', id, start: text.length, end: text.length }
}
