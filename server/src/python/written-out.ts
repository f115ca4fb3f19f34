/**
 * Lists and dictionaries that are put together somewhere else, as if they were written where they are used: by a function of another
 * module, of the fields of an object, by a comprehension over what is known.
 */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { childrenOf, lastName } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import { type Ground, grafted, type Recipe, unrolled } from './grafts.js'
import type { Call, Func } from './module.js'
import { nameOf } from './names.js'
import { copiedObject, objectDisplay } from './object-entries.js'
import { displayElsewhere, isObject, isWorkedOut, recipeElsewhere, recipeOf } from './recipes.js'
import { certainReturn } from './returns.js'

interface Written {
  /** What was asked before. */
  answers: Map<Expr, Expr | null>
  /** How many functions lie around a call that was put together: what calls itself has no end. */
  depths: Map<Expr, number>
}

const remembered = new WeakMap<Analysis, Written>()
const deepest = 4
/** Of one module: nobody writes more by hand. */
const mostAnswers = 2000

/** Null: it is none of these, or not all of it can be told. What another module writes has no width here. */
export function writtenOut(analysis: Analysis, expr: Expr): Expr | null {
  const made = withObjects(analysis, expr)
  return made !== null && isObject(made) ? null : made
}

/** The same, and objects of libraries, which most readers follow to where they are made (`definition-places.ts`). */
export function withObjects(analysis: Analysis, expr: Expr): Expr | null {
  if (!isFollowed(expr.type)) return null
  if (!analysis.complete) return null
  const written = remembered.get(analysis) ?? { answers: new Map(), depths: new Map() }
  remembered.set(analysis, written)
  const { answers, depths } = written
  const before = answers.get(expr)
  if (before !== undefined) return before
  const depth = depths.get(expr) ?? 0
  if (depth > deepest || answers.size > mostAnswers) return null
  answers.set(expr, null)
  const made = make(analysis, expr)
  answers.set(expr, made)
  if (made !== null) enterCalls(analysis, made, depth + 1, depths)
  return made
}

function isFollowed(type: Expr['type']): boolean {
  return type === 'call' || type === 'comprehension' || type === 'attribute' || type === 'name'
}

function make(analysis: Analysis, expr: Expr): Expr | null {
  const object = copiedObject(analysis, expr)
  if (object !== null) return objectDisplay(analysis, object, expr.start)
  const here = groundIn(analysis, null)
  if (expr.type === 'comprehension') return unrolled(expr, here)
  if (expr.type === 'name' || expr.type === 'attribute') {
    const display = displayElsewhere(analysis, expr)
    return display === null ? null : grafted(display, [], null, groundIn(analysis, expr.start))
  }
  if (expr.type !== 'call') return null
  const own = analysis.functionOf(expr.callee)
  if (own !== null) return ofMethod(analysis, expr, own) ?? ofThisCall(analysis, expr, own, here)
  const found = recipeElsewhere(analysis, expr.callee)
  if (found === null) return null
  const made = grafted(found.recipe, expr.args, found.self, groundIn(analysis, expr.start))
  return made !== null && (isDisplay(made) || isWorkedOut(made)) ? made : null
}

/** A call that a function of another module makes when it is called at `site`; null: which argument is which cannot be told. */
export function graftedCall(analysis: Analysis, recipe: Recipe, site: Call, callee: Expr): Call | null {
  const self = callee.type === 'attribute' ? callee.value : null
  const { args, start } = site.expr
  const made = grafted(recipe, args, self, groundIn(analysis, start))
  if (made?.type !== 'call') return null
  enterCalls(analysis, made, 1, new Map())
  const call = analysis.callByExpr.get(made)
  if (call === undefined) return null
  const { function: func, loops, withs, statement, conditional } = site
  return Object.assign(call, { function: func, loops, withs, statement, conditional })
}

function groundIn(analysis: Analysis, at: number | null): Ground {
  return {
    at,
    fold: (part) => analysis.fold(part),
    display: (part) => {
      if (analysis.isChanged(part)) return part
      const value = analysis.definition(part)
      return writtenOut(analysis, value) ?? value
    },
  }
}

function isDisplay({ type }: Expr): boolean {
  return type === 'list' || type === 'tuple' || type === 'dict' || type === 'call'
}

/** Of a method that lists the fields of its object: `{name: {'values': one} for name, one in asdict(self).items()}`. */
function ofMethod(analysis: Analysis, { callee, args, start }: CallExpr, func: Func): Expr | null {
  const returned = func.class === null || callee.type !== 'attribute' ? null : certainReturn(func)
  if (returned === null || callee.type !== 'attribute' || !listsItself(analysis, returned)) return null
  const recipe = recipeOf(analysis, func)
  const made = recipe === null ? null : grafted(recipe, args, callee.value, groundIn(analysis, start))
  return made !== null && isDisplay(made) ? made : null
}

/** Names that are followed one behind the other to what they stand for, which may lead back to them: `d = {**d, 'a': 1}`. */
const mostNames = 2

function listsItself(analysis: Analysis, expr: Expr, names = 0): boolean {
  const object = copiedObject(analysis, expr)
  if (object?.type === 'name' && object.id === 'self') return true
  // `d = asdict(self)`, then `return d`.
  if (expr.type === 'name') {
    const value = names < mostNames ? analysis.definition(expr) : expr
    return value.type !== 'name' && listsItself(analysis, value, names + 1)
  }
  return childrenOf(expr).some((child) => listsItself(analysis, child, names))
}

/** Of a function of this module with several calls, whose parameters have no one value; what it writes stays where it stands. */
function ofThisCall(analysis: Analysis, { args }: CallExpr, func: Func, here: Ground): Expr | null {
  const returned = certainReturn(func)
  const { params } = func.node
  const sites = analysis.callSites(func)
  if (returned === null || params.length === 0 || sites === null || sites.length < 2) return null
  if (func.class !== null || !(isDisplay(returned) || isWorkedOut(returned))) return null
  const named = params.map(({ name, star, default: otherwise }) => ({ name, star, otherwise }))
  return grafted({ params: named, body: returned }, args, null, here)
}

/** Calls among what was put together are calls like those that are written here. */
function enterCalls(analysis: Analysis, made: Expr, depth: number, depths: Map<Expr, number>): void {
  if (made.type === 'call' && !analysis.callByExpr.has(made)) {
    const here = analysis.callAt(made)
    const like = here ?? analysis.calls[0]
    depths.set(made, depth)
    if (like !== undefined)
      analysis.callByExpr.set(made, {
        ...like,
        expr: made,
        name: here?.name ?? nameOf(analysis, made.callee),
        method: lastName(made.callee).split('.').at(-1) ?? '',
        ...(here === null ? { receiver: null, receiverCall: null, assignedTo: null } : {}),
      })
  }
  for (const child of childrenOf(made)) enterCalls(analysis, child, depth, depths)
}
