/** Outputs of a network that reach NumPy, which has no bf16: what is computed under autocast goes back to fp32 on its way there. */

import type { Write } from '../../edit/write.js'
import { lastIdentifier } from '../../python/effects.js'
import type { PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, expressionsOf, forEachChild } from '../../syntax/python-children.js'
import { rangeOf } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'

/** Methods that leave the format of numbers as it is. */
const sameFormat =
  /^(detach|cpu|clone|contiguous|squeeze|unsqueeze|view|reshape|flatten|permute|transpose|t|mean|sum|numpy)$/

/**
 * @param names what the statements under autocast bind
 * @param body where they are used, from `from` on
 */
export function backToFull(
  facts: FragmentFacts,
  python: PythonModule,
  names: ReadonlySet<string>,
  body: readonly Stmt[],
  from: number,
): Write[] {
  const found = new Map<number, Expr>()
  // A list of outputs may become an array behind the loop.
  const later = /\.numpy\(/.test(python.code)
  const visit = (expr: Expr): void => {
    if (expr.type === 'call') {
      const { callee } = expr
      if (callee.type === 'attribute' && callee.attr === 'numpy') add(callee.value)
      if (later && /^(append|extend)$/.test(lastIdentifier(callee)))
        for (const { value } of expr.args) if (!isLoss(value)) add(value)
    }
    forEachChild(expr, visit)
  }
  const add = (value: Expr): void => {
    const root = rootOf(value)
    if (root?.type === 'name' && root.start >= from && names.has(root.id)) found.set(root.start, root)
  }
  const walk = (statements: readonly Stmt[]): void => {
    for (const statement of statements) {
      if (statement.type === 'function' || statement.type === 'class') continue
      expressionsOf(statement).forEach(visit)
      blocksOf(statement).forEach(walk)
    }
  }
  walk(body)
  return [...found.values()].map((root) => ({
    kind: 'replace',
    path: facts.path,
    range: rangeOf(facts, root),
    text: `${python.text.slice(root.start, root.end)}.float()`,
  }))
}

/** Losses of PyTorch come out of autocast in fp32. */
function isLoss(value: Expr): boolean {
  const root = rootOf(value)
  return root?.type === 'name' && /loss/i.test(root.id)
}

/** `out` of `out.detach().cpu()[:, 0]`; null: what stands there has another format. */
function rootOf(expr: Expr): Expr | null {
  if (expr.type === 'name') return expr
  if (expr.type === 'subscript') return rootOf(expr.value)
  if (expr.type === 'attribute' && expr.attr === 'data') return rootOf(expr.value)
  if (expr.type !== 'call' || expr.callee.type !== 'attribute') return null
  return sameFormat.test(expr.callee.attr) ? rootOf(expr.callee.value) : null
}
