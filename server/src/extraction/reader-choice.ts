/** Which readers have a word in a text: all words of all readers are searched for in one pass. */
import type { Reader } from '../readers/reader.js'
import type { Language, SourceFragment } from '../text/source-fragment.js'
import { WordSearch } from './word-search.js'

interface OfLanguage {
  search: WordSearch
  readers: Reader[]
  /** By the number of a word, the readers that have it, by their place among `readers`. */
  withWord: number[][]
}

/** UTF-16 units. */
const letters = 0x1_0000

/** Tables of a million cells: all projects of a process share them. */
const choices = new WeakMap<readonly Reader[], ReaderChoice>()

export function readerChoice(readers: readonly Reader[]): ReaderChoice {
  const known = choices.get(readers) ?? new ReaderChoice(readers)
  choices.set(readers, known)
  return known
}

class ReaderChoice {
  private readonly languages = new Map<Language, OfLanguage>()
  /** Numbers of the words of a fragment, which is asked for several times, and the readers that have them. */
  private readonly words = new WeakMap<SourceFragment, Set<number>>()
  private readonly chosen = new WeakMap<SourceFragment, readonly Reader[]>()

  constructor(private readonly readers: readonly Reader[]) {}

  /** In the order of the list of readers. `texts`: what else may hold their words. */
  of(fragment: SourceFragment, texts: readonly string[]): readonly Reader[] {
    const known = texts.length === 0 ? this.chosen.get(fragment) : undefined
    if (known !== undefined) return known
    const { search, readers, withWord } = this.ofLanguage(fragment.language)
    let own = this.words.get(fragment)
    if (own === undefined) {
      own = search.all(fragment.text)
      this.words.set(fragment, own)
    }
    const found = new Set(own)
    for (const text of texts) for (const word of search.all(text)) found.add(word)
    const chosen = new Uint8Array(readers.length)
    for (const word of found) for (const place of withWord[word]!) chosen[place] = 1
    const speaking = readers.filter((_, place) => chosen[place] === 1)
    if (texts.length === 0) this.chosen.set(fragment, speaking)
    return speaking
  }

  private ofLanguage(language: Language): OfLanguage {
    let known = this.languages.get(language)
    if (known === undefined) {
      const numbers = new Map<string, number>()
      const numberOf = (word: string) => {
        const number = numbers.get(word) ?? numbers.size
        numbers.set(word, number)
        return number
      }
      const readers = this.readers.filter((reader) => reader.languages.includes(language))
      const withWord: number[][] = []
      readers.forEach(({ triggers }, place) => {
        for (const word of triggers.map(numberOf)) {
          withWord[word] ??= []
          withWord[word].push(place)
        }
      })
      const units = [...numbers.keys()].map((word) =>
        Array.from({ length: word.length }, (_, at) => word.charCodeAt(at)),
      )
      known = { search: new WordSearch(units, letters), readers, withWord }
      this.languages.set(language, known)
    }
    return known
  }
}
