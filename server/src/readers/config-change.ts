/** Changes of values in configuration files: keys that are set within the map that a claim's site names. */
import { at } from '../config/access.js'
import type { ConfigNode } from '../config/node.js'
import type { Change, Refusal, Safety, Write } from '../edit/write.js'
import type { Json } from '../text/json.js'
import type { Place } from '../workload/builder.js'
import type { Claim } from '../workload/claim.js'
import type { FragmentFacts } from './reader.js'

export type Keys = (string | number)[]

export interface KeyWrite {
  /** From the top of the document. */
  keys: Keys
  /** Undefined: the key is taken out. */
  value: Json | undefined
  /** The sibling behind which a new key stands. */
  after?: string
  comment?: string
}

export function nodePlace(node: ConfigNode): Place {
  return { start: node.start, end: node.end }
}

/** A key of a configuration file with what a change of it needs. */
export function keyedPlace(span: { start: number; end: number }, document: number, keys: Keys): Place {
  return { start: span.start, end: span.end, document, keys }
}

export function writeKeys(
  claim: Claim,
  facts: FragmentFacts,
  title: string,
  writes: KeyWrite[],
  safety: Safety = 'unsafe',
): Change | Refusal {
  const { document, fragment } = claim.site
  const root = document === undefined ? undefined : facts.config?.documents[document]?.root
  if (document === undefined || root === undefined || root.kind !== 'map')
    return { reason: 'the file has changed' }
  const all = writes.map(({ keys, value, after, comment }): Write => {
    const base = { path: facts.path, fragment, document, keys }
    if (value === undefined) return { ...base, kind: 'remove key' }
    return {
      ...base,
      kind: 'set key',
      value: asWritten(at(root, ...keys), value),
      ...(after === undefined ? {} : { after }),
      ...(comment === undefined ? {} : { comment }),
    }
  })
  return { title, safety, writes: all, imports: [] }
}

/** `"4"` stays a string: some templates and older tools insist on it. */
function asWritten(before: ConfigNode | undefined, value: Json): Json {
  const quoted = before?.kind === 'scalar' && typeof before.value === 'string'
  return quoted && typeof value === 'number' ? String(value) : value
}
