/** Moves a cache that stands before the work that it should save to behind it. */

import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Assign, CallExpr, Expr } from '../../syntax/python-ast.js'
import { append, changeOf, rangeOf } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'

/** What goes with the cache: before it the order would be the same in every epoch, and all of it would not be kept. */
const movesAlong = /^(shuffle|repeat|prefetch|take|skip|shard)$/
/** What may stand on either side of them, as it handles one element after the other. */
const staysThere = /^(map|filter|with_options)$/

/** `steps` are all of the pipeline; `cache` stands before `last`. */
export function moveBehind(
  facts: FragmentFacts,
  steps: readonly Call[],
  cache: Call,
  last: Call,
): Change | Refusal {
  const python = facts.python!
  const byHand = { reason: `move .${cache.method}(…) behind .${last.method}(…)` }
  if (cache.method !== 'cache') return byHand
  if (cache.expr.args.length > 0)
    return { reason: `${byHand.reason}, and delete the file of what it has kept so far` }
  const between = steps.slice(steps.indexOf(cache), steps.indexOf(last))
  const moved = between.filter((step) => step === cache || movesAlong.test(step.method))
  if (between.some((step) => !moved.includes(step) && !staysThere.test(step.method))) return byHand
  const statements = statementsOf(python, cache, last)
  const chained = statements?.flatMap(({ value }) => chainOf(value)) ?? chainOf(last.expr)
  if (between.some(({ expr }) => !chained.includes(expr)) || !chained.includes(last.expr)) return byHand
  const emptied = (statements ?? []).filter(
    ({ value }) =>
      value?.type === 'call' && chainOf(value).every((expr) => moved.some((one) => one.expr === expr)),
  )
  const writes: Write[] = []
  let text = ''
  for (const step of moved) {
    const piece = pieceOf(step)
    const written = python.text.slice(piece.start, piece.end)
    // From a chain over several lines into another statement only the call itself can go.
    text += step.statement === last.statement ? written : written.replace(/^[\s\\]+/, '')
    if (text.includes('#')) return byHand
    if (!emptied.some((one) => one === step.statement))
      writes.push({ kind: 'replace', path: facts.path, range: rangeOf(facts, piece), text: '' })
  }
  for (const { start, end } of emptied) {
    const statement = { fragment: facts.fragment.index, start, end }
    writes.push({ kind: 'remove statement', path: facts.path, statement })
  }
  writes.push(append(facts, last, text))
  return changeOf(`Keep what .${last.method}(…) makes: move .cache() behind it`, writes)
}

/** `.cache()` without what it is called on. */
function pieceOf({ expr }: Call): { start: number; end: number } {
  return { start: expr.callee.type === 'attribute' ? expr.callee.value.end : expr.start, end: expr.end }
}

/** The calls of a chain of methods, from its end on. */
function chainOf(expr: Expr | null): CallExpr[] {
  const found: CallExpr[] = []
  let rest = expr
  while (rest?.type === 'call') {
    found.push(rest)
    rest = rest.callee.type === 'attribute' ? rest.callee.value : null
  }
  return found
}

/**
 * The statements from the one call to the other, where nothing else could see what lies between them: several in a row
 * that give one name a new value each. Null: it is one statement, or others lie between.
 */
function statementsOf(python: PythonModule, first: Call, last: Call): Assign[] | null {
  const [from, to] = [first.statement, last.statement]
  if (from === to) return null
  const found: Assign[] = []
  for (const statement of python.statements) {
    if (statement.start < from.start || statement.start > to.start) continue
    const before = found.at(-1)
    if (statement.type !== 'assign' || (before !== undefined && !follows(python, statement, before)))
      return null
    found.push(statement)
  }
  return found
}

/** `data = data.map(…)` right behind another value of `data`. */
function follows(python: PythonModule, statement: Assign, before: Assign): boolean {
  const [target, ...others] = statement.targets
  const [same] = before.targets
  if (target?.type !== 'name' || same?.type !== 'name' || target.id !== same.id || others.length > 0)
    return false
  const receiver = chainOf(statement.value).at(-1)?.callee
  const root = receiver?.type === 'attribute' ? receiver.value : null
  if (root?.type !== 'name' || root.id !== target.id) return false
  // Only comments and empty lines lie between them: no `else:`.
  const gap = python.text.slice(before.end, statement.start)
  return /^(\s|#[^\n]*)*$/.test(gap) && column(python, statement.start) === column(python, before.start)
}

function column({ text }: PythonModule, offset: number): number {
  return offset - text.lastIndexOf('\n', offset - 1)
}
