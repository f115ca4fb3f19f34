/** Which branches of conditions a statement stands in: what stands in two branches of one is never done in one run. */
import type { Call, PythonModule } from '../python/module.js'
import type { Expr, If, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Location } from '../text/location.js'
import type { ClaimBuilder } from '../workload/builder.js'

/** From the outside in. */
export interface Branch {
  condition: Expr
  holds: boolean
}

/** The conditions under which the program starts what the call asks for; null: none. */
export function startedUnder(
  python: PythonModule,
  call: Call,
  claims: ClaimBuilder,
): { condition: Location; holds: boolean }[] | null {
  const branches = branchesOf(python, call).map(({ condition, holds }) => ({
    condition: claims.locate(condition),
    holds,
  }))
  return branches.length > 0 ? branches : null
}

export function branchesOf(python: PythonModule, call: Call): Branch[] {
  const found: Branch[] = []
  let block: readonly Stmt[] | undefined = call.function?.node.body ?? python.tree.body
  while (block !== undefined) {
    const within: Stmt | undefined = block.find(
      ({ start, end }) => start <= call.expr.start && call.expr.end <= end,
    )
    if (within === undefined) break
    for (const before of block) {
      if (before === within) break
      // What follows `if …: return` is its other branch.
      if (before.type === 'if' && before.orelse.length === 0 && leaves(before))
        found.push({ condition: before.test, holds: false })
    }
    const inner: readonly Stmt[] | undefined = blocksOf(within).find((one) =>
      one.some(({ start, end }) => start <= call.expr.start && call.expr.end <= end),
    )
    if (within.type === 'if' && inner !== undefined)
      found.push({ condition: within.test, holds: inner === within.body })
    block = inner
  }
  return found
}

function leaves({ body }: If): boolean {
  const last = body.at(-1)
  return last?.type === 'return' || last?.type === 'raise'
}
