/** Takes methods out of a chain of calls: `task.set_a(1).set_b(2)`. */
import type { Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { FragmentFacts } from '../reader.js'

export function removeMethods(facts: FragmentFacts, python: PythonModule, calls: readonly Call[]): Write[] {
  const { path, fragment } = facts
  const range = (start: number, end: number) => ({ fragment: fragment.index, start, end })
  const writes: Write[] = []
  const gone = new Set<Call['statement']>()
  for (const call of calls) {
    const { statement } = call
    if (gone.has(statement)) continue
    // A statement that only sets these goes with them; one that also makes the task, or sets more, stays.
    if (statement.type === 'expr' && onlyThese(python, statement.value, calls)) {
      gone.add(statement)
      writes.push({ kind: 'remove statement', path, statement: range(statement.start, statement.end) })
      continue
    }
    const { callee, end } = call.expr
    if (callee.type !== 'attribute') continue
    let from = callee.value.end
    // Parentheses that close around the receiver belong to it.
    while (from < end && !/^[\s\\]*\./.test(python.text.slice(from, end))) from++
    writes.push({ kind: 'replace', path, range: range(from, end), text: '' })
  }
  return writes
}

/** A name with nothing but these methods called on it. */
function onlyThese(python: PythonModule, value: Call['expr']['callee'], calls: readonly Call[]): boolean {
  let expr = value
  while (expr.type === 'call' && expr.callee.type === 'attribute') {
    const call = python.callOf(expr)
    if (call === null || !calls.includes(call)) return false
    expr = expr.callee.value
  }
  return expr.type === 'name'
}
