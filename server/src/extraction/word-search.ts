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
      for (const letter of Array.from(word)) {
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
  const none = 0xffff
  const rows: Uint16Array[] = [new Uint16Array(classes).fill(none)]
  const ends: (number[] | undefined)[] = [undefined]
  for (const [number, word] of words.entries()) {
    if (word.length === 0) continue
    let state = 0
    for (let index = 0; index < word.length; index++) {
      const row = rows[state]!
      const letter = classOf[word[index]!]!
      if (row[letter] === none) {
        if (rows.length >= none) throw new RangeError('too many words for one search')
        row[letter] = rows.length
        rows.push(new Uint16Array(classes).fill(none))
        ends.push(undefined)
      }
      state = row[letter]!
    }
    ends[state] = [...(ends[state] ?? []), number]
  }
  // Breadth first: a missing step of a state is the step of its longest proper suffix, which is complete by then.
  const suffix = new Uint16Array(rows.length)
  const queue: number[] = []
  const start = rows[0]!
  for (let letter = 0; letter < classes; letter++) {
    if (start[letter] === none) start[letter] = 0
    else queue.push(start[letter]!)
  }
  for (let index = 0; index < queue.length; index++) {
    const state = queue[index]!
    const row = rows[state]!
    const fallback = rows[suffix[state]!]!
    for (let letter = 0; letter < classes; letter++) {
      const to = row[letter]!
      if (to === none) row[letter] = fallback[letter]!
      else {
        const back = fallback[letter]!
        suffix[to] = back
        if (ends[back] !== undefined) ends[to] = [...(ends[to] ?? []), ...ends[back]]
        queue.push(to)
      }
    }
  }
  const next = new Uint16Array(rows.length * classes)
  for (let state = 0; state < rows.length; state++) next.set(rows[state]!, state * classes)
  return { next, ends }
}
