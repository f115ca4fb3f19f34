/** Adds one callback to the callbacks of a call, however they are written. */

import type { Refusal, Write } from '../edit/write.js'
import type { Call, PythonModule } from '../python/module.js'
import { lastName } from '../syntax/python-children.js'
import { mayBePassed } from '../values/argument.js'
import { givenByCallers } from '../values/given-by-callers.js'
import { passedCallbacks } from './callback-list.js'
import { rangeOf } from './change-answer.js'
import type { FragmentFacts } from './reader.js'

/** `code`: the callback, or a name for it. `position` of the argument `keyword`; null: keyword only. */
export function addCallback(
  python: PythonModule,
  call: Call,
  code: string,
  facts: FragmentFacts,
  position: number | null = null,
  keyword = 'callbacks',
): Write | Refusal {
  const { path } = facts
  const set = (items: string): Write => ({
    kind: 'set keyword',
    path,
    call: rangeOf(facts, call.expr),
    name: keyword,
    value: `[${items}]`,
  })
  const given = python.argument(call, keyword, position)
  if (!mayBePassed(given)) return set(code)
  const list = passedCallbacks(python, given)
  if (list === null) return { reason: 'the list of callbacks cannot be read' }
  if (list.display?.type === 'list') {
    const { start, end } = list.display
    // The import or the name must be there before the list is made.
    return start < call.expr.start && /^\w+$/.test(code)
      ? { reason: 'the list is made before the callback' }
      : { kind: 'append item', path, list: rangeOf(facts, { start, end }), value: code }
  }
  const written = call.expr.args.find((one) => one.name === keyword)
  if (list.items.length === 0 && written !== undefined)
    return givenByCallers(python, written.value) === false
      ? { reason: 'callers may pass callbacks: add it to what they pass' }
      : set(code)
  const made = written === undefined ? null : python.definition(written.value)
  // A function that makes it may well return a list.
  if (made?.type === 'call' && !/^_*[A-Z]/.test(lastName(made.callee)))
    return { reason: 'the callbacks are made by a function: add it there' }
  if (list.alone && written !== undefined) {
    const { start, end } = written.value
    return set(`${python.text.slice(start, end)}, ${code}`)
  }
  return { reason: 'the callbacks are not written as a list' }
}
