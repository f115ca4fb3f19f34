/** An expression made anew of other parts. */
import type { Span } from '../text/location.js'
import type { Expr } from './python-ast.js'

/** The same kind of expression at another place; what has no plain parts (`await`, `yield`, `lambda`) keeps none. */
export function rebuilt(expr: Expr, placeOf: (span: Span) => Span, part: (expr: Expr) => Expr): Expr {
  const here = placeOf(expr)
  switch (expr.type) {
    case 'name':
    case 'constant':
      return { ...expr, ...here }
    case 'attribute':
    case 'starred':
    case 'walrus':
      return { ...expr, value: part(expr.value), ...here }
    case 'list':
    case 'tuple':
    case 'set':
      return { ...expr, items: expr.items.map(part), ...here }
    case 'dict': {
      const entries = expr.entries.map((one) => ({
        key: one.key === null ? null : part(one.key),
        value: part(one.value),
        ...placeOf(one),
      }))
      return { ...expr, entries, ...here }
    }
    case 'call': {
      const args = expr.args.map((one) => ({ ...one, value: part(one.value), ...placeOf(one) }))
      return { ...expr, callee: part(expr.callee), args, ...here }
    }
    case 'binary':
      return { ...expr, left: part(expr.left), right: part(expr.right), ...here }
    case 'unary':
      return { ...expr, operand: part(expr.operand), ...here }
    case 'conditional': {
      const [test, then, otherwise] = [expr.test, expr.then, expr.otherwise].map(part) as [Expr, Expr, Expr]
      return { ...expr, test, then, otherwise, ...here }
    }
    case 'subscript':
      return { ...expr, value: part(expr.value), index: part(expr.index), ...here }
    case 'fstring':
      return { ...expr, parts: expr.parts.map((one) => (typeof one === 'string' ? one : part(one))), ...here }
    case 'comprehension': {
      const clauses = expr.clauses.map(({ target, iterable }) => ({ target, iterable: part(iterable) }))
      return {
        ...expr,
        element: part(expr.element),
        ...(expr.value === undefined ? {} : { value: part(expr.value) }),
        clauses,
        conditions: expr.conditions.map(part),
        ...here,
      }
    }
    default:
      return { type: 'other', children: [], ...here }
  }
}
