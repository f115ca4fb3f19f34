/** Answers that follow from a name alone: libraries are few, and each of their names stands in a file dozens of times. */

/** Names that are remembered at a time. */
const most = 4_000
/** Parts of a text from this length on would keep all of it alive. */
const ofText = 13

/** The same function, which works each name out once. What it gives must follow from the name and nothing else. */
export function byName<T>(answer: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined || known.has(name)) return before as T
    const found = answer(name)
    if (known.size >= most) known.clear()
    known.set(name.length < ofText ? name : [...name].join(''), found)
    return found
  }
}
