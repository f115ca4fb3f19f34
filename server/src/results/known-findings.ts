/** Findings against a baseline: what is new, what is known, what is gone. */
import type { Finding, KnownFinding } from '../finding.js'

export interface Compared {
  fresh: Finding[]
  /** How many are in the baseline. */
  known: number
  /** Entries that nothing is found for any more. */
  stale: KnownFinding[]
}

/**
 * A finding is known by its fingerprint; where it is gone from its file, by what it says in another one, so that code
 * may move. Each entry stands for one finding.
 * @param asked whether findings of this path were asked for, or the file is gone
 */
export function compareWith(
  entries: readonly KnownFinding[],
  findings: readonly Finding[],
  asked: (path: string) => boolean,
): Compared {
  const exact = new Map<string, KnownFinding[]>()
  for (const entry of entries) append(exact, entry.fingerprint, entry)
  const unmatched = findings.filter((finding) => exact.get(finding.fingerprint)?.shift() === undefined)
  const moved = new Map<string, KnownFinding[]>()
  for (const left of exact.values())
    for (const entry of left) if (asked(entry.path)) append(moved, entry.moved, entry)
  const fresh = unmatched.filter(({ moved: name, rule }) =>
    name === undefined || moved.get(name)?.find((entry) => entry.rule === rule) === undefined
      ? true
      : moved.get(name)!.shift() === undefined,
  )
  return { fresh, known: findings.length - fresh.length, stale: [...moved.values()].flat() }
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
