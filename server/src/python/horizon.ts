/** Where the counter of a loop ends, wherever it began: `while epoch < epochs`, `range(start_epoch, epochs)`. */
import type { Expr, Stmt, While } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import type { Folded, Horizon, Loop } from './module.js'
import { rangeOf } from './trips.js'

export function horizonOf(analysis: Analysis, loop: Loop): Horizon | null {
  const { node } = loop
  if (node.type === 'while') return counted(analysis, node.test, node.body) ?? broken(analysis, node)
  const range = rangeOf(analysis, node.iterable)
  const [, limit] = range?.args.filter((argument) => argument.name === null) ?? []
  if (limit === undefined) return null
  return { limit: limit.value, count: analysis.fold(lastOf(limit.value)), inner: false }
}

/** `epochs` of `range(first, epochs + 1)`: whoever writes that counts from one. */
function lastOf(limit: Expr): Expr {
  if (limit.type !== 'binary' || limit.op !== '+' || limit.right.type !== 'constant') return limit
  return limit.right.value === 1 ? limit.left : limit
}

/** The bound that a test sets for a counter that the body raises by one. */
function counted(analysis: Analysis, test: Expr, body: Stmt[]): Horizon | null {
  if (test.type !== 'binary') return null
  if (test.op === 'and') return counted(analysis, test.left, body) ?? counted(analysis, test.right, body)
  if (test.op === 'or') {
    // `or num_epochs == -1`: only a side that never holds leaves the bound.
    const sides = [test.left, test.right]
    const bounded = sides.filter((side) => counted(analysis, side, body) !== null)
    const [other] = sides.filter((side) => !bounded.includes(side))
    if (bounded.length !== 1 || other === undefined) return null
    return analysis.condition(other).byDefault === false ? counted(analysis, bounded[0]!, body) : null
  }
  const [counter, limit] = /^(<|<=|!=)$/.test(test.op)
    ? [test.left, test.right]
    : /^(>|>=)$/.test(test.op)
      ? [test.right, test.left]
      : []
  if (counter === undefined || limit === undefined) return null
  const raised = raises(analysis, body, textOf(analysis, counter), false)
  return raised === null ? null : horizon(analysis, counter, limit, raised)
}

/** `while True` around `if step >= total: break`, or `if step % total == 0: break`. */
function broken(analysis: Analysis, { test, body }: While): Horizon | null {
  if (test.type !== 'constant' || !test.value) return null
  for (const statement of body) {
    if (statement.type !== 'if' || statement.body.at(-1)?.type !== 'break') continue
    const found = reached(analysis, statement.test, body)
    if (found !== null) return found
  }
  return null
}

/** The bound that a counter of the body has come to where the test holds. */
function reached(analysis: Analysis, test: Expr, body: Stmt[]): Horizon | null {
  if (test.type !== 'binary' || !/^(==|>=?)$/.test(test.op)) return null
  const { left, right } = test
  const rest = left.type === 'binary' && left.op === '%' && isZero(right) ? left : null
  const [counter, limit] = rest === null ? [left, right] : [rest.left, rest.right]
  const raised = raises(analysis, body, textOf(analysis, counter), false)
  return raised === null ? null : horizon(analysis, counter, limit, raised)
}

function isZero(expr: Expr): boolean {
  return expr.type === 'constant' && expr.value === 0
}

type Raised = 'pass' | 'inside' | 'several'

/** What counts samples or tokens ends as well, after nobody knows how many steps. */
function horizon(analysis: Analysis, counter: Expr, limit: Expr, raised: Raised): Horizon {
  const count: Folded =
    raised === 'several' && !/step|frame/i.test(textOf(analysis, counter))
      ? { state: 'unknown', because: 'it counts several at once' }
      : analysis.fold(limit)
  return { limit, count, inner: raised !== 'pass' }
}

/** Where the counter is raised: by one in each pass, or in the passes of a loop inside, or by all that a pass has done; null: nowhere. */
function raises(analysis: Analysis, block: readonly Stmt[], counter: string, inside: boolean): Raised | null {
  for (const statement of block) {
    const raised = raiseOf(analysis, statement, counter)
    if (raised !== null) return raised === 'several' ? 'several' : inside ? 'inside' : 'pass'
    const deeper = inside || statement.type === 'for' || statement.type === 'while'
    if (statement.type === 'function' || statement.type === 'class') continue
    for (const inner of blocksOf(statement)) {
      const found = raises(analysis, inner, counter, deeper)
      if (found !== null) return found
    }
  }
  return null
}

/** `step += 1`, `step = step + 1`; several: `step += batch_size`. */
function raiseOf(analysis: Analysis, statement: Stmt, counter: string): 'one' | 'several' | null {
  const isCounter = (expr: Expr) => textOf(analysis, expr) === counter
  if (statement.type === 'augassign')
    return /^\+=?$/.test(statement.op) && isCounter(statement.target) ? amount(statement.value) : null
  if (statement.type !== 'assign' || statement.value?.type !== 'binary') return null
  const { op, left, right } = statement.value
  return op === '+' && statement.targets.some(isCounter) && isCounter(left) ? amount(right) : null
}

function amount(expr: Expr): 'one' | 'several' | null {
  if (expr.type === 'constant')
    return typeof expr.value !== 'number' || expr.value < 1 ? null : expr.value === 1 ? 'one' : 'several'
  return /^(name|attribute|call|subscript|binary)$/.test(expr.type) ? 'several' : null
}

function textOf({ text }: Analysis, { start, end }: Expr): string {
  return text.slice(start, end).replace(/\s+/g, '')
}
