/** How often a step takes its network forward and back: once for each view of a picture where a method compares them. */
import type { Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { forEachChild } from '../../syntax/python-children.js'
import { hotCode } from './hot-code.js'
import { networkText } from './optimized-networks.js'
import { withoutGradients } from './step-values.js'

const network = /(^|[._])(model|net|network|encoder|backbone|resnet\w*|vit|student|siamese)\w*$/i
/** What goes along without being trained. */
const beside = /teacher|ema|momentum|target|frozen|pretrained|loss|crit|metric/i
/** More of them are no views, but steps of a sequence. */
const most = 4

/** Null: once, or nobody knows how often. */
export function forwardsOfStep(python: PythonModule, loop: Loop): number | null {
  const counts = new Map<string, number>()
  const visit = (expr: Expr): void => {
    const call = expr.type === 'call' ? python.callAt(expr) : null
    if (call !== null && call.name === null && call.expr.args.length > 0 && !withoutGradients(python, call)) {
      const text = networkText(python, call.expr.callee)
      // Within a loop of the step it is not known how often.
      const around = call.function === loop.function ? depthOf(loop) : 0
      if (network.test(text) && !beside.test(text) && call.loops.length <= around)
        counts.set(text, (counts.get(text) ?? 0) + 1)
    }
    forEachChild(expr, visit)
  }
  for (const { statement, expressions, conditional, guarded, exceptional } of hotCode(
    python,
    loop.node.body,
    loop.function,
  ).statements)
    if (!conditional && !guarded && !exceptional && statement.type !== 'for' && statement.type !== 'while')
      for (const expr of expressions) visit(expr)
  const times = Math.max(0, ...counts.values())
  return times >= 2 && times <= most ? times : null
}

function depthOf(loop: Loop): number {
  let depth = 1
  for (let outer = loop.parent; outer !== null; outer = outer.parent) depth++
  return depth
}
