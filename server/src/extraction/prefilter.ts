import { WordSearch } from './word-search.js'

/**
 * Decides from a file's bytes, before decoding and parsing, whether any reader could have something to say about it.
 * Words are searched for case-sensitive, on the raw bytes.
 */
export class Prefilter {
  private readonly search: WordSearch
  private readonly everything: boolean

  /** An empty word matches every file. */
  constructor(words: Iterable<string>) {
    const encoder = new TextEncoder()
    const patterns = [...new Set(words)].map((word) => encoder.encode(word))
    this.everything = patterns.some((pattern) => pattern.length === 0)
    this.search = new WordSearch(this.everything ? [] : patterns, 256)
  }

  matters(bytes: Uint8Array): boolean {
    if (this.everything) return true
    // UTF-16 spreads the letters of a word; such files are too rare to be clever about.
    const first = bytes[0]
    if ((first === 0xff && bytes[1] === 0xfe) || (first === 0xfe && bytes[1] === 0xff)) return true
    return this.search.some(bytes)
  }
}
