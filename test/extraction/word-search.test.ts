import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { WordSearch } from '../../server/src/extraction/word-search.js'

const units = (word: string) => Array.from({ length: word.length }, (_, at) => word.charCodeAt(at))
const found = (words: string[], text: string) =>
  [...new WordSearch(words.map(units), 0x1_0000).all(text)].sort((a, b) => a - b).map((word) => words[word])

describe('extraction/word-search', () => {
  it('finds every word, also one inside another and one that ends with it', () => {
    assert.deepEqual(found(['DataLoader', 'Loader', 'load', 'Data'], 'x = DataLoader(y)'), [
      'DataLoader',
      'Loader',
      'Data',
    ])
  })

  it('finds the same word twice in the list, and words beyond ASCII', () => {
    assert.deepEqual(found(['训练', '训练', 'é'], '模型训练'), ['训练', '训练'])
  })

  it('agrees with a plain search on random texts', () => {
    let seed = 11
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return (seed >>> 8) % below
    }
    const word = (longest: number) =>
      Array.from({ length: 1 + random(longest) }, () => 'abc'[random(3)]).join('')
    for (let round = 0; round < 300; round++) {
      const words = Array.from({ length: 1 + random(5) }, () => word(6))
      const text = word(16)
      const expected = words.filter((each) => text.includes(each))
      assert.deepEqual(found(words, text), expected, `${words.join(' ')} in ${text}`)
    }
  })
})
