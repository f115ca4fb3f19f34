/** Expressions around losses: which have the graph of a step, and which only its value. */
import type { PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import type { HotCode, HotStatement } from './hot-code.js'

/** `loss`, `outputs.loss`; null: something else. */
export function dotted(expr: Expr): string | null {
  if (expr.type === 'name') return expr.id
  const base = expr.type === 'attribute' ? dotted(expr.value) : null
  return base === null || expr.type !== 'attribute' ? null : `${base}.${expr.attr}`
}

/** `float(loss)`, `loss.detach().cpu()`, and in a product or sum those of a loss: `loss.item() * n`. */
export function isPlain(expr: Expr, losses: ReadonlySet<string>): boolean {
  if (expr.type !== 'binary') return readFrom(expr) !== null
  const { left, right } = expr
  if (termOf(left, losses) !== null || termOf(right, losses) !== null) return false
  return [left, right].some((side) => {
    if (side.type === 'binary') return isPlain(side, losses)
    const read = readFrom(side)
    return read !== null && losses.has(dotted(read) ?? '')
  })
}

/** The tensor whose value is read or detached; null: the expression may have a graph. */
function readFrom(expr: Expr): Expr | null {
  let value = expr
  while (value.type === 'call') {
    const { callee } = value
    if (callee.type === 'name') return callee.id === 'float' ? (value.args[0]?.value ?? null) : null
    if (callee.type !== 'attribute') return null
    if (/^(item|detach|tolist|numpy)$/.test(callee.attr)) return callee.value
    value = callee.value
  }
  return value.type === 'attribute' && value.attr === 'data' ? value.value : null
}

/** The loss in `loss`, `loss * n`, `n * loss / m`: a term that keeps its graph. */
function termOf(expr: Expr, losses: ReadonlySet<string>): Expr | null {
  const name = dotted(expr)
  if (name !== null) return losses.has(name) ? expr : null
  if (expr.type !== 'binary' || !/^[*/]$/.test(expr.op)) return null
  return termOf(expr.left, losses) ?? (expr.op === '*' ? termOf(expr.right, losses) : null)
}

/** What is collected at once: the values of a dictionary, the items of a tuple. */
export function partsOf(expr: Expr): Expr[] {
  if (expr.type === 'dict') return expr.entries.map(({ value }) => value)
  return expr.type === 'tuple' || expr.type === 'list' ? expr.items : [expr]
}

/** A sum that is formed without gradients has no graph. */
export function addsWithoutGradients({ text }: PythonModule, { statements }: HotCode, inner: Stmt): boolean {
  return statements.some(
    ({ statement }) =>
      statement.type === 'with' &&
      statement.start < inner.start &&
      inner.end <= statement.end &&
      statement.items.some(({ value }) =>
        /no_?grad|inference_?mode/i.test(text.slice(value.start, value.end)),
      ),
  )
}

/** What a tensor keeps its graph through. */
const keepsGraph =
  /^(mean|sum|clone|squeeze|unsqueeze|view|reshape|to|cuda|cpu|float|double|half|sqrt|add|sub|mul|div)$/

/** Arithmetic with a loss in it: `loss + penalty`, `0.5 * loss.mean()`, `sum([loss, penalty])`. */
function carriesGraph(expr: Expr, losses: ReadonlySet<string>): boolean {
  const name = dotted(expr)
  if (name !== null) return losses.has(name)
  if (expr.type === 'unary') return expr.op === '-' && carriesGraph(expr.operand, losses)
  if (expr.type === 'binary')
    return (
      /^([+*/-]|\*\*)$/.test(expr.op) && (carriesGraph(expr.left, losses) || carriesGraph(expr.right, losses))
    )
  if (expr.type !== 'call') return false
  const { callee, args } = expr
  if (callee.type === 'attribute' && keepsGraph.test(callee.attr) && carriesGraph(callee.value, losses))
    return true
  const sums =
    callee.type === 'name'
      ? callee.id === 'sum'
      : callee.type === 'attribute' && /^(add|stack|sum|mean)$/.test(callee.attr)
  return sums && args.some(({ value }) => partsOf(value).some((part) => carriesGraph(part, losses)))
}

/** `total = loss + weight * penalty`: further names of what still has the graph of a loss when the step ends. */
export function otherNames(
  python: PythonModule,
  code: HotCode,
  own: readonly HotStatement[],
  losses: ReadonlySet<string>,
): Set<string> {
  const live = new Set(losses)
  const found = new Set<string>()
  for (const { statement } of own) {
    if (statement.type !== 'assign' || statement.value === null) continue
    const { targets, value } = statement
    const names = targets.flatMap((target) => dotted(target) ?? [])
    const carries = carriesGraph(value, live)
    // A sum that takes itself up is no name of one step's loss.
    const takesUp = names.some((name) => carriesGraph(value, new Set([name])))
    for (const name of names) {
      if (!carries) {
        live.delete(name)
        found.delete(name)
        if (losses.has(name) && !isPlain(value, losses)) live.add(name)
      } else if (!takesUp && !losses.has(name) && !addsWithoutGradients(python, code, statement)) {
        live.add(name)
        found.add(name)
      }
    }
  }
  return found
}

/** The loss in a term, or arithmetic that holds one; null: the expression keeps no graph. */
export function keptTerm(expr: Expr, losses: ReadonlySet<string>): Expr | null {
  return termOf(expr, losses) ?? (carriesGraph(expr, losses) ? expr : null)
}
