/** Writes a value in the configuration file that a script takes it from. */
import type { Change, Refusal } from '../edit/write.js'
import type { Json } from '../text/json.js'
import type { Claim } from '../workload/claim.js'
import type { FragmentFacts } from './reader.js'

/** True for a claim whose value stands, or would stand, in a configuration file. */
export function isConfigured(claim: Claim, facts: FragmentFacts): boolean {
  return facts.python === undefined && facts.config !== undefined && (claim.site.keys?.length ?? 0) > 0
}

/** Sets the value at the claim's keys; `key` replaces the last of them, where the better switch has another name. */
export function writeConfigured(
  claim: Claim,
  value: Json,
  facts: FragmentFacts,
  key?: string,
): Change | Refusal {
  const { keys, document } = claim.site
  const { config, path, fragment } = facts
  if (keys === undefined || keys.length === 0 || config?.documents[document ?? 0] === undefined)
    return { reason: 'the file has changed' }
  const last = key ?? String(keys.at(-1))
  return {
    title: `Set ${last} to ${JSON.stringify(value).replaceAll('"', '')}`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'set key',
        path,
        fragment: fragment.index,
        document: document ?? 0,
        keys: [...keys.slice(0, -1), key ?? keys.at(-1)!],
        value,
      },
    ],
    imports: [],
  }
}

/** `config.half_precision = False` of a Python file that makes the configuration; null: it does not stand in this file. */
export function turnOnInCode(
  { site, location }: Claim,
  { python, path, fragment }: FragmentFacts,
): Change | null {
  if (python === undefined || site.keys === undefined || location.path !== path) return null
  const [, name] =
    /(\w+)\W*=\s*$/.exec(python.text.slice(Math.max(0, location.start - longestName), location.start)) ?? []
  if (python.text.slice(location.start, location.end) !== 'False') return null
  const range = { fragment: fragment.index, start: location.start, end: location.end }
  return {
    title: `Set ${name ?? 'the switch'} to True`,
    safety: 'unsafe',
    writes: [{ kind: 'replace', path, range, text: 'True' }],
    imports: [],
  }
}

/** Characters before a value that name it. */
const longestName = 200
