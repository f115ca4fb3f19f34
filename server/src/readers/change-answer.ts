/** What readers answer when they are asked how a change is spelled. */
import type { Change, Import, PythonRange, Refusal, Safety, Write } from '../edit/write.js'
import type { Call } from '../python/module.js'
import type { Span } from '../text/location.js'
import type { Claim } from '../workload/claim.js'
import type { FragmentFacts } from './reader.js'

export const refuse = (reason: string): Refusal => ({ reason })

/** The reader knows the setting, but not how to change it here. */
export function byHand({ key }: Pick<Claim, 'key'>): Refusal {
  return { reason: `${key} has to be changed by hand here` }
}

/** A change that runs when it is asked for. */
export const unsafeChange = (title: string, writes: Write[]): Change => ({
  title,
  safety: 'unsafe',
  writes,
  imports: [],
})

/** A change of all these writes, or the first reason against one of them. */
export function changeOf(
  title: string,
  writes: readonly (Write | Refusal)[],
  { safety = 'unsafe', imports = [] }: { safety?: Safety; imports?: Import[] } = {},
): Change | Refusal {
  const possible: Write[] = []
  for (const write of writes) {
    if ('reason' in write) return write
    possible.push(write)
  }
  return { title, safety, writes: possible, imports }
}

/** Code right behind an expression or a whole call: `.cache()`. */
export function append(
  facts: Pick<FragmentFacts, 'fragment' | 'path'>,
  node: Span | Call,
  text: string,
): Write {
  const { fragment, end } = rangeOf(facts, node)
  return { kind: 'replace', path: facts.path, range: { fragment, start: end, end }, text }
}

/** Where an expression or a whole call stands, as writes want it. */
export function rangeOf({ fragment }: Pick<FragmentFacts, 'fragment'>, node: Span | Call): PythonRange {
  const { start, end } = 'expr' in node ? node.expr : node
  return { fragment: fragment.index, start, end }
}
