import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { Prefilter } from '../../server/src/extraction/prefilter.js'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('extraction/prefilter', () => {
  it('finds a word anywhere, case-sensitive', () => {
    const filter = new Prefilter(['DataLoader', 'torch'])
    assert.equal(filter.matters(bytes('import torch\n')), true)
    assert.equal(filter.matters(bytes('x = DataLoader')), true)
    assert.equal(filter.matters(bytes('import Torch, dataloader\n')), false)
    assert.equal(filter.matters(bytes('')), false)
  })

  it('finds words that share beginnings and words inside words', () => {
    const filter = new Prefilter(['abcx', 'bcd', 'c'.repeat(3)])
    assert.equal(filter.matters(bytes('abcd')), true)
    assert.equal(filter.matters(bytes('abccd')), false)
    assert.equal(filter.matters(bytes('abcccd')), true)
  })

  it('finds words that are not ASCII', () => {
    assert.equal(new Prefilter(['训练']).matters(bytes('# 模型训练脚本')), true)
    assert.equal(new Prefilter(['训练']).matters(bytes('# 模型训脚本')), false)
  })

  it('lets every file pass for an empty word and none without words', () => {
    assert.equal(new Prefilter(['']).matters(bytes('anything')), true)
    assert.equal(new Prefilter([]).matters(bytes('anything')), false)
  })

  it('lets UTF-16 files pass, whose letters stand two bytes apart', () => {
    const text = Buffer.from('\ufeffimport torch', 'utf16le')
    assert.equal(new Prefilter(['torch']).matters(text), true)
  })

  it('agrees with a plain search on random texts', () => {
    let seed = 7
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return (seed >>> 8) % below
    }
    const word = (longest: number) =>
      Array.from({ length: 1 + random(longest) }, () => 'abc'[random(3)]).join('')
    for (let round = 0; round < 3000; round++) {
      const words = Array.from({ length: 1 + random(4) }, () => word(6))
      const text = word(14)
      const expected = words.some((each) => text.includes(each))
      assert.equal(new Prefilter(words).matters(bytes(text)), expected, `${words.join(' ')} in ${text}`)
    }
  })
})
