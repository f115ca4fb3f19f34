/** `with contextlib.suppress(Exception):`, which catches as a handler does that does nothing. */
import type { PythonModule } from '../../python/module.js'
import type { Stmt, Try } from '../../syntax/python-ast.js'

/** The statement as the `try` that it stands for; null: it is none. */
export function asTry(python: PythonModule, statement: Stmt): Try | null {
  if (statement.type === 'try') return statement
  if (statement.type !== 'with') return null
  for (const { value } of statement.items) {
    if (value.type !== 'call' || python.nameOf(value.callee) !== 'contextlib.suppress') continue
    const [first, ...others] = value.args.map((one) => one.value)
    if (first === undefined) continue
    const { start, end, body } = statement
    const type = others.length === 0 ? first : { ...value, type: 'tuple' as const, items: [first, ...others] }
    const handler = { type, body: [], start: value.start, end: value.end }
    return { type: 'try', start, end, body, handlers: [handler], orelse: [], finally: [] }
  }
  return null
}
