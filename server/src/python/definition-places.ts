/** Classes, functions and values in the module at hand, or in another one of the project whose code is kept. */

import type { Expr } from '../syntax/python-ast.js'
import { rebuilt } from '../syntax/python-rebuilt.js'
import { displayOf } from './display.js'
import type { ArgumentValue, Call, Folded, Func, Klass, PythonModule } from './module.js'
import { moduleOfCode } from './module-of-code.js'
import { possibleValues, type ValuePlace } from './possible.js'
import { onlyReturn, returnsOf } from './returns.js'

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

export function classAt(python: PythonModule, callee: Expr): ClassPlace | null {
  const found = placeOf(
    python,
    callee,
    (module, expr) => module.classOf(expr),
    ({ classes }, name) => classes.find((one) => one.name === name),
  )
  return found && { klass: found.own, python: found.python }
}

export function functionAt(python: PythonModule, callee: Expr): FunctionPlace | null {
  const found = placeOf(
    python,
    callee,
    (module, expr) => module.functionOf(expr),
    ({ functions }, name) => functions.find((one) => one.qualified === name),
  )
  return found && { func: found.own, python: found.python }
}

/** What an expression of a module stands for, or a name of another one, through those that pass it on. */
function placeOf<T>(
  python: PythonModule,
  callee: Expr,
  here: (python: PythonModule, callee: Expr) => T | null,
  named: (python: PythonModule, name: string) => T | undefined,
  hops = 0,
): { own: T; python: PythonModule } | null {
  const own = here(python, callee)
  if (own !== null) return { own, python }
  const found = elsewhere(python, callee)
  if (found === null) return null
  const there = named(found.python, found.name)
  if (there !== undefined) return { own: there, python: found.python }
  const next = nameAtEnd(found.python, found.name)
  return hops < mostHops ? placeOf(found.python, next, here, named, hops + 1) : null
}

/** What an expression gives in the end, as `PythonModule.result`, also where functions and names of other modules lie between. */
export function resultAt(python: PythonModule, expr: Expr, hops = 0): ValuePlace {
  const value = python.result(expr)
  if (hops > mostHops) return { expr: value, python }
  if (value.type === 'call') {
    const called = functionAt(python, value.callee)
    const result = called === null || called.python === python ? null : onlyReturn(called.func)
    return result === null
      ? { expr: value, python }
      : {
          returned: { func: called!.func, call: value, caller: python },
          ...resultAt(called!.python, result, hops + 1),
        }
  }
  if (value.type !== 'name' && value.type !== 'attribute') return { expr: value, python }
  const found = elsewhere(python, value)
  return found === null || found.name.includes('.')
    ? { expr: value, python }
    : resultAt(found.python, nameAtEnd(found.python, found.name), hops + 1)
}

/**
 * An argument of a call that was found at `place`: what it is given there, or, where that is a parameter of the function which
 * returned it, what the call of the function is given.
 */
export function argumentAt(
  place: ValuePlace,
  call: Call,
  keyword: string,
  position?: number | null,
): ArgumentValue {
  return passedOn(place, place.python.argument(call, keyword, position))
}

/** The same for any expression at the place. */
export function passedOn(place: ValuePlace, own: ArgumentValue): ArgumentValue {
  const { python, returned } = place
  if (returned === undefined || own.state !== 'given') return own
  if (own.expr.type !== 'name')
    return own.folded.state === 'known' ? own : { ...own, folded: foldPassed(place, own.expr) ?? own.folded }
  const [binding] = python.bindingsOf(own.expr)
  const owner = binding === undefined ? null : python.parameterOf(binding)
  const made = returned.caller.callAt(returned.call)
  if (owner === null || owner.func !== returned.func || made === null) return own
  const passed = returned.caller.argument(made, own.expr.id, owner.position)
  const otherwise = binding!.value
  if (passed.state !== 'absent' || otherwise === null) return passed
  return { ...own, expr: otherwise, folded: python.fold(otherwise) }
}

/** `f'{kind}-pool'`, `SIZES[kind]`, with what the call of the function is given for its parameters; null: that is not known. */
function foldPassed(place: ValuePlace, expr: Expr): Folded | null {
  const { python } = place
  let isKnown = true
  const filled = (part: Expr): Expr => {
    if (part.type !== 'name') return rebuilt(part, ({ start, end }) => ({ start, end }), filled)
    const { start, end } = part
    const own: ArgumentValue = { state: 'given', expr: part, folded: python.fold(part), span: { start, end } }
    const passed = passedOn(place, own)
    if (passed === own) return part
    const value =
      passed.state === 'given' && passed.folded.state === 'known' ? passed.folded.value : undefined
    if (value === undefined) isKnown = false
    return value === undefined ? part : displayOf(value, part)
  }
  const made = filled(expr)
  return isKnown ? python.fold(made) : null
}

/**
 * The same, with each of the values where a condition decides: what a function returns in several places, or what a
 * name is given in several branches.
 */
export function resultsAt(python: PythonModule, expr: Expr, hops = 0): ValuePlace[] {
  const place = resultAt(python, expr)
  if (hops > mostHops) return [place]
  const { python: there, expr: value } = place
  if (value.type === 'call') {
    const called = functionAt(there, value.callee)
    const returned = called === null ? [] : returnsOf(called.func)
    return returned.length < 2 ? [place] : returned.flatMap((one) => resultsAt(called!.python, one, hops + 1))
  }
  if (value.type !== 'name') return [place]
  const values = there
    .bindingsOf(value)
    .map((one) => (one.kind === 'assign' && one.unpack === null ? one.value : null))
  return values.length < 2 || values.some((one) => one === null)
    ? [place]
    : values.flatMap((one) => resultsAt(there, one!, hops + 1))
}

/** What an expression stands for in turn, as `PythonModule.possible`, also where it is written in other modules. */
export function possibleAt(python: PythonModule, expr: Expr): ValuePlace[] | null {
  return possibleValues({ python, expr }, (place) => {
    // What a file holds is known here, and not where it is loaded.
    if (place.python.configured(place.expr) !== null) return null
    const filled = filledByFunction(place)
    if (filled !== null) return filled
    const there = resultAt(place.python, place.expr)
    return there.expr === place.expr && there.python === place.python ? null : there
  })
}

/** `def grids(): all = {}; all['svc'] = …; return all`: the name, which stands for what it holds by then. */
function filledByFunction({ python, expr }: ValuePlace): ValuePlace | null {
  const called = expr.type === 'call' ? functionAt(python, expr.callee) : null
  const returned = called === null ? null : onlyReturn(called.func)
  return returned?.type === 'name' && called!.python.isChanged(returned)
    ? { python: called!.python, expr: returned }
    : null
}

/** The module that a name is imported from, and its name there. */
function elsewhere(python: PythonModule, callee: Expr): { python: PythonModule; name: string } | null {
  const found = python.projectMember(callee)
  const code = found?.summary.code
  const module = code === undefined ? null : moduleOfCode(code)
  return module === null || found === null || found.rest === '' ? null : { python: module, name: found.rest }
}

function nameAtEnd({ text }: PythonModule, id: string): Expr {
  return { type: 'name', id, start: text.length, end: text.length }
}
