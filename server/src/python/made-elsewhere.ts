/** Objects of libraries that functions of other modules make for this one: `study = make_study()`, `study, data = setup()`. */
import type { Expr } from '../syntax/python-ast.js'
import { childrenOf } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import type { Call } from './module.js'
import { bindingsOf, nameOf } from './names.js'
import { recipeElsewhere } from './recipes.js'
import { withObjects } from './written-out.js'

/** The call that makes it, as if it were written here; it has no width, so nobody changes it. Null: it is no such object. */
export function madeElsewhere(analysis: Analysis, expr: Expr): Call | null {
  if (!analysis.complete || analysis.importedByName.size === 0) return null
  const value = analysis.definition(expr)
  const made =
    value.type === 'name' ? itemOf(analysis, value) : value.type === 'call' ? ofCall(analysis, value) : null
  return made?.type === 'call' && made.start === made.end ? (analysis.callByExpr.get(made) ?? null) : null
}

/** What a function or a method of another module gives back, be it an object or a list of them; null: that cannot be told. */
export function givenElsewhere(analysis: Analysis, expr: Expr): Expr | null {
  if (!analysis.complete || analysis.importedByName.size === 0 || expr.type !== 'call') return null
  return recipeElsewhere(analysis, expr.callee) === null ? null : withObjects(analysis, expr)
}

/** Calls of libraries by these names that functions of other modules make for this one. */
export function callsElsewhere(analysis: Analysis, wanted: readonly string[]): Call[] {
  return objectsElsewhere(analysis).filter(({ name }) => name !== null && wanted.includes(name))
}

function objectsElsewhere(analysis: Analysis): readonly Call[] {
  return once(analysis, 'objects made elsewhere', () => {
    const found: Call[] = []
    const visit = (expr: Expr): void => {
      // What the call itself is given stands here.
      if (expr.start !== expr.end) return
      const call = expr.type === 'call' ? analysis.callByExpr.get(expr) : undefined
      if (call !== undefined) found.push(call)
      childrenOf(expr).forEach(visit)
    }
    for (const { expr } of [...analysis.calls]) {
      const given = givenElsewhere(analysis, expr)
      if (given !== null) visit(given)
    }
    return found
  })
}

function ofCall(analysis: Analysis, expr: Expr & { type: 'call' }): Expr | null {
  return nameOf(analysis, expr.callee) === null ? withObjects(analysis, expr) : null
}

function itemOf(analysis: Analysis, { id, start }: Expr & { type: 'name' }): Expr | null {
  const [binding, another] = bindingsOf(analysis, id, start)
  if (binding?.kind !== 'assign' || another !== undefined || binding.value?.type !== 'call') return null
  const [index, inner] = binding.unpack ?? []
  const whole = index === undefined || inner !== undefined ? null : ofCall(analysis, binding.value)
  return whole?.type === 'tuple' ? (whole.items[index!] ?? null) : null
}
