/** Data whose equal strings are held once says what it said. */
import assert from 'node:assert/strict'
import { SharedStrings } from '../../server/src/text/shared-strings.js'

describe('equal strings of data', () => {
  it('are held once, and the data stays the same', () => {
    const strings = new SharedStrings()
    const data = {
      path: 'models/train.py',
      uses: ['torch.nn', 'torch.nn', ''],
      inner: { because: null, value: 3, texts: [['models/train.py'], 'é'.repeat(1_000)] },
    }
    const before = structuredClone(data)
    assert.equal(strings.share(data), data)
    assert.deepEqual(strings.share(structuredClone(data)), before)
    assert.equal(strings.share('torch.nn'), 'torch.nn')
    assert.equal(strings.share(null), null)
  })

  it('take their place from each other where there are many', () => {
    const strings = new SharedStrings()
    const many = Array.from({ length: 200_000 }, (_, index) => `a name that is its own ${index}`)
    assert.deepEqual(strings.share([...many]), many)
    assert.deepEqual(strings.share([...many]), many)
  })

  it('also where the data lies deeper than functions can call each other', () => {
    let deep: unknown[] = ['bottom']
    for (let level = 0; level < 100_000; level++) deep = [deep]
    assert.equal(new SharedStrings().share(deep), deep)
  })
})
