/** Takes one method out of a chain of calls: `task.set_a(1).set_b(2)`. */
import type { Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { UnitFacts } from '../reader.js'

export function removeMethod(facts: UnitFacts, python: PythonModule, call: Call): Write {
  const { path, unit } = facts
  const range = (start: number, end: number) => ({ unit: unit.index, start, end })
  const { callee, start, end } = call.expr
  const receiver = callee.type === 'attribute' ? callee.value : null
  const { statement } = call
  const alone = statement.type === 'expr' && statement.value === call.expr
  // A statement that only sets this goes with it; one that also makes the task stays.
  if (receiver === null || (alone && receiver.type !== 'call'))
    return { kind: 'remove statement', path, statement: range(statement.start, statement.end) }
  let from = receiver.end
  // The receiver's own closing parentheses do not belong to it.
  while (from < end && /[)\s\\]/.test(python.text[from]!)) {
    const rest = python.text.slice(from, end)
    if (/^[\s\\]*\./.test(rest)) break
    from++
  }
  return { kind: 'replace', path, range: range(Math.max(from, start), end), text: '' }
}
