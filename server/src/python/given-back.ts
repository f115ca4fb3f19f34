/**
 * What a function of the module makes for its only caller counts as made by the caller: with `model = build(cfg)` and
 * `return resnet50()` in `build`, the network is made, named and used where `build` is called.
 */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import { madeElsewhere } from './made-elsewhere.js'
import type { Call, Func } from './module.js'
import { isAttributeByName, nameOf } from './names.js'
import { isForeign } from './project-members.js'
import { certainReturn } from './returns.js'

/** Functions that hand on what another one makes. */
const deepest = 4

/** Enters what calls give back in `analysis.givenBack`, and the calls that make it where they are asked for. */
export function findGivenBack(analysis: Analysis): void {
  const { givenBack } = analysis
  for (const func of analysis.functions) {
    const made = madeBy(func)
    const site = made === null ? null : onlySite(analysis, func)
    if (made !== null && site !== null) givenBack.set(site.expr, made)
  }
  const inner = new Set<Expr>(givenBack.values())
  for (const [asked, made] of givenBack) if (!inner.has(asked)) moveTo(analysis, asked, made, 0)
  for (const call of analysis.calls) {
    const { callee } = call.expr
    if (callee.type !== 'attribute' || isForeign(analysis, callee)) continue
    call.receiverCall =
      madeElsewhere(analysis, callee.value) ?? analysis.callOf(callee.value) ?? call.receiverCall
  }
}

/** What a function ends with making. */
function madeBy(func: Func): CallExpr | null {
  const { node, class: klass } = func
  if (klass !== null || node.decorators.length > 0) return null
  const returned = certainReturn(func)
  return returned?.type === 'call' && !isAttributeByName(returned) ? returned : null
}

/** A chain that begins with a function or a class; `model(x)`, `model.fit(data)` work on what is there. */
function isMaking(analysis: Analysis, made: CallExpr): boolean {
  let first = made
  while (first.callee.type === 'attribute' && first.callee.value.type === 'call') first = first.callee.value
  return (
    nameOf(analysis, first.callee) !== null ||
    analysis.functionOf(first.callee) !== null ||
    analysis.classOf(first.callee) !== null
  )
}

function onlySite(analysis: Analysis, func: Func): Call | null {
  const [site, another] = analysis.callSites(func) ?? []
  // What a loop calls again and again works, it makes nothing.
  if (site === undefined || another !== undefined || site.function === func || site.loops.length > 0)
    return null
  return analysis.outsideCalls(func).length > 0 || isLate(site) ? null : site
}

/** Whoever runs the lambda makes the call, as often as it likes. */
function isLate({ statement, expr }: Call): boolean {
  let late = false
  const visit = (part: Expr, inside: boolean): void => {
    if (part === expr) late = inside
    else
      forEachChild(part, (child) =>
        visit(child, inside || part.type === 'lambda' || part.type === 'comprehension'),
      )
  }
  forEachExpression(statement, (part) => visit(part, false))
  return late
}

/** The calls that a chain begins with are given where its end is: `return vision_learner(data).to_fp16()`. */
function moveTo(analysis: Analysis, asked: CallExpr, made: CallExpr, depth: number): void {
  const site = analysis.callByExpr.get(asked)
  if (site === undefined || depth > deepest || !isMaking(analysis, made)) return
  const { function: func, loops, statement, conditional, assignedTo } = site
  let value: Expr = made
  while (value.type === 'call') {
    const call = analysis.callByExpr.get(value)
    if (call !== undefined) {
      const withs = [...site.withs, ...call.withs]
      call.written ??= { function: call.function, statement: call.statement }
      Object.assign(call, { function: func, loops, withs, statement, conditional, assignedTo })
    }
    const inner = analysis.givenBack.get(value)
    if (inner !== undefined) moveTo(analysis, value, inner, depth + 1)
    if (value.callee.type !== 'attribute') return
    value = value.callee.value
  }
}
