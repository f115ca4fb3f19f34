/**
 * Decides from a file's bytes, before decoding and parsing, whether any reader could have something to say about it.
 * All words are searched for in one pass (Aho and Corasick, CACM 18(6), 1975), case-sensitive, on the raw bytes.
 */
export class Prefilter {
  /** Next state by `state * classes + class of the byte`; `accept` is absorbing. */
  private readonly next: Uint16Array
  private readonly classOf: Uint8Array
  private readonly classes: number
  private readonly everything: boolean

  /** An empty word matches every file. */
  constructor(words: Iterable<string>) {
    const encoder = new TextEncoder()
    const patterns = [...new Set(words)].map((word) => encoder.encode(word))
    this.everything = patterns.some((pattern) => pattern.length === 0)
    this.classOf = new Uint8Array(256)
    // Bytes that no word holds share class 0, which keeps the table small enough for the cache.
    let classes = 1
    for (const pattern of patterns) {
      for (const byte of pattern) if (this.classOf[byte] === 0) this.classOf[byte] = classes++
    }
    this.classes = classes
    this.next = this.everything ? new Uint16Array(0) : automaton(patterns, this.classOf, classes)
  }

  matters(bytes: Uint8Array): boolean {
    if (this.everything) return true
    // UTF-16 spreads the letters of a word; such files are too rare to be clever about.
    const first = bytes[0]
    if ((first === 0xff && bytes[1] === 0xfe) || (first === 0xfe && bytes[1] === 0xff)) return true
    const { next, classOf, classes } = this
    let state = 0
    for (let index = 0; index < bytes.length; index++) {
      state = next[state * classes + classOf[bytes[index]!]!]!
      if (state === accept) return true
    }
    return false
  }
}

const accept = 0xffff

function automaton(patterns: Uint8Array[], classOf: Uint8Array, classes: number): Uint16Array {
  // State 0 is the start; every state is one row. A finished word becomes `accept`, so what follows it is not needed.
  const none = 0xfffe
  const rows: Uint16Array[] = [new Uint16Array(classes).fill(none)]
  for (const pattern of patterns) {
    let state = 0
    for (let index = 0; index < pattern.length; index++) {
      const row = rows[state]!
      const letter = classOf[pattern[index]!]!
      if (row[letter] === accept) break
      if (index === pattern.length - 1) row[letter] = accept
      else if (row[letter] === none) {
        if (rows.length >= none) throw new RangeError('too many words for one filter')
        row[letter] = rows.length
        rows.push(new Uint16Array(classes).fill(none))
      }
      state = row[letter]!
    }
  }
  // Breadth first: a missing step of a state is the step of its longest proper suffix, which is complete by then.
  const suffix = new Uint16Array(rows.length)
  const queue: number[] = []
  const start = rows[0]!
  for (let letter = 0; letter < classes; letter++) {
    if (start[letter] === none) start[letter] = 0
    else if (start[letter] !== accept) queue.push(start[letter]!)
  }
  for (let index = 0; index < queue.length; index++) {
    const state = queue[index]!
    const row = rows[state]!
    const fallback = rows[suffix[state]!]!
    for (let letter = 0; letter < classes; letter++) {
      const to = row[letter]!
      if (to === accept) continue
      if (to === none || fallback[letter] === accept) row[letter] = fallback[letter]!
      else {
        suffix[to] = fallback[letter]!
        queue.push(to)
      }
    }
  }
  const table = new Uint16Array(rows.length * classes)
  for (let state = 0; state < rows.length; state++) table.set(rows[state]!, state * classes)
  return table
}
