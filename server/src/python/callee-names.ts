/** The names under which readers know what is called, and the arguments that come with every call of it. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { classOf } from './callables.js'
import { commonClass } from './canonical-names.js'
import type { Call } from './module.js'
import { bindingsOf, definition, depthLimit, nameOf } from './names.js'

/** Name under which a call is known to readers: the library callable behind aliases, partials and plain subclasses. */
export function calleeName(analysis: Analysis, callee: Expr): string | null {
  const direct = nameOf(analysis, callee)
  if (direct !== null) return direct
  const chosen = choiceName(analysis, callee)
  if (chosen !== null) return chosen
  // A subclass that adds no constructor of its own is called like its base.
  const klass = classOf(analysis, callee)
  if (klass !== null && !klass.methods.has('__init__') && !klass.methods.has('__new__')) {
    return klass.bases.find((base) => base !== 'object') ?? null
  }
  return null
}

/** `Seq2SeqTrainer if args.generate else Trainer`, and one assignment in each branch: what all of them are. */
export function choiceName(analysis: Analysis, callee: Expr): string | null {
  const options = alternatives(analysis, callee, 0)
  if (options.length < 2) return null
  const names = options.map(
    (one) => nameOf(analysis, one) ?? classOf(analysis, one)?.bases.find((base) => base !== 'object') ?? null,
  )
  return names.every((name) => name !== null) ? commonClass(names) : null
}

/** The names that a name may stand for; one that is no name itself stays what it is. */
function alternatives(analysis: Analysis, expr: Expr, depth: number): Expr[] {
  if (depth > depthLimit) return [expr]
  const inner = (part: Expr): Expr[] => alternatives(analysis, part, depth + 1)
  if (expr.type === 'conditional') return [...inner(expr.then), ...inner(expr.otherwise)]
  if (expr.type !== 'name') return [expr]
  const bindings = bindingsOf(analysis, expr.id, expr.start)
  if (bindings.length > mostAlternatives) return [expr]
  const values = bindings.map(({ kind, value, unpack }) =>
    kind === 'assign' && unpack === null ? value : null,
  )
  return values.length > 0 && values.every((value) => value !== null) ? values.flatMap(inner) : [expr]
}

const mostAlternatives = 4

/** The `partial(...)` call behind a callee, whose arguments come with every call. */
export function partialBehind(analysis: Analysis, callee: Expr): Call | null {
  if (callee.type !== 'name' && callee.type !== 'attribute') return null
  const value = definition(analysis, callee)
  if (value.type !== 'call' || value === (callee as Expr)) return null
  return nameOf(analysis, value.callee) === 'functools.partial'
    ? (analysis.callByExpr.get(value) ?? null)
    : null
}
