/** Where statements stand, for comments that speak of "this statement". Sorted, and no two overlap. */
import type { ConfigFacts, ConfigNode } from '../config/node.js'
import type { ShellFacts } from '../config/shell-facts.js'
import type { PythonTree, Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Span } from '../text/location.js'

/** Simple statements as a whole; of a compound statement its header, up to where the colon stands. */
export function pythonStatements(tree: PythonTree): Span[] {
  const spans: Span[] = []
  const stack = [tree.body]
  while (stack.length > 0) {
    for (const statement of stack.pop()!) {
      spans.push({ start: statement.start, end: headerEnd(statement) })
      stack.push(...blocksOf(statement))
    }
  }
  return sorted(spans)
}

function headerEnd(statement: Stmt): number {
  const last = (nodes: readonly (Span | null | undefined)[]) =>
    nodes.reduce((end, node) => Math.max(end, node?.end ?? 0), statement.start)
  switch (statement.type) {
    case 'if':
    case 'while':
      return statement.test.end
    case 'for':
      return statement.iterable.end
    case 'with':
      return last(statement.items.flatMap((item) => [item.value, item.target]))
    case 'try':
      return statement.start
    case 'function':
      return Math.max(
        statement.nameStart + statement.name.length,
        last([...statement.params, statement.returns]),
      )
    case 'class':
      return Math.max(statement.nameStart + statement.name.length, last(statement.bases))
    case 'match':
      return statement.subject.end
    default:
      return statement.end
  }
}

/** Keys with a value that is a scalar or a list of scalars: what one reads as one setting. */
export function configStatements(facts: ConfigFacts): Span[] {
  const spans: Span[] = []
  const stack: ConfigNode[] = facts.documents.map((document) => document.root)
  while (stack.length > 0) {
    const node = stack.pop()!
    if (node.kind === 'list') stack.push(...node.items)
    else if (node.kind === 'map') {
      for (const { keyStart, keyEnd, value } of node.entries) {
        const flat = value.kind === 'list' && value.items.every((item) => item.kind === 'scalar')
        if (value.kind === 'scalar' || flat) spans.push({ start: keyStart, end: Math.max(keyEnd, value.end) })
        else stack.push(value)
      }
    }
  }
  return sorted(spans)
}

export function shellStatements(facts: ShellFacts): Span[] {
  return sorted([...facts.commands, ...facts.directives].map(({ start, end }) => ({ start, end })))
}

/** By start; what lies within an earlier one (an alias seen twice, a command substitution) is left out. */
function sorted(spans: Span[]): Span[] {
  const kept: Span[] = []
  for (const span of spans.sort((a, b) => a.start - b.start || b.end - a.end)) {
    const before = kept[kept.length - 1]
    if (before === undefined || span.start >= before.end) kept.push(span)
  }
  return kept
}
