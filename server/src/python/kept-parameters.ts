/** Parameters of methods that their object keeps: `self.sum += value * n`, `self.values.append(value)`. */
import type { Expr, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Func, NamedParameter } from './module.js'

export function keptParameters({ node, class: klass }: Func): NamedParameter[] {
  if (klass === null || node.params[0]?.name !== 'self') return []
  const statements = allOf(node.body)
  const kept = new Set(statements.flatMap(keptTerms))
  if (kept.size === 0) return []
  // `value = value.item()`: what is kept is no longer what was passed.
  const rebound = new Set(
    statements.flatMap((one) =>
      one.type === 'assign'
        ? one.targets.flatMap((target) => (target.type === 'name' ? [target.id] : []))
        : [],
    ),
  )
  return node.params
    .slice(1)
    .flatMap(({ name }, position) => (kept.has(name) && !rebound.has(name) ? [{ name, position }] : []))
}

function allOf(block: readonly Stmt[], found: Stmt[] = []): Stmt[] {
  for (const statement of block) {
    if (statement.type === 'function' || statement.type === 'class') continue
    found.push(statement)
    for (const inner of blocksOf(statement)) allOf(inner, found)
  }
  return found
}

/** Names whose values a statement adds to what the object holds. */
function keptTerms(statement: Stmt): string[] {
  if (statement.type === 'augassign')
    return statement.op.startsWith('+') && isHeld(statement.target) ? termsOf(statement.value) : []
  if (statement.type === 'assign') {
    const { targets, value } = statement
    const adds = value?.type === 'binary' && value.op === '+' && targets.some(isHeld) && isHeld(value.left)
    return adds ? termsOf(value.right) : []
  }
  if (statement.type !== 'expr' || statement.value.type !== 'call') return []
  const { callee, args } = statement.value
  const appends = callee.type === 'attribute' && callee.attr === 'append' && isHeld(callee.value)
  return appends && args[0] !== undefined ? termsOf(args[0].value) : []
}

/** `self.total`, `self.totals[name]`. */
function isHeld(expr: Expr): boolean {
  if (expr.type === 'subscript') return isHeld(expr.value)
  return expr.type === 'attribute' && expr.value.type === 'name' && expr.value.id === 'self'
}

/** `value`, `value * n`. */
function termsOf(expr: Expr): string[] {
  if (expr.type === 'name') return [expr.id]
  if (expr.type !== 'binary' || !/^[*/]$/.test(expr.op)) return []
  return [...termsOf(expr.left), ...(expr.op === '*' ? termsOf(expr.right) : [])]
}
