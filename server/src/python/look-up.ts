/** Finding calls by name, and what stands at an offset, without going through all of a module. */

import type { Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Span } from '../text/location.js'
import { lowerBound } from '../text/sorted.js'
import type { Call } from './module.js'

/** The groups of several names, in the order of the source. */
export function inOrder(groups: Map<string, Call[]>, names: string[]): Call[] {
  const found = [...new Set(names)].map((name) => groups.get(name) ?? []).filter((group) => group.length > 0)
  if (found.length <= 1) return [...(found[0] ?? [])]
  return found.flat().sort((a, b) => a.index - b.index)
}

/** The last statement of a block that begins at or before an offset. */
function lastBefore(block: readonly Stmt[], offset: number): Stmt | null {
  return block[lowerBound(block, ({ start }) => start <= offset) - 1] ?? null
}

/** The innermost statement that holds an offset. */
export function statementAt(body: Stmt[], offset: number): Stmt | null {
  let found: Stmt | null = null
  let blocks: readonly Stmt[][] = [body]
  for (;;) {
    let inner: Stmt | null = null
    for (const block of blocks) {
      const last = lastBefore(block, offset)
      if (last !== null && offset < last.end) inner = last
    }
    if (inner === null) return found
    found = inner
    blocks = blocksOf(inner)
  }
}

/** Index of the first call that starts at an offset or behind it; calls are in the order of their starts. */
function firstFrom(calls: readonly Call[], start: number): number {
  return lowerBound(calls, ({ expr }) => expr.start < start)
}

/** The calls that a piece of code holds, in the order of the source. */
export function callsWithin(calls: readonly Call[], { start, end }: Span): Call[] {
  const found: Call[] = []
  for (let index = firstFrom(calls, start); index < calls.length; index++) {
    const { expr } = calls[index]!
    if (expr.start > end) break
    if (expr.end <= end) found.push(calls[index]!)
  }
  return found
}

/** The call with exactly this span; calls are in the order of their starts. */
export function callAt(calls: readonly Call[], start: number, end: number): Call | null {
  const first = firstFrom(calls, start)
  for (let index = first; index < calls.length && calls[index]!.expr.start === start; index++)
    if (calls[index]!.expr.end === end) return calls[index]!
  return null
}
