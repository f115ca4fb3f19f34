/** Methods of objects whose class a condition or a name chooses: `Trainer = Large if args.large else Small`. */
import type { Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classOf, methodOf } from './callables.js'
import { projectTarget, targetOf } from './import-targets.js'
import type { Func, Running } from './module.js'
import { bindingsOf } from './names.js'

/** More classes than these are a registry of anything. */
const mostClasses = 8

/** The method of the first of the classes that has it: those that one program chooses from do the same kind of thing. */
export function chosenMethod(analysis: Analysis, callee: Expr): Func | Running | null {
  if (callee.type !== 'attribute' || !mayBeChosen(analysis, callee.value)) return null
  const classes = classesOf(analysis, callee.value)
  if (classes.length < 2 || classes.length > mostClasses) return null
  for (const one of classes) {
    const own = classOf(analysis, one)
    const method = own === null ? null : methodOf(analysis, own, callee.attr)
    if (method !== null) return method
    const target = own === null ? targetOf(analysis, one) : null
    const found = target === null ? null : projectTarget(analysis, target)
    const step =
      found === null ? undefined : lookUp(lookUp(found.summary.classes, found.rest)?.steps ?? {}, callee.attr)
    if (step !== undefined) return step
  }
  return null
}

/** Most objects are parameters, and modules of libraries. */
function mayBeChosen(analysis: Analysis, object: Expr): boolean {
  if (object.type !== 'name') return true
  return bindingsOf(analysis, object.id, object.start).every(({ kind }) => kind === 'assign')
}

/** The classes that an object may be made of. */
function classesOf(analysis: Analysis, object: Expr): Expr[] {
  const made = alternatives(analysis, object).filter((one) => one.type === 'call')
  return made.flatMap((one) => alternatives(analysis, one.callee))
}

/** What an expression may stand for: both arms of a condition, all values of a name, all entries of a table. */
function alternatives(analysis: Analysis, expr: Expr): Expr[] {
  const seen = new Set<Expr>()
  const found: Expr[] = []
  const visit = (one: Expr): void => {
    if (seen.has(one) || found.length > mostClasses) return
    seen.add(one)
    if (one.type === 'conditional') {
      visit(one.then)
      visit(one.otherwise)
      return
    }
    const inner = valuesOf(analysis, one)
    if (inner.length === 0) found.push(one)
    else inner.forEach(visit)
  }
  visit(expr)
  return found
}

function valuesOf(analysis: Analysis, expr: Expr): readonly Expr[] {
  if (expr.type === 'attribute') {
    const values = analysis.attributeValues(expr)
    return values.filter((one) => one !== null)
  }
  if (expr.type === 'name') {
    const bindings = bindingsOf(analysis, expr.id, expr.start)
    const values = bindings.flatMap((one) =>
      one.kind === 'assign' && one.unpack === null ? (one.value ?? []) : [],
    )
    return values.length === bindings.length ? values : []
  }
  if (expr.type !== 'subscript') return []
  const table = analysis.definition(expr.value)
  return table.type === 'dict' ? table.entries.map(({ value }) => value) : []
}
