/** The name that was probably meant: "did you mean …?" */

/**
 * The candidate with the fewest insertions, deletions, replacements and swaps of neighbours; undefined when even that
 * one is too far from what was written to be a slip of the hand. A name without its family counts as close.
 */
export function nearest(written: string, candidates: Iterable<string>): string | undefined {
  const wanted = written.toLowerCase()
  let best: string | undefined
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of candidates) {
    const name = candidate.toLowerCase()
    const tail = name.slice(name.indexOf('/') + 1)
    const distance = Math.min(
      edits(wanted, name, least),
      tail === name || wanted.includes('/') ? least : edits(wanted, tail, least),
    )
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** `, did you mean "…"?` or nothing: the end of a message about an unknown name. */
export function suggestion(written: string, candidates: Iterable<string>): string {
  const name = nearest(written, candidates)
  return name === undefined ? '' : `, did you mean "${name}"?`
}

/** Optimal string alignment distance; `limit` when it is not smaller than that. */
function edits(a: string, b: string, limit: number): number {
  if (a.length > 100 || Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, before[j - 2]! + 1)
      row.push(cost)
    }
    before = above
    above = row
  }
  return Math.min(limit, above[b.length]!)
}
