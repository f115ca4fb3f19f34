import type { Change, Refusal } from '../../edit/write.js'
import type { Span } from '../../text/location.js'
import type { FragmentFacts } from '../reader.js'

/** Takes a command out with its line, where it stands alone on it. */
export function removeLine(title: string, { start, end }: Span, facts: FragmentFacts): Change | Refusal {
  const { text, index } = facts.fragment
  const before = text.lastIndexOf('\n', start - 1) + 1
  const next = text.indexOf('\n', end)
  const after = next < 0 ? text.length : next + 1
  const rest = text.slice(end, next < 0 ? after : next)
  if (text.slice(before, start).trim() !== '' || !/^(;\s*)?(#.*)?$/.test(rest.trim()))
    return { reason: 'there are other commands on the line' }
  return {
    title,
    safety: 'unsafe',
    writes: [
      { kind: 'replace text', path: facts.path, fragment: index, start: before, end: after, text: '' },
    ],
    imports: [],
  }
}
