/** Answers that are found out once for each of some objects, and forgotten with them. */

const answers = new WeakMap<object, Map<string, unknown>>()

/**
 * What `compute` gave the first time that this was asked about this object. A module is analysed several times, with other
 * neighbours and launches: what its text says by itself is asked about its tree, all else about the `PythonModule`.
 */
export function once<T>(about: object, question: string, compute: () => T): T {
  let known = answers.get(about)
  if (known === undefined) {
    known = new Map()
    answers.set(about, known)
  }
  const before = known.get(question)
  if (before !== undefined || known.has(question)) return before as T
  const answer = compute()
  known.set(question, answer)
  return answer
}
