/** Whether a function does its work each time it is called, and what is something else each time. */
import type { Expr } from '../syntax/python-ast.js'
import { childrenOf } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import type { Func } from './code.js'

/** `@lru_cache`, `@cached_property`, `@memory.cache`. */
export function isRemembered(func: Func): boolean {
  return func.node.decorators.some((decorator) => /cache|memo/i.test(namesIn(decorator).join(' ')))
}

function namesIn(expr: Expr): string[] {
  const own = expr.type === 'name' ? [expr.id] : expr.type === 'attribute' ? [expr.attr] : []
  return [...own, ...childrenOf(expr).flatMap(namesIn)]
}

/** `if item in self.cache: return self.cache[item]` above. */
export function leavesBefore({ node }: Func, offset: number): boolean {
  return once(node, 'end of the first way out', () => firstWayOut(node)) <= offset
}

function firstWayOut({ body }: Func['node']): number {
  const out = body.find(
    (statement) => statement.type === 'if' && statement.body.some((one) => one.type === 'return'),
  )
  return out?.end ?? Number.POSITIVE_INFINITY
}

/** Random choices, items of iterators, clocks. `name`: that of the callee, null where it is not known. */
export function isDrawn(name: string | null, callee: Expr): boolean {
  return (
    /^(random|numpy\.random|secrets|time|datetime|uuid)\.|^torch\.rand|^next$/.test(name ?? '') ||
    (callee.type === 'attribute' &&
      /^(choice|choices|randint|randrange|sample|pop|get_nowait|next|permutation)$/.test(callee.attr))
  )
}
