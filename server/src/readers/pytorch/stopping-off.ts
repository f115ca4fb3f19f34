/** Early stopping that a loop has, and that is switched off: `if self.early_stopping and stalls: break` of `early_stopping=False`. */

import type { Loop, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import { conjuncts } from '../../syntax/conjuncts.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'

/** The switch under which each statement stands that ends the loop; null: there is none, or it is on. */
export function stoppingOff(python: PythonModule, breaks: readonly Stmt[], outer: Loop): Expr | null {
  // What never runs is no statement of the loop.
  const dead = python.dead.find(
    ({ start, end, condition: { test } }) =>
      outer.node.start < start &&
      end <= outer.node.end &&
      test !== null &&
      isSwitch(test) &&
      /\bbreak\b/.test(python.text.slice(start, end)),
  )
  let found: Expr | null = breaks.length === 0 ? (dead?.condition.test ?? null) : null
  for (const { start } of breaks) {
    const around = python.statements.filter(
      (one) => one.type === 'if' && outer.node.start < one.start && one.start < start && start < one.end,
    )
    const off = around
      .flatMap((one) => (one.type === 'if' ? conjuncts(one.test) : []))
      .find((part) => isOff(python, part))
    if (off === undefined) return null
    found ??= off
  }
  return found
}

/** By its default, or as every value is that the file writes for its key: `dict(EARLY_STOPPING=False)`. */
function isOff(python: PythonModule, test: Expr): boolean {
  if (!isSwitch(test)) return false
  const name = lastIdentifier(test)
  const { value, byDefault } = python.condition(test)
  if (value !== null) return !value
  if (byDefault === false) return true
  const key = new RegExp(`\\b${name}(?:["']\\s*:|(?:[ \\t]*:[ \\t]*\\w+)?[ \\t]*=(?!=))[ \\t]*(\\w+)`, 'g')
  const written = [...python.code.matchAll(key)].map((match) => match[1]).filter((one) => one !== name)
  return written.length > 0 && written.every((one) => one === 'False')
}

function isSwitch(test: Expr): boolean {
  return (
    (test.type === 'attribute' || test.type === 'name') &&
    /^(use_?|do_?)?early_?stop(ping)?$/i.test(lastIdentifier(test))
  )
}
