/** How a failure comes to be heard of: a limit of failures, or the failure itself. */
import type { Change, PythonRange, Refusal, Write } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import type { Claim } from '../../workload/claim.js'
import type { FragmentFacts } from '../reader.js'
import { type Swallowed, swallowedIn } from './swallowed.js'

/** Failures in one run after which it ends. */
const most = 3

export function changeSwallowed(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path } = facts
  if (python === undefined) return { reason: 'this is not written in Python' }
  const { target, start, end } = claim.site
  const rangeOf = (node: { start: number; end: number }): PythonRange => ({
    fragment: facts.fragment.index,
    start: node.start,
    end: node.end,
  })
  if (target?.kind === 'argument') {
    const call = python.callAt({ start, end })
    if (call === null) return { reason: 'the call has changed' }
    return {
      title: 'End the search at the first failure: remove catch',
      safety: 'unsafe',
      writes: [{ kind: 'remove keyword', path, call: rangeOf(call.expr), name: target.name }],
      imports: [],
    }
  }
  const found = swallowedIn(python).find(
    ({ statement, handler }) =>
      statement.start === start &&
      statement.end === end &&
      target?.kind === 'handler' &&
      handler.start === target.start,
  )
  if (found === undefined) return { reason: 'the handler has changed' }
  if (!python.statements.includes(found.statement))
    return { reason: 'count what is suppressed, and let the failure through after a few' }
  if (found.place === 'run') return raiseAgain(found, path, rangeOf)
  return limit(python, found, path, rangeOf)
}

function raiseAgain(
  { handler }: Swallowed,
  path: string,
  rangeOf: (node: { start: number; end: number }) => PythonRange,
): Change | Refusal {
  const last = handler.body.at(-1)
  if (last === undefined) return { reason: 'the handler has changed' }
  if (handler.body.some(({ type }) => type === 'for'))
    return { reason: 'the handler acts as if it had trained: take that out, and raise the failure' }
  const write: Write =
    last.type === 'pass' || last.type === 'return'
      ? { kind: 'replace', path, range: rangeOf(last), text: 'raise' }
      : { kind: 'insert lines', path, where: 'after', statement: rangeOf(last), lines: ['raise'] }
  return { title: 'Re-raise the failure: raise', safety: 'unsafe', writes: [write], imports: [] }
}

function limit(
  python: PythonModule,
  { statement, handler, loop, place: level }: Swallowed,
  path: string,
  rangeOf: (node: { start: number; end: number }) => PythonRange,
): Change | Refusal {
  if (loop === null) return { reason: 'count the failures where the loop is, and raise after the third' }
  const what = level === 'step' ? 'failed_steps' : 'failed_runs'
  if (new RegExp(`\\b${what}\\b`).test(python.text)) return { reason: `the file has a ${what} already` }
  const [first] = handler.body
  const last = handler.body.at(-1)
  if (first === undefined || last === undefined) return { reason: 'the handler has changed' }
  // The count goes over all epochs.
  let outermost = loop
  while (outermost.parent !== null && outermost.parent.function === loop.function)
    outermost = outermost.parent
  const lines = [`${what} += 1`, `if ${what} >= ${most}:`, '    raise']
  // Behind what the handler reports, where nothing before leaves it.
  const leaves = /\b(continue|break|return|raise)\b/.test(python.code.slice(first.start, last.start))
  const place: Write =
    leaves || last.type === 'pass'
      ? { kind: 'insert lines', path, where: 'before', statement: rangeOf(first), lines }
      : /^(continue|break|return)$/.test(last.type)
        ? { kind: 'insert lines', path, where: 'before', statement: rangeOf(last), lines }
        : { kind: 'insert lines', path, where: 'after', statement: rangeOf(last), lines }
  const writes: Write[] = [
    {
      kind: 'insert lines',
      path,
      where: 'before',
      statement: rangeOf(outermost.node),
      lines: [`${what} = 0`],
    },
    ...(first.type === 'pass' && handler.body.length === 1 ? instead(first, lines, path, rangeOf) : [place]),
  ]
  const reset = `${what} = 0`
  const done = (statement.orelse.length > 0 ? statement.orelse : statement.body).at(-1)!
  writes.push({
    kind: 'insert lines',
    path,
    where: /^(continue|break|return)$/.test(done.type) ? 'before' : 'after',
    statement: rangeOf(done),
    lines: [reset],
  })
  return { title: `End the run after ${most} failures in a row`, safety: 'unsafe', writes, imports: [] }
}

function instead(
  { start, end }: { start: number; end: number },
  [first, ...others]: string[],
  path: string,
  rangeOf: (node: { start: number; end: number }) => PythonRange,
): Write[] {
  const range = rangeOf({ start, end })
  return [
    { kind: 'replace', path, range, text: first! },
    { kind: 'insert lines', path, where: 'after', statement: range, lines: others },
  ]
}
