/**
 * Searches for many words in one pass over a text (Aho and Corasick, CACM 18(6), 1975). Letters are numbers: bytes of
 * a file, or UTF-16 units of a text.
 */
export class WordSearch {
  /** Next state by `state * classes + class of the letter`. State 0 is the start. */
  private readonly next: Uint16Array
  private readonly classOf: Uint8Array
  private readonly classes: number
  /** Words that end in a state, by their number. */
  private readonly ends: readonly (readonly number[] | undefined)[]
  private readonly isEnd: Uint8Array

  /** `letters`: how many different ones there are (256 for bytes). Words without letters are never found. */
  constructor(words: readonly ArrayLike<number>[], letters: number) {
    this.classOf = new Uint8Array(letters)
    // Letters that no word holds share class 0, which keeps the table small enough for the cache.
    let classes = 1
    for (const word of words) {
      for (let index = 0; index < word.length; index++) {
        const letter = word[index]!
        if (this.classOf[letter] !== 0) continue
        if (classes > 0xff) throw new RangeError('too many letters for one search')
        this.classOf[letter] = classes++
      }
    }
    this.classes = classes
    const { next, ends } = automaton(words, this.classOf, classes)
    this.next = next
    this.ends = ends
    this.isEnd = Uint8Array.from(ends, (numbers) => (numbers === undefined ? 0 : 1))
  }

  /** Whether any word occurs. */
  some(letters: Uint8Array): boolean {
    const { next, classOf, classes, isEnd } = this
    let state = 0
    for (let index = 0; index < letters.length; index++) {
      state = next[state * classes + classOf[letters[index]!]!]!
      if (isEnd[state] === 1) return true
    }
    return false
  }

  /** Numbers of the words that occur. */
  all(text: string): Set<number> {
    const { next, classOf, classes, isEnd, ends } = this
    const found = new Set<number>()
    let state = 0
    for (let index = 0; index < text.length; index++) {
      state = next[state * classes + classOf[text.charCodeAt(index)]!]!
      if (isEnd[state] === 1) for (const word of ends[state]!) found.add(word)
    }
    return found
  }
}

function automaton(words: readonly ArrayLike<number>[], classOf: Uint8Array, classes: number) {
  const most = words.reduce((sum, { length }) => sum + length, 1)
  if (most > 0xffff) throw new RangeError('too many words for one search')
  // Rows are copied as a whole: this runs before anything is compiled for speed.
  const next = new Uint16Array(most * classes)
  const ends: (number[] | undefined)[] = [undefined]
  /** Letters that lead on from a state, and the states that they lead to, as the words say. */
  const steps: number[][] = [[]]
  for (const [number, word] of words.entries()) {
    if (word.length === 0) continue
    let state = 0
    for (let index = 0; index < word.length; index++) {
      const at = state * classes + classOf[word[index]!]!
      // Nothing leads back to the start yet.
      if (next[at] === 0) {
        steps[state]!.push(at - state * classes, steps.length)
        next[at] = steps.length
        steps.push([])
        ends.push(undefined)
      }
      state = next[at]!
    }
    ends[state] = [...(ends[state] ?? []), number]
  }
  // Breadth first: a missing step of a state is the step of its longest proper suffix, which is complete by then.
  const suffix = new Uint16Array(steps.length)
  const queue: number[] = []
  const start = steps[0]!
  for (let index = 1; index < start.length; index += 2) queue.push(start[index]!)
  for (let index = 0; index < queue.length; index++) {
    const state = queue[index]!
    const row = state * classes
    const fallback = suffix[state]! * classes
    next.copyWithin(row, fallback, fallback + classes)
    const own = steps[state]!
    for (let step = 0; step < own.length; step += 2) {
      const [letter, to] = [own[step]!, own[step + 1]!]
      const back = next[fallback + letter]!
      next[row + letter] = to
      suffix[to] = back
      if (ends[back] !== undefined) ends[to] = [...(ends[to] ?? []), ...ends[back]]
      queue.push(to)
    }
  }
  return { next: next.subarray(0, steps.length * classes), ends }
}
