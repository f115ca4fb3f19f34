/** Intervals that are a part of an epoch: `if step % (len(loader) // 10) == 0`. */
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import { numberIn } from '../../values/argument.js'

/** Names and attributes that are followed one behind the other. */
const mostNames = 3

/** Which part of an epoch lies between two times that such a test holds; null: it is none, or not known. */
export function shareOf(python: PythonModule, test: Expr, names = 0): number | null {
  const ofBatches: Length = (counted) => isGoneThrough(python, counted)
  if (test.type === 'unary') return shareOf(python, test.operand, names)
  if (test.type === 'name' && names < mostNames) {
    const value = python.definition(test)
    return value === test ? null : shareOf(python, value, names + 1)
  }
  if (test.type !== 'binary') return null
  if (test.op === '%') {
    const share = partOf(python, test.right, ofBatches, 0)
    return share !== null && share > 0 && share < 1 ? share : null
  }
  return shareOf(python, test.left, names) ?? shareOf(python, test.right, names)
}

/** `len(loader) // 10`, `max(1, int(0.1 * len(data)))` as a share of that length; null: it is no such part. */
export function partOfLength(python: PythonModule, expr: Expr): number | null {
  return partOf(python, expr, () => true, 0)
}

/** What may be counted by `len`. */
type Length = (counted: Expr) => boolean

/** A loop takes one after another out of it, as `loader` of `enumerate(loader)`: a step is no sample of a data set. */
function isGoneThrough(python: PythonModule, counted: Expr): boolean {
  const textOf = ({ start, end }: Expr) => python.code.slice(start, end)
  const through = (iterable: Expr): Expr =>
    iterable.type === 'call' && /^(enumerate|tqdm|trange|track|iter)$/.test(lastName(iterable.callee))
      ? through(iterable.args[0]?.value ?? iterable.callee)
      : iterable
  return python.loops.some(
    ({ node }) => node.type === 'for' && textOf(through(node.iterable)) === textOf(counted),
  )
}

const rounds = /^(int|round|math\.(ceil|floor)|numpy\.(ceil|floor|round))$/

/** `len(loader) // 10`, `max(1, int(0.1 * len(loader)))` as a share of the length. */
function partOf(python: PythonModule, expr: Expr, counts: Length, names: number): number | null {
  if (expr.type === 'name' || expr.type === 'attribute') {
    const value = names < mostNames ? python.definition(expr) : expr
    return value === expr ? null : partOf(python, value, counts, names + 1)
  }
  if (expr.type === 'call') {
    const name = python.nameOf(expr.callee) ?? (expr.callee.type === 'name' ? expr.callee.id : '')
    const [first, second, ...more] = expr.args.map(({ value }) => value)
    if (first === undefined || more.length > 0) return null
    if (name === 'len') return second === undefined && counts(first) ? 1 : null
    if (rounds.test(name)) return partOf(python, first, counts, names)
    return name === 'max' && second !== undefined
      ? (partOf(python, first, counts, names) ?? partOf(python, second, counts, names))
      : null
  }
  if (expr.type !== 'binary') return null
  const [left, right] = [expr.left, expr.right].map((side) => numberIn(python.fold(side)))
  if (expr.op === '*') {
    const share = partOf(python, left == null ? expr.left : expr.right, counts, names)
    const factor = left ?? right
    return share === null || factor == null ? null : share * factor
  }
  const whole =
    /^\/\/?$/.test(expr.op) && right != null && right > 0 ? partOf(python, expr.left, counts, names) : null
  return whole === null ? null : whole / right!
}
