/** A file that nobody could parse: one document of which nothing is known. */
import type { ConfigFacts } from './node.js'

export function unreadFacts(problem: string, { length }: string): ConfigFacts {
  const root = { kind: 'unknown' as const, because: problem, start: 0, end: length }
  return { documents: [{ index: 0, root, templated: false, hasErrors: true }], comments: [], problem }
}
